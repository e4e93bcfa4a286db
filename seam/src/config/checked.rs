//! What it comes to: values that need no further doubt.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use seam_store::ObjectStoreOptions;
use serde::de::DeserializeOwned;

use crate::config::keys::{self, Key, Shape};
use crate::config::place::Place;
use crate::config::profiles::{self, Profiles};
use crate::config::raw::{Fault, RawConfig, Source};
use crate::config::rules::{self, Capture, CaptureRule, Redaction};
use crate::config::sinks::{self, SinkConfig};

/// The fewest days that may be kept, if not all are.
const RETENTION_DAYS_MIN: u64 = 7;

/// The configuration of a server.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub(crate) struct Config {
    /// The folder of everything but the tables, and of these too unless they lie elsewhere.
    pub(crate) data: PathBuf,
    /// The tables, where they lie in an object store.
    pub(crate) object_store: Option<ObjectStoreOptions>,
    pub(crate) otlp_grpc: SocketAddr,
    pub(crate) otlp_http: SocketAddr,
    pub(crate) api: SocketAddr,
    pub(crate) insecure: bool,
    pub(crate) accept_damage: bool,
    pub(crate) keep_all: bool,
    pub(crate) redaction: Redaction,
    pub(crate) capture: Capture,
    pub(crate) retention_days: u64,
    /// Whether somebody said so, or it is the default.
    pub(crate) retention_is_said: bool,
    pub(crate) shutdown: Duration,
    pub(crate) log: String,
    pub(crate) log_json: bool,
    pub(crate) tls: Option<Tls>,
    pub(crate) limits: Limits,
    pub(crate) wal: Wal,
    pub(crate) tables: Tables,
    pub(crate) stitching_memory_bytes: u64,
    pub(crate) quarantine_budget_bytes: u64,
    pub(crate) queries: Queries,
    /// What may be taken out of rows before they are sent on.
    pub(crate) profiles: Profiles,
    pub(crate) sinks: Vec<SinkConfig>,
}

/// TLS for every listener.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tls {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_ca: Option<PathBuf>,
    pub(crate) client_required: bool,
}

/// What clients may do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limits {
    pub(crate) body_bytes: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) connections: u64,
    pub(crate) connections_per_address: u64,
    pub(crate) streams: u64,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
}

/// The log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wal {
    pub(crate) budget_bytes: u64,
    pub(crate) segment_bytes: u64,
}

/// The tables.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tables {
    pub(crate) seal_bytes: u64,
    pub(crate) seal_after: Duration,
}

/// What a statement may do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Queries {
    pub(crate) deadline: Duration,
    pub(crate) rows: u64,
    pub(crate) concurrent: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) temp_bytes: u64,
}

