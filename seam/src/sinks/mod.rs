//! The destinations of a running server: made from the configuration, fed from the tables, shown
//! and ordered about.
//!
//! Each has one delivery (`seam_exporters::delivery`), which runs on threads of low priority: it
//! reads what is in the tables, so neither the log nor the other destinations wait for it.
//!
//! - `build`: from a configuration to a destination.
//! - `source`: rows of `events` and settled `actions`, in order.
//! - `keeper`, `letters`, `alarms`: where cursors, dead letters and alarms go.
//! - `view`: what of all that is shown.
//! - `replay`: rows that are sent again because somebody asked.

mod alarms;
mod build;
mod keeper;
mod letters;
mod replay;
mod running;
mod source;
mod threads;
mod view;

pub(crate) use alarms::AlarmBell;
pub(crate) use build::build;
pub(crate) use replay::{ReplayAsk, ReplayError, ReplayReport};
pub(crate) use running::{Parts, Sinks};
pub(crate) use view::{SinkView, render};
