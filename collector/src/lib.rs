//! What takes events in.
//!
//! Two doors speak OTLP, over gRPC and over HTTP. Behind both stands one [`Ingest`], which
//! writes each request into the log and acknowledges it from the log's receipt and from
//! nothing else. Behind the log one thread, the [`Pipeline`], maps frames to rows of the
//! tables, and behind these another, the [`Stitching`], derives what belongs together. The [`listener`] serves the API as well, under the same limits.
//!
//! What it is not: it does not know what an event means (`seam-schema` does), keeps nothing
//! itself (`seam-wal`, `seam-store`), reads no configuration and prints nothing (`seam`).
//!
//! Where to start:
//! - [`answer`]: what a client is told, line by line.
//! - [`ingest`]: from a body to a receipt.
//! - [`pipeline`]: from the log to the tables. [`stitching`]: from `events` to derived ones.
//! - [`credentials`]: who somebody is. [`repeat`]: what is not stored twice.

pub mod answer;
mod body;
pub mod budget;
pub mod credentials;
mod decompress;
pub mod grpc;
pub mod http;
pub mod ingest;
mod limits;
pub mod listener;
pub mod metrics;
mod otlp_door;
pub mod pipeline;
mod rate;
pub mod repeat;
mod room;
pub mod stitching;
#[cfg(test)]
mod testing;
pub mod tls;

pub use body::Received;
pub use decompress::Encoding;
pub use ingest::Ingest;
pub use limits::Limits;
pub use pipeline::Pipeline;
pub use stitching::Stitching;
