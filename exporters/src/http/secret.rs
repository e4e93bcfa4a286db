//! A secret that is never shown and can change while the server runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what a file held is used before the file is read again.
const FRESH: Duration = Duration::from_secs(5);
/// No secret is longer, in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// A token, a key or a password: a value, or a file that holds it. Never printed.
///
/// A file is read again every few seconds of use, and at once after [`Secret::forget`]: whoever
/// replaces the file replaces the secret, without a restart.
#[derive(Clone)]
pub struct Secret(Arc<Kind>);

enum Kind {
    Value(String),
    File { path: PathBuf, read: Mutex<Option<(Instant, Arc<str>)>> },
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read the secret in {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::ErrorKind,
    },
    /// There is nothing in it, or what stands in it cannot be sent in a header.
    #[error("cannot use the secret{where_from}: it must be one line of printable characters")]
    Unusable {
        /// ` in FILE`, or nothing.
        where_from: String,
    },
}

impl Secret {
    /// A secret that is known.
    pub fn value(value: impl Into<String>) -> Self {
        Self(Arc::new(Kind::Value(value.into())))
    }

    /// A secret that stands in a file, alone; white space around it does not count.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Kind::File { path: path.into(), read: Mutex::new(None) }))
    }

    /// What it is now.
    pub fn read(&self) -> Result<Arc<str>, SecretError> {
        match &*self.0 {
            Kind::Value(value) => usable(value, String::new()),
            Kind::File { path, read } => {
                let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some((at, value)) = read.as_ref()
                    && at.elapsed() < FRESH
                {
                    return Ok(Arc::clone(value));
                }
                // A file that is being replaced may be gone for a moment: what it held goes on.
                let value = match (from_file(path), read.as_ref()) {
                    (Ok(value), _) => value,
                    (Err(_), Some((_, value))) => Arc::clone(value),
                    (Err(error), None) => return Err(error),
                };
                *read = Some((Instant::now(), Arc::clone(&value)));
                Ok(value)
            }
        }
    }

    /// Has the file read again at the next use: after the secret was refused.
    pub fn forget(&self) {
        if let Kind::File { read, .. } = &*self.0 {
            *read.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

fn from_file(path: &Path) -> Result<Arc<str>, SecretError> {
    let unreadable = |reason| SecretError::Unreadable { path: path.to_owned(), reason };
    let length = std::fs::metadata(path).map_err(|error| unreadable(error.kind()))?.len();
    if length > SECRET_BYTES_MAX {
        return Err(unreadable(std::io::ErrorKind::FileTooLarge));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.kind()))?;
    usable(&text, format!(" in {}", path.display()))
}

fn usable(text: &str, where_from: String) -> Result<Arc<str>, SecretError> {
    let text = text.trim();
    let printable = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if printable { Ok(text.into()) } else { Err(SecretError::Unusable { where_from }) }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Value(_) => f.write_str("Secret(value)"),
            Kind::File { path, .. } => write!(f, "Secret({})", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// Neither a value nor a file's content is ever printed, nor is it part of an error.
    #[test]
    fn a_secret_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        std::fs::write(&path, "hush\nhush").unwrap();
        let file = Secret::file(&path);
        let error = file.read().unwrap_err();
        for text in [
            format!("{:?} {file:?}", Secret::value("hush")),
            format!("{error} {error:?}"),
            Secret::value("hush\nhush").read().unwrap_err().to_string(),
        ] {
            assert!(!text.contains("hush"), "{text}");
        }
    }

    /// A replaced file is a replaced secret once the old one was refused.
    #[test]
    fn a_file_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write("one\n");
        let secret = Secret::file(&path);
        assert_eq!(&*secret.read().unwrap(), "one");
        write("two\n");
        assert_eq!(&*secret.read().unwrap(), "one");
        secret.forget();
        assert_eq!(&*secret.read().unwrap(), "two");
        secret.forget();
        write("");
        assert!(secret.read().is_err());
    }
}
