//! What can go wrong with some events, and is caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_schema::ArrowError;
use seam_store::{ReadError, StoreError};
use thiserror::Error;

/// Why events could not be derived from. Names no content.
#[derive(Debug, Error)]
pub(super) enum Fault {
    /// The stitcher panicked; it is not used any more. What a panic says may quote an event.
    #[error("the stitcher panicked")]
    Panicked,
    /// It asks for earlier events without end.
    #[error("the stitcher asks for earlier events without end")]
    Endless,
    /// Earlier events could not be read.
    #[error("earlier events could not be read: {0}")]
    Read(#[from] ReadError),
    /// Its rows do not fit together.
    #[error("its rows do not fit together: {0}")]
    Rows(#[from] ArrowError),
    /// The store takes no more: the end of everything.
    #[error(transparent)]
    Store(StoreError),
}

impl Fault {
    /// The reason to end, if it is one.
    pub(super) fn into_end(self) -> Result<Self, StoreError> {
        match self {
            Self::Store(error) | Self::Read(ReadError::Store(error)) => Err(error),
            other => Ok(other),
        }
    }
}

/// Runs what may panic. The caller throws away what it has touched.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Fault::Panicked))
}
