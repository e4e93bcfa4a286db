//! Which files are bodies, and what they hold.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use seam_schema::otlp::Signal;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

/// One captured body.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) path: PathBuf,
    pub(crate) signal: Signal,
    pub(crate) encoding: Encoding,
}

impl Body {
    /// Recognises `NNNN-<signal>-….pb` and `….json`.
    fn of(path: &Path) -> Option<Self> {
        let encoding = match path.extension()?.to_str()? {
            "pb" => Encoding::Protobuf,
            "json" => Encoding::Json,
            _ => return None,
        };
        let mut parts = path.file_stem()?.to_str()?.split('-');
        let number = parts.next()?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let signal = match parts.next()? {
            "logs" => Signal::Logs,
            "traces" => Signal::Traces,
            "metrics" => Signal::Metrics,
            _ => return None,
        };
        Some(Self { path: path.to_owned(), signal, encoding })
    }

    pub(crate) fn read(&self) -> anyhow::Result<Vec<u8>> {
        std::fs::read(&self.path).with_context(|| format!("cannot read {}", self.path.display()))
    }
}

/// Every body among the paths; folders are searched, in the order of their numbers and names.
pub(crate) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Body>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            search(path, &mut found)?;
        } else if path.is_file() {
            found.extend(Body::of(path));
        } else {
            bail!("there is nothing at {}", path.display());
        }
    }
    Ok(found)
}

fn search(folder: &Path, found: &mut Vec<Body>) -> anyhow::Result<()> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    let mut entries = read().with_context(|| format!("cannot list {}", folder.display()))?;
    entries.sort_by_cached_key(|path| (number(path), path.clone()));
    for entry in entries {
        // A link could lead in a circle; a capture never holds one.
        if entry.is_symlink() {
            continue;
        }
        if entry.is_dir() {
            search(&entry, found)?;
        } else {
            found.extend(Body::of(&entry));
        }
    }
    Ok(())
}

/// The number at the beginning of a name, so that a fifth digit does not go before four.
fn number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let end = name.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(name.len());
    name.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// Only files that are named like bodies are bodies.
    #[test]
    fn names_decide() {
        let body = Body::of(Path::new("x/0001-traces-grpc.pb")).unwrap();
        assert_eq!((body.signal, body.encoding), (Signal::Traces, Encoding::Protobuf));
        assert_eq!(Body::of(Path::new("0002-logs-http.json")).unwrap().encoding, Encoding::Json);
        for other in [
            "truth.json",
            "0001-profiles-grpc.pb",
            "0001-logs-grpc.txt",
            "x-logs-y.pb",
            "README.md",
        ] {
            assert!(Body::of(Path::new(other)).is_none(), "{other}");
        }
    }

    /// Bodies come in the order of their numbers, however many digits these have.
    #[test]
    fn numbers_decide_the_order() {
        let mut names = ["10000-logs-x.pb", "9999-logs-x.pb", "codex1", "0002-logs-x.pb"];
        names.sort_by_cached_key(|name| (number(Path::new(name)), (*name).to_owned()));
        assert_eq!(names, ["codex1", "0002-logs-x.pb", "9999-logs-x.pb", "10000-logs-x.pb"]);
    }
}
