//! What is on stable storage when a call returns.
//!
//! The local store of `object_store` never syncs: a Delta commit through it can be gone after a
//! power cut, or name a file of zeros. So tables in the data folder are written through
//! [`DurableFiles`], which syncs each file and every folder whose names changed. Tables in an
//! object store are durable when the store says so. [`DurableStore`] is the one or the other, and
//! what Delta writes to.
//!
//! What it is not: no cache, and on a disk no times; every object says it was modified in 1970.

mod files;
mod object;
mod place;
mod stepped;
mod upload;

pub(crate) use files::{DurableFiles, disk_path};
pub(crate) use place::{DurableStore, TableFile};
pub(crate) use stepped::SteppedFile;
