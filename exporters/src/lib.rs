//! What sends on: events and settled actions, to Splunk, Elasticsearch, OpenSearch, Kafka, another
//! OTLP endpoint or files.
//!
//! Every destination has one durable cursor. It moves only over records that ended well: delivered,
//! already there, or durably among the dead letters. A destination that is down, wrong or slow
//! keeps its cursor; what it has not taken stands in the tables, so nothing is held in memory for it.
//!
//! What it is not: it does not say what a record looks like in a SIEM's vocabulary
//! (`seam_schema::project` does), keeps no queue, reads no configuration and prints nothing.
//!
//! Where to start:
//! - [`Record`]: what is sent.
//! - [`Outcome`]: how sending one record can end; the one vocabulary of all destinations.
//! - [`Destination`]: what a destination must be able to do.
//! - [`delivery`]: from rows of the tables to a cursor that may move.
//! - [`splunk`], [`elastic`], [`kafka`], [`otlp`], [`file`]: where they go.

pub mod delivery;
mod destination;
pub mod elastic;
pub mod file;
pub mod http;
pub mod kafka;
pub mod otlp;
mod outcome;
mod record;
pub mod splunk;

pub use destination::{Checked, Destination, Limits, Step};
pub use outcome::Outcome;
pub use record::Record;
