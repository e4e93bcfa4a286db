//! Small secret files under `keys/`: readable by their owner alone, replaced as a whole.
//!
//! `seam token create` changes them beside a running server, so a change is made under a lock
//! that processes share: read, change, write, as one step.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use seam_disk::{Disk, DiskLock, Mode, read_to_vec, write_durable};
use thiserror::Error;

/// The most bytes of one file.
const MAX_BYTES: u64 = 16 << 20;
/// How long a change waits for another one to end.
const LOCK_WAIT: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Why a key could not be read or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The name cannot be a file's.
    #[error(
        "cannot use `{name}` as the name of a key: use 1 to 64 of a-z, 0-9, `.`, `_`, `-`, not starting with a dot"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// Another process is changing the key and does not end.
    #[error("cannot change keys/{name}: another process has held its lock for {} seconds; try again, or end that process", LOCK_WAIT.as_secs())]
    Busy {
        /// The key.
        name: String,
    },
    /// The content would be too long.
    #[error("cannot write keys/{name}: it would have {bytes} bytes, and {MAX_BYTES} are the most")]
    TooLong {
        /// The key.
        name: String,
        /// How long it would be.
        bytes: usize,
    },
    /// The disk failed.
    #[error("cannot {doing} keys/{name}: {source}")]
    Disk {
        /// What was attempted.
        doing: &'static str,
        /// The key.
        name: String,
        /// The system's answer.
        source: io::Error,
    },
}

/// The keys of a data folder.
#[derive(Clone)]
pub struct Keys {
    disk: Arc<dyn Disk>,
}

impl Keys {
    /// The keys of the data folder behind `disk`.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// A key's content; `None` if there is no such key.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, KeyError> {
        let path = path_of(name)?;
        match read_to_vec(self.disk.as_ref(), &path, MAX_BYTES) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed("read", name, source)),
        }
    }

    /// Changes a key as one step: `change` gets what is there and says what shall be, and beside
    /// it what the caller wants to know. Its error leaves the key as it is. Durable on return.
    /// Blocks while another process changes the same key.
    pub fn update<T, E: From<KeyError>>(
        &self,
        name: &str,
        change: impl FnOnce(Option<Vec<u8>>) -> Result<(Vec<u8>, T), E>,
    ) -> Result<T, E> {
        let path = path_of(name)?;
        let _lock = self.lock(name)?;
        let (bytes, answer) = change(self.read(name)?)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(KeyError::TooLong { name: name.to_owned(), bytes: bytes.len() }.into());
        }
        write_durable(self.disk.as_ref(), &path, &bytes, Mode::Private)
            .map_err(|source| failed("write", name, source))?;
        Ok(answer)
    }

    /// Puts a key in place of what is there.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), KeyError> {
        self.update(name, |_| Ok((bytes.to_vec(), ())))
    }

    fn lock(&self, name: &str) -> Result<Box<dyn DiskLock>, KeyError> {
        let path = Path::new("keys").join(format!(".{name}.lock"));
        let began = Instant::now();
        loop {
            match self.disk.lock(&path) {
                Ok(lock) => return Ok(lock),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Err(failed("lock", name, error));
                }
                Err(_) if began.elapsed() > LOCK_WAIT => {
                    return Err(KeyError::Busy { name: name.to_owned() });
                }
                Err(_) => thread::sleep(LOCK_PAUSE),
            }
        }
    }
}

fn path_of(name: &str) -> Result<PathBuf, KeyError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed) {
        return Ok(Path::new("keys").join(name));
    }
    let name = name.chars().take(64).flat_map(char::escape_default).collect();
    Err(KeyError::BadName { name })
}

fn failed(doing: &'static str, name: &str, source: io::Error) -> KeyError {
    KeyError::Disk { doing, name: name.to_owned(), source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::DataFolder;

    fn keys() -> (tempfile::TempDir, Keys) {
        let home = tempfile::tempdir().unwrap();
        let (_, disk) = DataFolder::open(home.path()).unwrap();
        (home, Keys::new(disk))
    }

    /// What is written is read back, by nobody but the owner.
    #[test]
    fn keys_are_kept_and_private() {
        let (home, keys) = keys();
        assert_eq!(keys.read("tokens").unwrap(), None);
        keys.write("tokens", b"one").unwrap();
        keys.write("tokens", b"two").unwrap();
        assert_eq!(keys.read("tokens").unwrap().unwrap(), b"two");
        let metadata = std::fs::metadata(home.path().join("keys/tokens")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    /// Changes that are made at once are all there in the end.
    #[test]
    fn no_change_is_lost() {
        let (home, _) = keys();
        let writers: Vec<_> = (0..4_u8)
            .map(|writer| {
                // A disk of its own for each, as another process has.
                let keys = Keys::new(DataFolder::open_shared(home.path()).unwrap());
                thread::spawn(move || {
                    for _ in 0..10 {
                        let add = |old: Option<Vec<u8>>| {
                            let mut bytes = old.unwrap_or_default();
                            bytes.push(writer);
                            Ok::<_, KeyError>((bytes, ()))
                        };
                        keys.update("tokens", add).unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        let bytes = Keys::new(DataFolder::open_shared(home.path()).unwrap()).read("tokens");
        assert_eq!(bytes.unwrap().unwrap().len(), 40);
    }

    /// A name that leaves the folder or hides in it is refused.
    #[test]
    fn hostile_names_are_refused() {
        let (_home, keys) = keys();
        for name in ["", ".", "..", "../format", "a/b", ".tokens.lock", "A", "\n"] {
            assert!(matches!(keys.read(name), Err(KeyError::BadName { .. })), "{name}");
        }
    }
}
