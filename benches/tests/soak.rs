//! The short form of the long run: three minutes at little load, killed every forty seconds.
//!
//! The hour is `load soak` (benches/README.md); this is the same program. What it asserts needs no
//! quiet machine: no row is missing or doubled. Memory and latency are printed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::path::Path;
use std::process::Command;

const FULL: [&str; 3] = ["3", "40", "20"];
const QUICK: [&str; 3] = ["0.3", "6", "3"];

/// Guarantees: over minutes of load and kills every acknowledged record is a row, once.
#[test]
fn a_short_soak_loses_and_doubles_nothing() {
    #[expect(clippy::disallowed_methods, reason = "tests are told by `./test` what to leave out")]
    let quick = std::env::var("TEST_SEAM_QUICK").is_ok();
    let load = Path::new(env!("CARGO_BIN_EXE_load"));
    let seam = load.with_file_name("seam");
    assert!(seam.is_file(), "run `cargo build --release` first, as ./test does");
    let folder = tempfile::tempdir().unwrap();
    let [minutes, kill_every, line] = if quick { QUICK } else { FULL };
    let output = Command::new(load)
        .args(["soak", "--rate", "100", "--in-flight", "16"])
        .args(["--minutes", minutes, "--kill-every", kill_every, "--line", line])
        .arg("--seam")
        .arg(seam)
        .arg("--dir")
        .arg(folder.path())
        .output()
        .unwrap();
    let (said, told) =
        (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{said}");
    assert!(told.contains(": 0 lost, 0 doubled, 0 foreign"), "{told}");
    assert!(told.contains("killed"), "it was never killed:\n{told}");
    print!("{told}");
}
