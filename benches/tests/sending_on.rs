//! The short form of what is measured of destinations: that everything arrives, and that figures come out.
//!
//! How large they are needs a quiet machine and is not asserted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::path::Path;
use std::process::Command;

fn load(arguments: &[&str]) -> String {
    let load = Path::new(env!("CARGO_BIN_EXE_load"));
    let seam = load.with_file_name("seam");
    assert!(seam.is_file(), "run `cargo build --release` first, as ./test does");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(load);
    command.args(arguments).arg("--seam").arg(seam).arg("--dir").arg(folder.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Guarantees: `load forward` ends well only where every record arrived once, and prints what that
/// cost beside a client that has everything ready.
#[test]
fn what_is_sent_on_is_counted_and_charged() {
    let told = load(&["forward", "--to", "bulk", "--records", "4096", "--runs", "1"]);
    for subject in ["seam, no sink", "seam", "bare client"] {
        let found = told.lines().any(|line| line.starts_with("bulk") && line.ends_with(subject));
        assert!(found, "{subject} is missing:\n{told}");
    }
    print!("{told}");
}

/// Guarantees: what came in while a destination was down is there once it is up, all of it, once.
#[test]
fn a_backlog_arrives_whole() {
    let told =
        load(&["backlog", "--to", "hec", "--bytes", "8000000", "--batch", "64", "--turns", "2"]);
    assert!(told.contains("drained / bare client"), "{told}");
    print!("{told}");
}