impl Config {
    /// Checks everything that was said; on faults, all of them.
    pub(crate) fn check(raw: &RawConfig) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { raw, faults: raw.faults.clone() };
        let Place { folder, object_store } = reader.place();
        let profiles = profiles::read(&raw.profiles, &mut reader.faults);
        let config = Self {
            data: folder,
            object_store,
            otlp_grpc: reader.address("otlp_grpc"),
            otlp_http: reader.address("otlp_http"),
            api: reader.address("api"),
            insecure: reader.flag("insecure"),
            accept_damage: reader.flag("accept_damage"),
            keep_all: reader.flag("keep_all"),
            redaction: reader.redaction(),
            capture: reader.capture(),
            retention_days: reader.number("retention_days"),
            retention_is_said: raw.values.contains_key("retention_days"),
            shutdown: reader.duration("shutdown_ms"),
            log: reader.text("log"),
            log_json: reader.text("log_format") == "json",
            tls: reader.tls(),
            limits: Limits {
                body_bytes: reader.number("limits.body_bytes"),
                memory_bytes: reader.number("limits.memory_bytes"),
                connections: reader.number("limits.connections"),
                connections_per_address: reader.number("limits.connections_per_address"),
                streams: reader.number("limits.streams"),
                header_timeout: reader.duration("limits.header_timeout_ms"),
                body_timeout: reader.duration("limits.body_timeout_ms"),
            },
            wal: Wal {
                budget_bytes: reader.number("wal.budget_bytes"),
                segment_bytes: reader.number("wal.segment_bytes"),
            },
            tables: Tables {
                seal_bytes: reader.number("tables.seal_bytes"),
                seal_after: reader.duration("tables.seal_after_ms"),
            },
            stitching_memory_bytes: reader.number("stitching.memory_bytes"),
            quarantine_budget_bytes: reader.number("quarantine.budget_bytes"),
            queries: Queries {
                deadline: reader.duration("queries.deadline_ms"),
                rows: reader.number("queries.rows"),
                concurrent: reader.number("queries.concurrent"),
                memory_bytes: reader.number("queries.memory_bytes"),
                temp_bytes: reader.number("queries.temp_bytes"),
            },
            sinks: sinks::read(&raw.sinks, &raw.named, &profiles, &mut reader.faults),
            profiles,
        };
        config.check_together(&mut reader);
        if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
    }

    /// What no key can be blamed for alone.
    fn check_together(&self, reader: &mut Reader<'_>) {
        if self.limits.body_bytes > self.limits.memory_bytes {
            reader.fault(
                "limits.body_bytes",
                "is more than limits.memory_bytes; no such request could ever be taken",
            );
        }
        if (1..RETENTION_DAYS_MIN).contains(&self.retention_days) {
            reader.fault(
                "retention_days",
                "is less than 7: what a laptop sends after a week away would go at once; 0 keeps all",
            );
        }
        for (path, address) in
            [("otlp_grpc", self.otlp_grpc), ("otlp_http", self.otlp_http), ("api", self.api)]
        {
            let exposed = !address.ip().is_loopback();
            if exposed && self.tls.is_none() && !self.insecure {
                reader.fault(
                    path,
                    "is not a loopback address: give tls.cert and tls.key, or say --insecure",
                );
            }
        }
        let addresses = [self.otlp_grpc, self.otlp_http, self.api];
        for (index, path) in [(1, "otlp_http"), (2, "api")] {
            let Some((address, before)) = addresses.get(index).zip(addresses.get(..index)) else {
                continue;
            };
            if address.port() != 0 && before.contains(address) {
                reader.fault(path, "is the address of another listener too");
            }
        }
    }
}

