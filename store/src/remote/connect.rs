//! From options to a store that answers.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::SpawnedReqwestConnector;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientConfigKey, ObjectStore, Result, RetryConfig};
use tokio::runtime::Handle;
use tokio::time::timeout;
use url::{Host, Url};

use super::failed;
use super::options::ObjectStoreOptions;
use super::store::{RemoteStore, told};
use super::url::StoreKind;
use crate::error::OpenError;

/// The pauses between two requests of one call, from the first to the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// A call is bounded by time, not by how often it was tried.
const RETRIES_MAX: usize = 1_000;

/// Opens the store, and asks it once: an error now is better than one with the first commit. Its
/// connections live in the runtime of the caller.
pub(crate) async fn open(options: &ObjectStoreOptions) -> Result<RemoteStore, OpenError> {
    let failed = |what| failed(options, what);
    check_in_the_clear(options).map_err(failed)?;
    // It gives up in time to say why.
    let hasty = ObjectStoreOptions {
        timeout: options.timeout.min(options.open_timeout),
        connect_timeout: options.connect_timeout.min(options.open_timeout),
        retry_for: options.open_timeout / 2,
        ..options.clone()
    };
    let asked = client(&hasty).map_err(|error| failed(told(&error)))?;
    let tables = Path::from("tables");
    match timeout(options.open_timeout, asked.list_with_delimiter(Some(&tables))).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(failed(told(&error))),
        Err(_) => return Err(failed(format!("no answer within {:?}", options.open_timeout))),
    }
    client(options).map_err(|error| failed(told(&error)))
}

fn client(options: &ObjectStoreOptions) -> Result<RemoteStore> {
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: PAUSES.0, max_backoff: PAUSES.1, base: 2.0 },
        max_retries: RETRIES_MAX,
        retry_timeout: options.retry_for,
    };
    // Whoever reads, a query for one, may do so in a runtime that has no sockets.
    let home = SpawnedReqwestConnector::new(Handle::current());
    let kind = options.url.kind;
    let store: Arc<dyn ObjectStore> = match kind {
        StoreKind::S3 => Arc::new(s3(options).with_retry(retry).with_http_connector(home).build()?),
        StoreKind::Google => {
            Arc::new(google(options).with_retry(retry).with_http_connector(home).build()?)
        }
        StoreKind::Azure => {
            Arc::new(azure(options).with_retry(retry).with_http_connector(home).build()?)
        }
    };
    let prefixed = PrefixStore::new(store, options.url.prefix.clone());
    Ok(RemoteStore::new(Arc::new(prefixed), kind, options.url.to_string()))
}

/// The keys of the client that are ours to set, whatever the variables say.
fn client_keys(options: &ObjectStoreOptions) -> [(ClientConfigKey, String); 3] {
    let seconds = |time: Duration| format!("{} seconds", time.as_secs_f64());
    let in_the_clear = endpoints(options).iter().any(|(_, url)| url.starts_with("http://"));
    [
        (ClientConfigKey::Timeout, seconds(options.timeout)),
        (ClientConfigKey::ConnectTimeout, seconds(options.connect_timeout)),
        (ClientConfigKey::AllowHttp, in_the_clear.to_string()),
    ]
}

/// The variables of the store's vendor that name a key of its client; others are not for us.
fn variables<K: std::str::FromStr>(
    options: &ObjectStoreOptions,
) -> impl Iterator<Item = (K, &String)> {
    let prefix = options.url.kind.variables();
    let named = options.variables.iter().filter(move |(name, _)| name.starts_with(prefix));
    named.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)))
}

fn s3(options: &ObjectStoreOptions) -> AmazonS3Builder {
    let mut builder = AmazonS3Builder::new();
    for (key, value) in variables::<AmazonS3ConfigKey>(options) {
        builder = builder.with_config(key, value);
    }
    let ours = [
        (AmazonS3ConfigKey::S3Endpoint, &options.endpoint),
        (AmazonS3ConfigKey::Region, &options.region),
    ];
    for (key, value) in ours {
        if let Some(value) = value {
            builder = builder.with_config(key, value);
        }
    }
    for (key, value) in client_keys(options) {
        builder = builder.with_config(AmazonS3ConfigKey::Client(key), value);
    }
    builder.with_bucket_name(&options.url.bucket)
}

fn google(options: &ObjectStoreOptions) -> GoogleCloudStorageBuilder {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (key, value) in variables::<GoogleConfigKey>(options) {
        builder = builder.with_config(key, value);
    }
    for (key, value) in client_keys(options) {
        builder = builder.with_config(GoogleConfigKey::Client(key), value);
    }
    builder.with_bucket_name(&options.url.bucket)
}

fn azure(options: &ObjectStoreOptions) -> MicrosoftAzureBuilder {
    let mut builder = MicrosoftAzureBuilder::new();
    for (key, value) in variables::<AzureConfigKey>(options) {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_config(AzureConfigKey::Endpoint, endpoint);
    }
    for (key, value) in client_keys(options) {
        builder = builder.with_config(AzureConfigKey::Client(key), value);
    }
    builder.with_container_name(&options.url.bucket)
}

/// The addresses of the store that were given, each with who gave it.
fn endpoints(options: &ObjectStoreOptions) -> Vec<(&str, &str)> {
    let prefix = options.url.kind.variables();
    let is_endpoint = |name: &str| {
        let name = name.strip_prefix(prefix).unwrap_or_default();
        matches!(
            name,
            "ENDPOINT" | "ENDPOINT_URL" | "ENDPOINT_URL_S3" | "STORAGE_ENDPOINT" | "BASE_URL"
        )
    };
    let named = options.variables.iter().filter(|(name, _)| is_endpoint(name));
    let named = named.map(|(name, url)| (name.as_str(), url.as_str()));
    let ours = options.endpoint.iter().map(|url| ("object_store.endpoint", url.as_str()));
    named.chain(ours).collect()
}

/// Rows and credentials go in the clear to this machine only, unless it was said aloud.
fn check_in_the_clear(options: &ObjectStoreOptions) -> Result<(), String> {
    let aloud = format!("{}ALLOW_HTTP", options.url.kind.variables());
    let said = options.variables.get(&aloud).is_some_and(|value| value == "true" || value == "1");
    if options.allow_http || said {
        return Ok(());
    }
    for (name, url) in endpoints(options) {
        if url.starts_with("http://") && !is_loopback(url) {
            return Err(format!(
                "{name} is an http address beyond this machine: say https, or object_store.allow_http = true if that network is to be trusted"
            ));
        }
    }
    Ok(())
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
