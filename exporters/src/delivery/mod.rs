//! The delivery core: one [`Delivery`] per destination, from rows of the tables to a cursor that
//! may move.
//!
//! Rows come from a [`Source`], in order; what the [`Filter`] lets through is encoded and stands in
//! a window of bounded size until it has ended well. Batches leave the window side by side, the
//! records of one conversation never in two at a time, and each ends as its [`crate::Outcome`]
//! says. The cursor moves only over records that are delivered, were there already, or are durably
//! among the dead letters, with none before them that is not; so what a kill interrupts is sent
//! again under the same ids.
//!
//! A delivery is one future. It spawns nothing, reads no clock but its [`Clock`], and may be
//! dropped at any await. Where to start: [`Delivery::run`].

mod backoff;
mod batch;
mod clock;
mod cursor;
mod doubt;
mod encode;
mod entries;
mod filter;
mod health;
mod options;
mod orders;
mod ports;
mod run;
mod sending;
mod shards;
mod status;
mod window;

#[cfg(test)]
mod tests;

pub use clock::{Clock, TokioClock};
pub use cursor::{Cursor, Saved};
pub use encode::Encode;
pub use filter::Filter;
pub use options::DeliveryOptions;
pub use orders::{Order, Orders, Told};
pub use ports::{Alarm, Alarms, DeadLetters, Keeper, Lane, Pulled, Source, SourceError};
pub use run::Delivery;
pub use status::{Status, StatusView};
