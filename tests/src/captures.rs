//! The captured telemetry of real agents under `tests/fixtures/captures`.

use std::path::{Path, PathBuf};

/// The folder of all captures.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/captures")
}

/// The names of all captures, sorted; `prefix` chooses an agent.
///
/// # Errors
/// If the folder cannot be listed.
pub fn names(prefix: &str) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && name.starts_with(prefix) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