/// Reads one key after the other and notes what is wrong.
pub(super) struct Reader<'a> {
    pub(super) raw: &'a RawConfig,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, path: &str, what: &str) {
        let source =
            self.raw.values.get(path).map_or(Source::Default, |(_, source)| source.clone());
        self.faults.push(Fault { path: path.to_owned(), source, what: what.to_owned() });
    }

    /// The text of a key, and whether its shape fits.
    pub(super) fn text(&mut self, path: &'static str) -> String {
        let Some(key) = keys::find(path) else { return String::new() };
        let said = self.raw.values.get(path).map_or(key.default, |(value, _)| value.as_str());
        match misfit(key, said) {
            None => said.to_owned(),
            Some(what) => {
                self.fault(path, &what);
                key.default.to_owned()
            }
        }
    }

    fn address(&mut self, path: &'static str) -> SocketAddr {
        // A text that does not parse was noted by `text`, which then gives the default.
        self.text(path).parse().unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    pub(super) fn flag(&mut self, path: &'static str) -> bool {
        self.text(path) == "true"
    }

    /// The entries of a list, each read as a `T`.
    fn list<T: DeserializeOwned>(&mut self, path: &'static str) -> Vec<T> {
        let text = self.text(path);
        // A text that is no list was noted by `text`, which then gives the default.
        let entries = list_of(&text).unwrap_or_default();
        let mut read = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            match entry.try_into() {
                Ok(entry) => read.push(entry),
                Err(error) => self.fault(path, &format!("entry {index}: {}", error.message())),
            }
        }
        read
    }

    fn redaction(&mut self) -> Redaction {
        let redaction = Redaction {
            enabled: self.flag("redaction.enabled"),
            disable: self.list("redaction.disable"),
            allow: self.list("redaction.allow"),
            rules: self.list("redaction.rules"),
        };
        for (path, what) in redaction.faults() {
            self.fault(path, &what);
        }
        redaction
    }

    fn capture(&mut self) -> Capture {
        let content = rules::content(&self.text("capture.content")).unwrap_or_default();
        let written: Vec<CaptureRule> = self.list("capture.rules");
        let mut found = Vec::new();
        for (index, rule) in written.iter().enumerate() {
            match rule.check() {
                Ok(rule) => found.push(rule),
                Err(what) => self.fault("capture.rules", &format!("entry {index}: {what}")),
            }
        }
        Capture { content, rules: found }
    }

    fn number(&mut self, path: &'static str) -> u64 {
        self.text(path).parse().unwrap_or_default()
    }

    pub(super) fn duration(&mut self, path: &'static str) -> Duration {
        Duration::from_millis(self.number(path))
    }

    fn path(&mut self, path: &'static str) -> Option<PathBuf> {
        let text = self.text(path);
        if text.is_empty() {
            return None;
        }
        if !std::path::Path::new(&text).is_file() {
            self.fault(path, &format!("there is no file `{text}`"));
        }
        Some(PathBuf::from(text))
    }

    fn tls(&mut self) -> Option<Tls> {
        let (cert, key) = (self.path("tls.cert"), self.path("tls.key"));
        let client_ca = self.path("tls.client_ca");
        let client_required = self.flag("tls.client_required");
        if client_required && client_ca.is_none() {
            self.fault("tls.client_required", "needs tls.client_ca");
        }
        match (cert, key) {
            (Some(cert), Some(key)) => Some(Tls { cert, key, client_ca, client_required }),
            (None, None) => {
                if client_ca.is_some() {
                    self.fault("tls.client_ca", "needs tls.cert and tls.key");
                }
                None
            }
            (Some(_), None) => {
                self.fault("tls.cert", "needs tls.key");
                None
            }
            (None, Some(_)) => {
                self.fault("tls.key", "needs tls.cert");
                None
            }
        }
    }
}

/// The entries of a TOML array.
fn list_of(text: &str) -> Option<Vec<toml::Value>> {
    let mut table = format!("list = {text}").parse::<toml::Table>().ok()?;
    match table.remove("list") {
        Some(toml::Value::Array(entries)) if table.is_empty() => Some(entries),
        _ => None,
    }
}

