//! Files that are on stable storage when a call returns.
//!
//! The local store of `object_store` never syncs: a Delta commit through it can be gone after a
//! power cut, or name a file of zeros. So the tables are written through [`DurableFiles`], which
//! syncs each file and every folder whose names changed, and Delta gets it as [`DurableStore`].
//!
//! What it is not: no cache, and no times; every object says it was modified in 1970.

mod files;
mod object;
mod stepped;

pub(crate) use files::{DurableFiles, disk_path};
pub(crate) use object::DurableStore;
pub(crate) use stepped::SteppedFile;
