//! Bytes on stable storage: the one narrow door to the data folder.
//!
//! Everything that Seam writes under its data folder goes through [`Disk`],
//! so that one place decides what *durable* means and a test can stand in its
//! way. There are three implementations:
//!
//! * [`RealDisk`]: the file system below a root folder.
//! * [`PowerCutDisk`]: in memory; it keeps what was written apart from what
//!   was synced, can cut the power after any operation, and shows what a
//!   machine might find afterwards. It also plants errors.
//! * [`CountingDisk`]: wraps another disk and knows what was changed and not
//!   synced since.
//!
//! # The contract
//!
//! * Bytes of a file survive a power cut after [`DiskFile::sync_data`] or
//!   [`DiskFile::sync_all`] of that file has returned `Ok`, not before.
//! * The *name* of a file or folder (create, rename, link, remove) survives
//!   after [`Disk::sync_dir`] of the folder that holds the name, not before.
//! * After a failed sync nothing written since the last good one may be
//!   trusted, even if a later sync succeeds.
//!
//! [`write_durable`] and [`create_dir_durable`] do the steps in the right
//! order; prefer them to doing it by hand.
//!
//! # What it is not
//!
//! No caching, no async, no retries, no formats. Paths are relative to the
//! disk's root and cannot leave it.
//!
//! Start at [`Disk`], then read `durable.rs`.

mod counting;
mod disk;
mod durable;
pub mod power_cut;
mod real;
mod trace;

pub use counting::CountingDisk;
pub use disk::{Access, DirEntry, Disk, DiskFile, DiskLock, Mode, is_out_of_space};
pub use durable::{create_dir_durable, read_to_vec, write_durable};
pub use power_cut::PowerCutDisk;
pub use real::RealDisk;
pub use trace::{Op, Trace};
