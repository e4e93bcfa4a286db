//! Opens the data folder and puts the parts of a server together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use seam_collector::credentials::TokenStore;
use seam_collector::metrics::Metrics;
use seam_collector::pipeline::{Pipeline, PipelineOptions};
use seam_collector::repeat::{DEFAULT_CAPACITY, RepeatWindow};
use seam_collector::stitching::{Stitching, StitchingOptions};
use seam_collector::{Ingest, Limits};
use seam_queries::Engine;
use seam_schema::capture::Policy;
use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::normalise::Mapping;
use seam_schema::stitch::StitchOptions;
use seam_store::keys::Keys;
use seam_store::quarantine::{Quarantine, QuarantineLimits};
use seam_store::{DataFolder, Store, StoreOptions, UpkeepOptions};
use seam_wal::{Log as _, SegmentLog};
use tokio::sync::oneshot;

use super::audit::LogAudit;
use super::content_key;
use super::tables::LiveTables;
use crate::config::Config;
use crate::config::checked::Limits as ConfiguredLimits;
use crate::sinks::{Parts, Sinks};

/// The parts of a running server.
pub(crate) struct Assembly {
    pub(crate) log: SegmentLog,
    pub(crate) store: Store,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) stitching: Arc<Stitching>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) tokens: Arc<TokenStore>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) audit: Arc<LogAudit>,
    pub(crate) quarantine: Arc<Quarantine>,
    pub(crate) sinks: Arc<Sinks>,
    pub(crate) retention_days: u64,
    /// What of the log was found damaged, a line each.
    pub(crate) damage: Vec<String>,
    /// The folder of everything but, perhaps, the tables.
    pub(crate) root: PathBuf,
    log_failed: tokio::sync::Mutex<oneshot::Receiver<String>>,
    /// Held until the end: nobody else may own the folder meanwhile.
    _folder: DataFolder,
}

impl Assembly {
    /// Opens everything. Replay goes on behind it.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let (folder, disk) = DataFolder::open(&config.data)?;
        let url = config.object_store.as_ref().map(|tables| &tables.url);
        folder.claim_tables(disk.as_ref(), url)?;
        let tokens = Arc::new(TokenStore::open_with_local_token(
            Keys::new(Arc::clone(&disk)),
            &config.data,
        )?);
        let key = content_key::read_or_make(&Keys::new(Arc::clone(&disk)))?;
        let metrics = Arc::new(Metrics::default());
        let room = QuarantineLimits {
            bytes: config.quarantine_budget_bytes,
            ..QuarantineLimits::default()
        };
        let quarantine = Arc::new(Quarantine::open(Arc::clone(&disk), room)?);
        let (log, log_failed, damage) = open_log(config, Arc::clone(&disk))?;
        let store = open_store(config, &disk, &log).await?;
        let window = RepeatWindow::rebuild(DEFAULT_CAPACITY, &log, &store, now()?).await?;
        let limits = limits(&config.limits)?;
        let ingest = Arc::new(Ingest::new(
            Arc::new(log.clone()),
            window,
            Arc::clone(&quarantine),
            Arc::clone(&metrics),
            limits,
        ));
        let pipeline = Pipeline::spawn(
            log.clone(),
            store.clone(),
            Arc::clone(&quarantine),
            Arc::clone(&metrics),
            PipelineOptions {
                normalise: mapping(config, key)?.shared(),
                ..PipelineOptions::default()
            },
        )?;
        let options = stitching_options(config)?;
        let stitching = Stitching::spawn(&log, store.clone(), Arc::clone(&metrics), options)?;
        let tables = LiveTables::new(log.clone(), store.clone());
        let engine = Engine::new(Arc::new(tables), query_limits(config)?).await?;
        let audit = Arc::new(LogAudit::new(log.clone()));
        let sinks = Arc::new(Sinks::start(Parts {
            sinks: &config.sinks,
            profiles: config.profiles.made(&key)?,
            store: &store,
            log: &log,
            disk,
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        })?);
        sinks.take_up_replays(log_end(&log))?;
        Ok(Self {
            log,
            store,
            ingest,
            pipeline: Arc::new(pipeline),
            stitching: Arc::new(stitching),
            engine: Arc::new(engine),
            tokens,
            metrics,
            audit,
            quarantine,
            sinks,
            retention_days: if config.object_store.is_some() { 0 } else { config.retention_days },
            damage,
            root: config.data.clone(),
            log_failed: tokio::sync::Mutex::new(log_failed),
            _folder: folder,
        })
    }

    /// Waits until something fails for good.
    pub(crate) async fn wait_failed(&self) -> anyhow::Error {
        let mut log_failed = self.log_failed.lock().await;
        tokio::select! {
            why = &mut *log_failed => match why {
                Ok(why) => anyhow!("the log has failed: {why}; nothing is acknowledged any more, mend the disk and start again"),
                Err(_) => anyhow!("the log has ended"),
            },
            error = self.store.wait_failed() => anyhow!(error),
            ended = self.pipeline.wait_ended() => match ended {
                Ok(()) => anyhow!("the pipeline has ended"),
                Err(error) => anyhow!("{error}"),
            },
            ended = self.stitching.wait_ended() => match ended {
                Ok(()) => anyhow!("the stitching has ended"),
                Err(error) => anyhow!("{error}"),
            },
        }
    }
}

