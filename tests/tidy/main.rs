//! What holds for the tree as a whole: the direction of dependencies, the size of files,
//! the promises and their tests.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they tried"
)]

mod dependencies;
mod files;
mod promises;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests stand in the checkout")
        .to_owned()
}

/// Every file that git knows or would add.
fn tracked_files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(output.status.success(), "git cannot list the files");
    let text = String::from_utf8(output.stdout).expect("file names are utf-8");
    text.lines().map(|line| root().join(line)).filter(|path| path.is_file()).collect()
}
