//! What answers: SQL over the tables and the fresh tail.
//!
//! One [`Engine`] serves every door. It takes a [`Statement`] and gives an [`Answer`]: rows as
//! they come, from one snapshot in which each row is exactly once. Statements only read, see
//! the tables of one catalog (`seam.public`) and nothing else of the machine, and every one of
//! them ends: there are limits on text, plan, memory, disk, time, rows and number ([`Limits`]).
//!
//! What it is not: it does not know who may ask (the binary checks credentials and hands in a
//! [`http::Caller`]), and it writes nothing but its own spill files.
//!
//! Where to start:
//! - [`Engine`]: how a statement runs; [`SnapshotSource`]: where its tables come from.
//! - [`View`]: the views, their SQL in `queries/sql/views`; `queries/README.md`: what people ask.
//! - `table.rs`: rows of files and tail; `table/fold.rs`: newest revisions of derived tables.
//! - [`mod@format`]: rows as a table, JSON, NDJSON, CSV or an Arrow stream.
//! - [`mod@http`]: `POST /v1/sql`; [`audit`]: what is remembered of a statement.

pub mod audit;
mod catalog;
mod engine;
mod error;
pub mod format;
mod growth;
mod guard;
#[cfg(test)]
mod hostile;
pub mod http;
mod limits;
mod needs;
#[cfg(test)]
mod questions;
mod registry;
mod runtime;
mod session;
mod source;
mod table;
#[cfg(test)]
mod testing;
mod views;
mod weight;
mod work;

pub use engine::{Answer, Engine, Statement};
pub use error::{Blame, QueryError};
pub use limits::Limits;
pub use needs::Needs;
pub use source::{Lag, SnapshotSource, StaticSource};
pub use views::View;
