//! Errors that a test plants.

use std::io;
use std::path::Path;

use crate::trace::Op;

/// What a planted fault answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultError {
    /// The device failed (`EIO`).
    Eio,
    /// The device is full (`ENOSPC`).
    Enospc,
}

impl FaultError {
    /// The numbers are the same on Linux and macOS.
    pub(super) fn to_io(self) -> io::Error {
        io::Error::from_raw_os_error(match self {
            Self::Eio => 5,
            Self::Enospc => 28,
        })
    }
}

/// An error to be answered by some of the operations that follow.
///
/// A failed write leaves half of its bytes, unsynced. A failed sync makes
/// nothing durable, and no later sync makes up for it.
#[derive(Debug, Clone)]
pub struct Fault {
    error: FaultError,
    op: Option<Op>,
    path_contains: String,
    skip: u64,
    times: u64,
}

impl Fault {
    /// The next operation, whatever it is, fails once.
    pub fn new(error: FaultError) -> Self {
        Self { error, op: None, path_contains: String::new(), skip: 0, times: 1 }
    }

    /// Only operations of this kind fail.
    #[must_use]
    pub fn on(mut self, op: Op) -> Self {
        self.op = Some(op);
        self
    }

    /// Only operations on a path with this text in it fail.
    #[must_use]
    pub fn at(mut self, path_contains: &str) -> Self {
        path_contains.clone_into(&mut self.path_contains);
        self
    }

    /// So many matching operations succeed first.
    #[must_use]
    pub fn skip(mut self, operations: u64) -> Self {
        self.skip = operations;
        self
    }

    /// So many matching operations fail; `u64::MAX` for all.
    #[must_use]
    pub fn times(mut self, operations: u64) -> Self {
        self.times = operations;
        self
    }

    /// Counts a matching operation; an error if it is one that fails.
    pub(super) fn meets(&mut self, op: Op, path: &Path) -> Option<FaultError> {
        let matches = self.op.is_none_or(|wanted| wanted == op)
            && path.to_string_lossy().contains(&self.path_contains);
        if !matches || self.times == 0 {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.error)
    }
}
