//! What a running server rings alarms for beside its destinations: a disk that runs short, damage
//! of the log, and an agent that has gone silent.

mod silence;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::sinks::AlarmBell;
use crate::source::Source;

use super::assembly::Assembly;

/// How often the disk is looked at.
const EVERY: Duration = Duration::from_mins(1);
/// Less room is an alarm, in percent of the disk.
const LEFT_PERCENT: u64 = 10;
/// Only with more is there room again: an alarm does not come and go.
const AGAIN_PERCENT: u64 = 12;

/// Looks now and then, until it is aborted.
pub(super) fn start(assembly: &Assembly) -> JoinHandle<()> {
    let (bell, folder) = (assembly.sinks.bell().clone(), assembly.root.clone());
    for damage in &assembly.damage {
        bell.ring("damage", None, damage);
    }
    let own = Source::Tables(Arc::clone(&assembly.engine));
    tokio::spawn(async move {
        tokio::join!(watch_disk(&bell, &folder), silence::watch(&bell, &own));
    })
}

async fn watch_disk(bell: &AlarmBell, folder: &Path) {
    let mut is_short = false;
    loop {
        if let Ok(room) = rustix::fs::statvfs(folder) {
            let (left, all) = (room.f_bavail, room.f_blocks);
            if !is_short && is_below(left, all, LEFT_PERCENT) {
                is_short = true;
                bell.ring("disk", None, "less than a tenth of the disk is free");
            } else if is_short && !is_below(left, all, AGAIN_PERCENT) {
                is_short = false;
                bell.ring("released", None, "the disk has room again");
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn is_below(left: u64, all: u64, percent: u64) -> bool {
    u128::from(left) * 100 < u128::from(all) * u128::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bound is in percent, also of a disk as large as can be.
    #[test]
    fn room_is_in_percent() {
        assert!(is_below(9, 100, 10) && !is_below(10, 100, 10));
        assert!(is_below(u64::MAX / 100, u64::MAX, 10));
    }
}
