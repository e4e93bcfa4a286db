//! How memory is taken from the system and given back.
//!
//! The allocator reads its settings only from the environment, and only when a process begins. So
//! a server that finds none begins once more, as the same process, with these:
//!
//! - Memory is given back ten seconds after it was last used, not one. Under load the rows of one
//!   second take the place of those of the last; what was given back in between the system would
//!   have to clear again, which was a fifth of all processor time.
//! - No huge pages: of those too much is cleared, and held while idle.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The settings. Who sets one of them has chosen for all.
const SETTINGS: [(&str, &str); 2] =
    [("MIMALLOC_PURGE_DELAY", "10000"), ("MIMALLOC_ALLOW_THP", "0")];

/// Makes the settings hold. Returns if they do, or if they cannot be made to: the server runs
/// without them, too.
pub(crate) fn settle() {
    if SETTINGS.iter().any(|(name, _)| std::env::var_os(name).is_some()) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut args = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = args.next() {
        again.arg0(name);
    }
    let error = again.args(args).envs(SETTINGS).exec();
    // Logs are not set up yet, and nothing is lost but speed.
    drop(error);
}
