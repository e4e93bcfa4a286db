//! The tables of record.
//!
//! Rows come in groups, in log order, and are visible at once: a table is what its Delta log
//! names plus a tail in memory. Tails become Parquet files and Delta commits in the background;
//! each commit carries the log position it reaches, so a restart goes on exactly where the
//! tables stand, and only then the log may recycle what is in them.
//!
//! What it is not: it does not know what a row means (`seam-schema` does), reads no log
//! (`seam-wal`), and answers no SQL (`seam-queries`).
//!
//! Where to start:
//! - [`DataFolder`]: the folder everything lies in, and who owns it.
//! - [`Store`]: append, snapshot, flush, follow.
//! - [`Snapshot`]: what a query sees.
//! - [`ObjectStoreOptions`]: tables that lie in an object store.
//! - `state.rs`: the one lock, and what is published under it; `commit.rs`: how a tail becomes
//!   a commit; `durable/`: what durable means; `upkeep/`: what becomes of many small files.

mod backlog;
pub mod backup;
mod claims;
mod clock;
mod columns;
mod commit;
pub mod cursors;
mod data_folder;
mod delta;
mod derived_start;
pub mod differ;
mod durable;
mod error;
mod fold;
mod follow;
mod group;
mod history;
pub mod keys;
mod nameless;
mod newest;
mod options;
mod pace;
mod parquet_file;
mod pick;
mod picked;
mod pins;
pub mod quarantine;
mod read;
mod read_only;
mod recent;
mod refresh;
mod remote;
pub mod replays;
mod settled;
mod snapshot;
mod sorted;
mod state;
mod stats;
mod store;
mod tables_at;
mod tail;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod upkeep;

pub use backlog::Backlog;
pub use data_folder::DataFolder;
pub use error::{OpenError, ReadError, StoreError};
pub use follow::{Cursor, Followed, Follower, Step};
pub use group::Group;
pub use options::{StoreOptions, UpkeepOptions};
pub use recent::RecentRequest;
pub use remote::{ObjectStoreOptions, TablesUrl, TablesUrlError};
pub use settled::{Settled, SettledFollower};
pub use snapshot::{ColumnStats, DataFile, Snapshot, StatValue, TableSnapshot};
pub use store::Store;
pub use upkeep::UpkeepCounts;
