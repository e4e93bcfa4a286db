//! `data`, `state` and `[object_store]`: where everything lies.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use seam_store::{ObjectStoreOptions, TablesUrl};

use crate::config::checked::Reader;

/// How the variables begin in which the vendors of object stores expect credentials.
const VENDORS: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

/// Variables that may hold secrets. Printed for debugging, they show their names.
#[derive(Clone, Default)]
pub(crate) struct VendorVariables(BTreeMap<String, String>);

impl VendorVariables {
    /// Those of an environment.
    pub(crate) fn of(environment: &BTreeMap<String, String>) -> Self {
        Self(vendor_variables(environment))
    }
}

impl fmt::Debug for VendorVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The variables that vendors of object stores have named.
pub(crate) fn vendor_variables(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let named = environment.iter();
    let named = named.filter(|(name, _)| VENDORS.iter().any(|vendor| name.starts_with(vendor)));
    named.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Where a server keeps what it has.
pub(super) struct Place {
    /// The folder of everything but, perhaps, the tables.
    pub(super) folder: PathBuf,
    /// The tables, if they lie in an object store.
    pub(super) object_store: Option<ObjectStoreOptions>,
}

impl Reader<'_> {
    /// Reads every key of the place.
    pub(super) fn place(&mut self) -> Place {
        let (data, state) = (self.text("data"), self.text("state"));
        if !TablesUrl::is_meant(&data) {
            // Naming the same folder twice says nothing false.
            if self.raw.values.contains_key("state") && state != data {
                self.fault(
                    "state",
                    "is for tables in an object store, and data names a folder, which holds everything",
                );
            }
            return Place { folder: PathBuf::from(data), object_store: None };
        }
        let folder = PathBuf::from(&state);
        if TablesUrl::is_meant(&state) {
            self.fault("state", "has to be a folder: the log needs a disk");
        }
        let object_store = match TablesUrl::parse(&data) {
            Ok(url) => Some(self.object_store(url)),
            Err(error) => {
                self.fault("data", &error.to_string());
                None
            }
        };
        Place { folder, object_store }
    }

    fn object_store(&mut self, url: TablesUrl) -> ObjectStoreOptions {
        let endpoint = self.said("object_store.endpoint");
        if endpoint.as_ref().is_some_and(|endpoint| endpoint.contains(['@', '?'])) {
            self.fault(
                "object_store.endpoint",
                "holds more than an address; credentials come from the environment",
            );
        }
        ObjectStoreOptions {
            variables: self.raw.vendors.0.clone(),
            endpoint,
            region: self.said("object_store.region"),
            allow_http: self.flag("object_store.allow_http"),
            timeout: self.duration("object_store.timeout_ms"),
            connect_timeout: self.duration("object_store.connect_timeout_ms"),
            retry_for: self.duration("object_store.retry_ms"),
            open_timeout: self.duration("object_store.open_timeout_ms"),
            refresh_every: self.duration("object_store.refresh_ms"),
            ..ObjectStoreOptions::new(url)
        }
    }

    /// A text, if it says anything.
    fn said(&mut self, path: &'static str) -> Option<String> {
        Some(self.text(path)).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::cli::ServeArgs;
    use crate::config::{Config, RawConfig};

    const SECRET: &str = "hush-77aa";

    fn raw(data: &str, state: Option<&str>) -> RawConfig {
        let variables = [("AWS_SECRET_ACCESS_KEY", SECRET), ("SEAM_OBJECT_STORE_RETRY_MS", "7")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let args = ServeArgs {
            data: Some(data.to_owned()),
            state: state.map(str::to_owned),
            ..ServeArgs::default()
        };
        RawConfig::gather(&args, &variables.into())
    }

    /// With tables at a URL everything else has a folder of its own, and the variables of the
    /// vendors are taken and never shown.
    #[test]
    fn tables_at_a_url() {
        let raw = raw("s3://bucket/x", Some("here"));
        let config = Config::check(&raw).unwrap();
        assert_eq!(config.data, PathBuf::from("here"));
        let tables = config.object_store.as_ref().unwrap();
        assert_eq!(tables.url.to_string(), "s3://bucket/x");
        assert_eq!(tables.variables["AWS_SECRET_ACCESS_KEY"], SECRET);
        assert_eq!(tables.retry_for.as_millis(), 7);
        for text in [format!("{raw:?}"), format!("{config:?}")] {
            assert!(!text.contains(SECRET), "{text}");
        }
        let unsaid = Config::check(&self::raw("gs://bucket", None)).unwrap();
        assert_eq!(unsaid.data, PathBuf::from("./seam-data"));
    }

    /// A state without tables elsewhere, and a URL with a secret, are faults; the secret is not
    /// repeated.
    #[test]
    fn faults_of_the_place() {
        let url = format!("s3://k:{SECRET}@bucket/x");
        for (data, state, path) in [
            ("folder", Some("here"), "state"),
            ("s3://bucket", Some("s3://bucket"), "state"),
            ("ftp://bucket", None, "data"),
            (url.as_str(), None, "data"),
        ] {
            let faults = Config::check(&raw(data, state)).unwrap_err();
            assert_eq!(faults.first().unwrap().path, path, "{data}");
            assert!(!faults.first().unwrap().to_string().contains(SECRET));
        }
    }
}
