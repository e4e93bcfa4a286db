//! How an object store is reached.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::url::TablesUrl;

/// Where the tables lie in an object store, who we are there, and how long it may take.
#[derive(Clone)]
pub struct ObjectStoreOptions {
    /// The address of the tables.
    pub url: TablesUrl,
    /// The variables that say who we are: `AWS_…`, `GOOGLE_…` or `AZURE_…`, as the vendors name
    /// them. Others are ignored.
    pub variables: BTreeMap<String, String>,
    /// The address of a server that is not the vendor's own, for S3 and Azure.
    pub endpoint: Option<String>,
    /// The region of an S3 bucket.
    pub region: Option<String>,
    /// Whether an endpoint beyond loopback may be spoken to in the clear.
    pub allow_http: bool,
    /// How long one request may take, its body included.
    pub timeout: Duration,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// For how long a request that failed is sent again before the call fails. What waits for
    /// the call tries again without end.
    pub retry_for: Duration,
    /// How long the store may take to give a first sign when the tables are opened.
    pub open_timeout: Duration,
    /// How often the commits of other collectors are looked for.
    pub refresh_every: Duration,
}

impl ObjectStoreOptions {
    /// The options with their defaults, for nobody: without variables.
    pub fn new(url: TablesUrl) -> Self {
        Self {
            url,
            variables: BTreeMap::new(),
            endpoint: None,
            region: None,
            allow_http: false,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            retry_for: Duration::from_secs(30),
            open_timeout: Duration::from_secs(10),
            refresh_every: Duration::from_secs(10),
        }
    }
}

/// Names the variables, never their values.
impl fmt::Debug for ObjectStoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStoreOptions")
            .field("url", &self.url.to_string())
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("allow_http", &self.allow_http)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("retry_for", &self.retry_for)
            .field("open_timeout", &self.open_timeout)
            .field("refresh_every", &self.refresh_every)
            .finish_non_exhaustive()
    }
}
