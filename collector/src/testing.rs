//! A collector on free ports and clients for it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod clients;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use seam_disk::Disk;
use seam_store::DataFolder;
use seam_store::keys::Keys;
use seam_store::quarantine::{Quarantine, QuarantineLimits};
use seam_wal::{Housekeeping, Log, Options, SegmentLog, StoredFrame};
use tempfile::TempDir;

pub(crate) use clients::{HttpReply, grpc, grpc_raw, http};

use crate::credentials::{Authenticator, Door, NewToken, TokenStore};
use crate::grpc::OtlpGrpc;
use crate::http::OtlpHttp;
use crate::ingest::Ingest;
use crate::limits::Limits;
use crate::listener::{ListenOptions, Listener, StopSignal, stop_signal};
use crate::metrics::Metrics;
use crate::repeat::{DEFAULT_CAPACITY, RepeatWindow};
use crate::tls::Versions;

/// A data folder with a log, and an ingest on it.
pub(crate) struct Rig {
    pub(crate) dir: TempDir,
    _folder: DataFolder,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) log: SegmentLog,
    pub(crate) quarantine: Arc<Quarantine>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tokens: Arc<TokenStore>,
    pub(crate) ingest: Arc<Ingest>,
}

/// Two listening doors; they stop when this is dropped.
pub(crate) struct Doors {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    _stops: [StopSignal; 2],
}

/// Small segments, so that tests do not write gigabytes.
pub(crate) fn log_options() -> Options {
    let mut options = Options::new("quarantine");
    options.segment_bytes = 1 << 20;
    options.housekeeping = Housekeeping::Inline;
    options
}

/// A log that is full after a few frames of two kilobytes.
pub(crate) fn small_log_options() -> Options {
    let mut options = log_options();
    options.segment_bytes = 2048;
    (options.max_frame_bytes, options.queue_bytes, options.budget_bytes) = (3000, 3000, 20_000);
    options
}

impl Rig {
    /// With the usual log.
    pub(crate) fn new(limits: Limits) -> Self {
        Self::with_log(limits, None, log_options())
    }

    /// With a log of its own kind, on another disk if one is given.
    pub(crate) fn with_log(
        limits: Limits,
        log_disk: Option<Arc<dyn Disk>>,
        options: Options,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (folder, disk) = DataFolder::open(dir.path()).unwrap();
        let log_disk = log_disk.unwrap_or_else(|| Arc::clone(&disk));
        let (log, _) = SegmentLog::open(log_disk, Path::new("wal"), options).unwrap();
        let quarantine = Quarantine::open(Arc::clone(&disk), QuarantineLimits::default()).unwrap();
        let quarantine = Arc::new(quarantine);
        let metrics = Arc::new(Metrics::default());
        let keys = Keys::new(Arc::clone(&disk));
        let tokens = Arc::new(TokenStore::open_with_local_token(keys, dir.path()).unwrap());
        let shared: Arc<dyn Log> = Arc::new(log.clone());
        let window = Arc::new(RepeatWindow::new(DEFAULT_CAPACITY));
        let ingest =
            Ingest::new(shared, window, Arc::clone(&quarantine), Arc::clone(&metrics), limits);
        Self {
            dir,
            _folder: folder,
            disk,
            log,
            quarantine,
            metrics,
            tokens,
            ingest: Arc::new(ingest),
        }
    }

    /// A token for a door.
    pub(crate) fn token(&self, name: &str, door: Door) -> String {
        let new =
            NewToken { name: name.parse_name(), tenant: "acme".parse_name(), door, relay: false };
        self.tokens.create(&new).unwrap().reveal().to_owned()
    }

    /// Opens both doors on free ports.
    pub(crate) async fn open(&self) -> Doors {
        let limits = self.ingest.limits().clone();
        let authenticator = Authenticator::new(Door::Otlp, Arc::clone(&self.tokens), false);
        let options = |name, versions| ListenOptions {
            name,
            address: "127.0.0.1:0".parse().unwrap(),
            tls: None,
            versions,
            limits: limits.clone(),
        };
        let grpc = Listener::bind(options("otlp-grpc", Versions::Http2), Arc::clone(&self.metrics))
            .await
            .unwrap();
        let http = Listener::bind(options("otlp-http", Versions::Any), Arc::clone(&self.metrics))
            .await
            .unwrap();
        let addresses = (grpc.local_address(), http.local_address());
        let (grpc_stop, grpc_stopped) = stop_signal();
        let (http_stop, http_stopped) = stop_signal();
        let drain = Duration::from_secs(30);
        let grpc_door = OtlpGrpc::new(Arc::clone(&self.ingest), authenticator.clone());
        let http_door = OtlpHttp::new(Arc::clone(&self.ingest), authenticator);
        tokio::spawn(grpc.serve(move |peer| grpc_door.service(peer), grpc_stopped, drain));
        tokio::spawn(http.serve(move |peer| http_door.service(peer), http_stopped, drain));
        Doors { grpc: addresses.0, http: addresses.1, _stops: [grpc_stop, http_stop] }
    }

    /// Every frame of the log.
    pub(crate) fn frames(&self) -> Vec<StoredFrame> {
        let mut reader = self.log.read(self.log.start());
        std::iter::from_fn(|| reader.next().unwrap()).collect()
    }
}

/// Reads names of tenants and principals.
trait ParseName<T> {
    fn parse_name(&self) -> T;
}

impl ParseName<seam_schema::ids::Principal> for str {
    fn parse_name(&self) -> seam_schema::ids::Principal {
        seam_schema::ids::Principal::new(self).unwrap()
    }
}

impl ParseName<seam_schema::ids::Tenant> for str {
    fn parse_name(&self) -> seam_schema::ids::Tenant {
        seam_schema::ids::Tenant::new(self).unwrap()
    }
}

/// A logs request whose records have these bodies.
pub(crate) fn logs(bodies: &[&str]) -> Bytes {
    let record = |body: &&str| LogRecord {
        body: Some(AnyValue { value: Some(Value::StringValue((*body).to_owned())) }),
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs {
        log_records: bodies.iter().map(record).collect(),
        ..ScopeLogs::default()
    }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec().into()
}

/// A logs request of so many empty records: two bytes each.
pub(crate) fn empty_records(count: usize) -> Bytes {
    let scope_logs =
        vec![ScopeLogs { log_records: vec![LogRecord::default(); count], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec().into()
}

/// Packs a body.
pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().into()
}