/// The tables, where the log goes on.
async fn open_store(
    config: &Config,
    disk: &Arc<dyn seam_disk::Disk>,
    log: &SegmentLog,
) -> anyhow::Result<Store> {
    let options = StoreOptions {
        seal_bytes: usize::try_from(config.tables.seal_bytes)?,
        seal_after: config.tables.seal_after,
        upkeep: UpkeepOptions {
            retention_days: u32::try_from(config.retention_days)?,
            ..UpkeepOptions::default()
        },
        ..StoreOptions::default()
    };
    let (id, end) = (log_id(log), log_end(log));
    Ok(match &config.object_store {
        None => Store::open(Arc::clone(disk), id, end, options).await?,
        Some(tables) => Store::open_remote(tables, id, end, options).await?,
    })
}

fn stitching_options(config: &Config) -> anyhow::Result<StitchingOptions> {
    let stitch = StitchOptions {
        memory_bytes: usize::try_from(config.stitching_memory_bytes)?,
        ..StitchOptions::default()
    };
    Ok(StitchingOptions { stitch, ..StitchingOptions::default() })
}

/// How frames become rows.
fn mapping(config: &Config, key: [u8; 32]) -> anyhow::Result<Mapping> {
    let capture = &config.capture;
    Ok(Mapping {
        keep_all: config.keep_all,
        redactor: config.redaction.redactor(key)?,
        capture: Policy::new(capture.content, capture.rules.clone(), key),
    })
}

fn open_log(
    config: &Config,
    disk: Arc<dyn seam_disk::Disk>,
) -> anyhow::Result<(SegmentLog, oneshot::Receiver<String>, Vec<String>)> {
    let (failed, log_failed) = oneshot::channel();
    let mut options = seam_wal::Options::new("quarantine");
    options.segment_bytes = config.wal.segment_bytes;
    options.budget_bytes = config.wal.budget_bytes;
    // A frame is a body and a little beside it.
    options.max_frame_bytes = config.limits.body_bytes + (1 << 20);
    options.queue_bytes = options.queue_bytes.max(options.max_frame_bytes);
    options.accept_damage = config.accept_damage;
    options.on_failure = Some(Box::new(move |why: &str| drop(failed.send(why.to_owned()))));
    let (log, report) = SegmentLog::open(disk, "wal", options).context(
        "cannot open the log; with --accept-damage the server starts without the damaged frames",
    )?;
    tracing::info!(
        log_id = %log.log_id(),
        frames = report.recovered_frames,
        bytes = report.recovered_bytes,
        torn_tail_bytes = report.torn_tail_bytes,
        damaged_ranges = report.damaged.len(),
        "the log is recovered"
    );
    for range in &report.damaged {
        tracing::error!(%range, "acknowledged frames are damaged; a copy is in the quarantine");
    }
    let damage = report.damaged.iter().map(ToString::to_string).collect();
    Ok((log, log_failed, damage))
}

/// The log's identity, as the tables write it.
pub(crate) fn log_id(log: &SegmentLog) -> LogId {
    LogId::from_bytes(*log.log_id().as_bytes())
}

/// The newest frame on stable storage.
pub(crate) fn log_end(log: &SegmentLog) -> Sequence {
    Sequence(i64::try_from(log.end().get()).unwrap_or(i64::MAX))
}

/// The wall clock.
fn now() -> anyhow::Result<ReceivedAt> {
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
    Ok(ReceivedAt(i64::try_from(now.as_micros())?))
}

fn limits(configured: &ConfiguredLimits) -> anyhow::Result<Limits> {
    Ok(Limits {
        max_body_bytes: usize::try_from(configured.body_bytes)?,
        memory_budget_bytes: usize::try_from(configured.memory_bytes)?,
        max_connections: usize::try_from(configured.connections)?,
        max_connections_per_address: usize::try_from(configured.connections_per_address)?,
        max_streams: u32::try_from(configured.streams)?,
        header_timeout: configured.header_timeout,
        body_grace: configured.body_timeout,
        ..Limits::default()
    })
}

fn query_limits(config: &Config) -> anyhow::Result<seam_queries::Limits> {
    let queries = &config.queries;
    Ok(seam_queries::Limits {
        deadline: queries.deadline,
        rows: queries.rows,
        concurrent: usize::try_from(queries.concurrent)?,
        memory_bytes: usize::try_from(queries.memory_bytes)?,
        spill_bytes: queries.temp_bytes,
        spill_folder: (queries.temp_bytes > 0).then(|| config.data.join("spill")),
        visible: Duration::from_secs(2),
        ..seam_queries::Limits::default()
    })
}
