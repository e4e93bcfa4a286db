//! Faults of each destination, one after the other, while senders send through the real binary; the
//! destination and the senders count. Where to start: `judge.rs` says what must hold in the end.

mod cluster;
mod front;
mod hec;
mod hec_real;
pub(crate) mod judge;
mod kafka;
mod kafka_mock;
mod load;
mod nodes_real;
mod stage;
