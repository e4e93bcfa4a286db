//! Tables in an object store: where they lie, how it is reached, what its errors may say.
//!
//! The layout is that of a data folder: `tables/NAME/` below the prefix. Commits are conditional
//! puts, which S3 and what is compatible with it, Google Cloud Storage and Azure Blob Storage
//! have; no service beside the store is needed.
//!
//! What it is not: it reads no environment. Who makes the options gives the variables.

mod conditional;
mod connect;
mod options;
mod store;
#[cfg(test)]
mod tests;
mod url;

use std::time::Duration;

pub(crate) use self::conditional::check as check_conditional_puts;
pub(crate) use self::connect::open;
pub use self::options::ObjectStoreOptions;
pub(crate) use self::store::RemoteStore;
#[cfg(test)]
pub(crate) use self::url::StoreKind;
pub use self::url::{TablesUrl, TablesUrlError};
use crate::error::OpenError;

/// The pauses before a table is looked at again, when something at the start did not succeed.
pub(crate) const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_millis(3_200),
];

/// The tables cannot be opened, and why.
fn failed(options: &ObjectStoreOptions, what: String) -> OpenError {
    OpenError::ObjectStore { at: options.url.to_string(), what }
}