/// Why a text does not fit its key.
fn misfit(key: &Key, said: &str) -> Option<String> {
    match key.shape {
        Shape::Text => None,
        Shape::Path => (matches!(key.path, "data" | "state") && said.is_empty())
            .then(|| "cannot be empty".to_owned()),
        Shape::Address => said
            .parse::<SocketAddr>()
            .err()
            .map(|_| format!("`{said}` is not an address and a port, like {}", key.default)),
        Shape::Flag => (!matches!(said, "true" | "false"))
            .then(|| format!("`{said}` is neither true nor false")),
        Shape::Number { min, max } => match said.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => None,
            _ => Some(format!("`{said}` is not a whole number from {min} to {max}")),
        },
        Shape::OneOf(words) => {
            (!words.contains(&said)).then(|| format!("`{said}` is none of {}", words.join(", ")))
        }
        Shape::List => {
            list_of(said).is_none().then(|| "is not a list, like [\"a\", \"b\"]".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::collections::BTreeMap;

    use super::*;
    use crate::cli::ServeArgs;

    fn checked(
        file: &str,
        variables: &[(&str, &str)],
        args: ServeArgs,
    ) -> Result<Config, Vec<Fault>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seam.toml");
        #[expect(clippy::disallowed_methods, reason = "a test writes its own input")]
        std::fs::write(&path, file).unwrap();
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::check(&RawConfig::gather(&ServeArgs { config: Some(path), ..args }, &variables))
    }

    /// Every default passes its own check.
    #[test]
    fn defaults_are_valid() {
        let config = checked("", &[], ServeArgs::default()).unwrap();
        assert_eq!(config.otlp_grpc.to_string(), "127.0.0.1:4317");
        assert_eq!(config.tables.seal_after, Duration::from_secs(30));
        assert_eq!(config.stitching_memory_bytes, 1 << 30);
    }

    /// A flag outweighs a variable, a variable the file.
    #[test]
    fn order_of_weight() {
        let file = "data = \"from-file\"\n[tables]\nseal_after_ms = 100\n";
        let variables = [("SEAM_DATA", "from-variable"), ("SEAM_TABLES_SEAL_AFTER_MS", "200")];
        let args = ServeArgs { data: Some("from-flag".to_owned()), ..ServeArgs::default() };
        let config = checked(file, &variables, args).unwrap();
        assert_eq!(config.data, PathBuf::from("from-flag"));
        assert_eq!(config.tables.seal_after, Duration::from_millis(200));
    }

    /// All faults come at once, each with its key path and where it was said.
    #[test]
    fn all_faults_at_once() {
        let file = "otlp_grcp = \"x\"\napi = \"nowhere\"\n[limits]\nbody_bytes = 5\n[tls]\nclient_required = 1\n";
        let faults = checked(file, &[("SEAM_DATTA", "x")], ServeArgs::default()).unwrap_err();
        let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
        for path in ["otlp_grcp", "api", "limits.body_bytes", "tls.client_required", "SEAM_DATTA"] {
            assert!(paths.contains(&path), "{path} in {paths:?}");
        }
        let slip = faults.iter().find(|fault| fault.path == "otlp_grcp").unwrap();
        assert!(slip.what.contains("`otlp_grpc`"), "{}", slip.what);
    }

    /// Lists are read entry by entry, and a fault names the entry.
    #[test]
    fn lists_are_checked() {
        let file = "[capture]\ncontent = \"hashed\"\n[[capture.rules]]\ncontent = \"no\"\nkinds = [\"prompt\"]\n";
        let config = checked(file, &[], ServeArgs::default()).unwrap();
        assert_eq!(config.capture.rules.len(), 1);
        let file = "[[capture.rules]]\ncontent = \"no\"\nkinds = [\"promt\"]\n[[capture.rules]]\nkind = 1\n";
        let faults = checked(file, &[], ServeArgs::default()).unwrap_err();
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(
            said.iter().any(|said| said.contains("entry 0") && said.contains("`promt`")),
            "{said:?}"
        );
        assert!(said.iter().any(|said| said.contains("entry 1")), "{said:?}");
        let variables = [("SEAM_REDACTION_ALLOW", "not a list")];
        let faults = checked("", &variables, ServeArgs::default()).unwrap_err();
        assert_eq!(faults.first().unwrap().path, "redaction.allow");
    }

    /// Days are kept for half a year, for ever, or as long as was said, but not too short.
    #[test]
    fn few_days_are_a_fault() {
        let days = |said: &str| {
            let checked = checked("", &[("SEAM_RETENTION_DAYS", said)], ServeArgs::default());
            checked.map(|config| config.retention_days)
        };
        assert_eq!(checked("", &[], ServeArgs::default()).unwrap().retention_days, 183);
        assert_eq!(days("0").unwrap(), 0);
        assert_eq!(days("7").unwrap(), 7);
        for wrong in ["1", "6", "-1", "36501", "half a year"] {
            assert_eq!(days(wrong).unwrap_err().first().unwrap().path, "retention_days");
        }
    }

    /// Beyond loopback nothing starts in the clear unless it is said aloud.
    #[test]
    fn exposed_addresses_need_tls() {
        let args = ServeArgs { otlp_http: Some("0.0.0.0:4318".to_owned()), ..ServeArgs::default() };
        let faults = checked("", &[], args.clone()).unwrap_err();
        assert_eq!(faults.first().unwrap().path, "otlp_http");
        assert!(checked("", &[], ServeArgs { insecure: true, ..args }).is_ok());
    }
}
