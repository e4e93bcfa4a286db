//! What the end-to-end tests share: a real server, a fresh folder, and ways to ask it.
//!
//! Nothing here knows how Seam works inside: a [`server::Server`] is the binary that people
//! get, started on free ports, and everything is asked through its doors.

pub mod agent;
pub mod captures;
pub mod connect;
pub mod mocks;
pub mod model;
pub mod object_store;
pub mod oracle;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod real;
pub mod server;
pub mod skip;
pub mod topic;
