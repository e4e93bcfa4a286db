//! What an event means.
//!
//! This crate turns the bytes of OTLP requests into rows of Seam's tables and back.
//! It is pure: it opens no file and no socket, reads no clock, spawns nothing and
//! never blocks. The same frame gives the same rows on every machine and at every
//! replay; everything that depends on time gets it from the frame.
//!
//! What it is not: it does not store (`seam-store` does), does not receive
//! (`seam-collector`) and does not answer questions (`seam-queries`).
//!
//! Where to start:
//! - [`otlp`]: borrowed views over request bytes, the structural check, OTLP/JSON.
//! - [`frame`]: what the collector writes beside each request into the log.
//! - [`event`]: the normalised record, column by column.
//! - [`normalise`]: one frame in, rows of every table out.
//! - [`agents`]: one mapper per agent.
//! - [`capture`]: which content the operator wants kept.
//! - [`drift`]: what an agent sends that nobody has listed.
//! - [`stitch`]: events in, actions, turns, sessions, links and gaps out.
//! - [`derived`]: the tables of what the stitcher makes.
//! - [`record`]: the way back, from a row to the OTLP record it came from.
//! - [`project`]: what an event looks like in a SIEM's vocabulary.
//! - [`redact`]: secrets gone before anything but the log sees them.
//! - [`table`]: the tables, their Arrow schemas and builders.
//!

pub mod agents;
pub mod capture;
pub mod derived;
pub mod drift;
pub mod event;
pub mod frame;
pub mod ids;
pub mod normalise;
pub mod otlp;
pub mod project;
pub mod record;
pub mod redact;
pub mod stitch;
pub mod table;
pub mod vocabulary;
