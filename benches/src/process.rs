//! What Linux says of a process or of one thread: CPU time and memory.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// `/proc` counts CPU time in ticks of 10 ms on every Linux (`USER_HZ`), whatever the kernel's own clock.
const TICKS_PER_SECOND: f64 = 100.0;
/// A process that uses less than this share of a core over a window is idle.
const IDLE_SHARE: f64 = 0.02;
const IDLE_WINDOW: Duration = Duration::from_secs(1);
const IDLE_WITHIN: Duration = Duration::from_secs(90);

/// A process, or one of its threads, by its folder in `/proc`.
#[derive(Clone, Debug)]
pub(crate) struct Process(PathBuf);

/// Memory of a process now, and at its peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) resident_bytes: u64,
    pub(crate) peak_bytes: u64,
}

impl Process {
    pub(crate) fn of_pid(pid: u32) -> Self {
        Self(PathBuf::from(format!("/proc/{pid}")))
    }

    pub(crate) fn of_folder(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    pub(crate) fn this() -> Self {
        Self(PathBuf::from("/proc/self"))
    }

    /// User and system CPU seconds since it started.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let text = self.read("stat")?;
        let ticks = ticks(&text)
            .with_context(|| format!("cannot make sense of {}/stat", self.0.display()))?;
        Ok(ticks as f64 / TICKS_PER_SECOND)
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let text = self.read("status")?;
        let of = |key| {
            kibibytes(&text, key)
                .with_context(|| format!("{}/status has no {key}", self.0.display()))
        };
        Ok(Memory { resident_bytes: of("VmRSS:")? * 1024, peak_bytes: of("VmHWM:")? * 1024 })
    }

    /// Waits until it is idle. `false` if it never was in the time allowed.
    pub(crate) fn wait_until_idle(&self) -> anyhow::Result<bool> {
        let deadline = Instant::now() + IDLE_WITHIN;
        let mut before = self.cpu_seconds()?;
        while Instant::now() < deadline {
            thread::sleep(IDLE_WINDOW);
            let now = self.cpu_seconds()?;
            if now - before < IDLE_SHARE * IDLE_WINDOW.as_secs_f64() {
                return Ok(true);
            }
            before = now;
        }
        Ok(false)
    }

    fn read(&self, file: &str) -> anyhow::Result<String> {
        let path = self.0.join(file);
        std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}: has the process ended?", path.display()))
    }
}

/// Fields 14 and 15 of proc(5) `stat`. The name before them may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kibibytes(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::*;

    /// CPU time is found also behind a process name that looks like fields.
    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "4242 (a) b (9 9) S 1 4242 4242 0 -1 4194560 91 0 0 0 250 50 7 8 20 0 12 0 99";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("4242 (cut short) S 1"), None);
    }

    /// Memory is read with its unit.
    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tseam\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n";
        assert_eq!(kibibytes(status, "VmHWM:"), Some(2048));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
        let memory = Process::this().memory().unwrap();
        assert!(memory.resident_bytes > 0 && memory.peak_bytes >= memory.resident_bytes);
    }

    /// CPU used by this process shows, and a process that is gone is an error, not zero.
    #[test]
    fn cpu_time_grows_and_a_gone_process_is_an_error() {
        let before = Process::this().cpu_seconds().unwrap();
        let mut value = 1_u64;
        while Process::this().cpu_seconds().unwrap() <= before {
            value = value.wrapping_mul(3).wrapping_add(1);
        }
        assert!(value > 0);
        assert!(Process::of_pid(u32::MAX).cpu_seconds().is_err());
    }
}
