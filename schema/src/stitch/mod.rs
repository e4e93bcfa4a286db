//! Intent stitched to action: events of conversations in, rows of the derived tables out.
//!
//! The stitcher is deterministic. It reads no clock but the receive times of frames, and what it
//! says depends on the set of events it was given, not on their order, on how they were cut into
//! groups, on repeats, or on a restart in between.
//!
//! What it is not: it keeps no files. Whoever drives it gives it the earlier events of a
//! conversation it does not hold ([`Stitcher::missing`], [`Stitcher::restore`]) before new ones.
//!
//! Where to start:
//! - [`Fact`]: what of an event the stitcher needs.
//! - [`Stitcher`]: the state, and what goes in and out.

mod derive;
mod detail;
mod fact;
mod facts;
mod family;
mod hash;
mod keys;
mod messages;
mod names;
mod near;
mod past;
mod rows;
mod said;
mod stitcher;
mod witness;

pub use detail::{Detail, Empty, Name, OfCall, Origin, Part, Ruling, Talk};
pub use fact::Fact;
pub use facts::Facts;
pub use keys::HistoryKey;
pub use messages::{Exchange, ToldCall};
pub use names::Names;
pub use rows::DerivedRows;
pub use stitcher::{Moment, StitchOptions, Stitcher};
pub use witness::Hosts;
