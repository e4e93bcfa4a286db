//! The highest resident memory of a process, phase by phase.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;

use crate::process::Process;

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks until it is dropped.
pub(crate) struct MemoryWatch {
    process: Process,
    peak: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    looking: Option<JoinHandle<()>>,
}

impl MemoryWatch {
    pub(crate) fn start(process: Process) -> anyhow::Result<Self> {
        let (peak, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (seen, told, looked_at) = (Arc::clone(&peak), Arc::clone(&stop), process.clone());
        let looking = thread::Builder::new().name("memory".to_owned()).spawn(move || {
            // A process that has ended has no memory: then there is nothing more to see.
            while let Ok(memory) = looked_at.memory()
                && !told.load(Ordering::Relaxed)
            {
                seen.fetch_max(memory.resident_bytes, Ordering::Relaxed);
                thread::sleep(LOOK_EVERY);
            }
        });
        let looking = Some(looking.context("cannot start the thread that watches memory")?);
        Ok(Self { process, peak, stop, looking })
    }

    /// The highest since the last call, and at least what it is now.
    pub(crate) fn take_peak(&self) -> anyhow::Result<u64> {
        let now = self.process.memory()?.resident_bytes;
        Ok(self.peak.swap(now, Ordering::Relaxed).max(now))
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(looking) = self.looking.take() {
            // It cannot panic; and if it did, nothing depends on it any more.
            looking.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Memory that was there between two looks of the caller shows in the peak, once.
    #[test]
    fn a_peak_is_of_its_phase() {
        let watch = MemoryWatch::start(Process::this()).unwrap();
        let before = watch.take_peak().unwrap();
        let large = vec![1_u8; 256 << 20];
        while watch.peak.load(Ordering::Relaxed) < before + (100 << 20) {
            thread::yield_now();
        }
        assert_eq!(large.iter().map(|byte| u64::from(*byte)).sum::<u64>(), 256 << 20);
        drop(large);
        assert!(watch.take_peak().unwrap() >= before + (100 << 20));
    }
}
