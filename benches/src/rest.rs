//! What a server takes when nobody sends, and how soon it is there again with much to catch up.
//!
//! The log it starts on was written here, by the log's own code: as if the server before had died
//! with all of it acknowledged and none of it in a table.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{Principal, RequestDigest, Tenant};
use seam_schema::otlp::Signal;
use seam_store::DataFolder;
use seam_wal::{Frame, Log as _, Options, SegmentLog};
use serde::Serialize;

use crate::bodies::{Bodies, GRPC_PREFIX_BYTES, Shape};
use crate::seam::Seam;
use crate::server::folder_in;

/// Every record is a row, so that it can be counted when all are.
const CONFIG: &str = "keep_all = true\n";
const SHAPE: Shape = Shape { record_bytes: 2_300, batch: 512 };
/// Frames on their way into the log at once.
const FRAMES_TOGETHER: u64 = 32;
/// After a start, before it counts as idle.
const CALM: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(20);
const CAUGHT_UP_WITHIN: Duration = Duration::from_mins(10);

/// The figures.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Rest {
    /// Of a server that never got anything.
    pub(crate) idle_resident_bytes: u64,
    /// Of one core, in percent.
    pub(crate) idle_cpu_percent: f64,
    /// What its log held that another server started with.
    pub(crate) log_bytes: u64,
    /// From its start to `ready`.
    pub(crate) ready_ms: f64,
    /// From its start until every record of the log was in an answer.
    pub(crate) caught_up_ms: f64,
    /// When it was idle again.
    pub(crate) then_resident_bytes: u64,
    pub(crate) then_cpu_percent: f64,
}

/// Takes them; `log_bytes` are put into the log, at least.
pub(crate) fn measure(binary: &Path, parent: &Path, log_bytes: u64) -> anyhow::Result<Rest> {
    let fresh = Arc::new(folder_in(parent)?);
    let server = Seam::start(binary, &fresh, "")?;
    let (idle_resident_bytes, idle_cpu_percent) = idle(&server)?;
    drop(server);

    let folder = Arc::new(folder_in(parent)?);
    let records = fill(&folder.path().join("data"), log_bytes)?;
    let began = Instant::now();
    let server = Seam::start(binary, &folder, CONFIG)?;
    let ready_ms = server.ready_after.as_secs_f64() * 1e3;
    while server.api.number("select count(*) from events")? < records {
        anyhow::ensure!(began.elapsed() < CAUGHT_UP_WITHIN, "the log was not applied in time");
    }
    let caught_up_ms = began.elapsed().as_secs_f64() * 1e3;
    server.api.flush()?;
    server.process().wait_until_idle()?;
    let (then_resident_bytes, then_cpu_percent) = idle(&server)?;
    Ok(Rest {
        idle_resident_bytes,
        idle_cpu_percent,
        log_bytes,
        ready_ms,
        caught_up_ms,
        then_resident_bytes,
        then_cpu_percent,
    })
}

/// Resident bytes, and the share of a core in percent, of a server that is left alone.
fn idle(server: &Seam) -> anyhow::Result<(u64, f64)> {
    let process = server.process();
    thread::sleep(CALM);
    let before = process.cpu_seconds()?;
    thread::sleep(WATCHED);
    let used = process.cpu_seconds()? - before;
    Ok((process.memory()?.resident_bytes, used / WATCHED.as_secs_f64() * 100.0))
}

/// Makes a data folder whose log holds so many bytes; returns how many records they are.
fn fill(data: &Path, log_bytes: u64) -> anyhow::Result<u64> {
    let (_folder, disk) = DataFolder::open(data)?;
    let (log, _) = SegmentLog::open(disk, "wal", Options::new("quarantine"))?;
    let bodies = Bodies::new(SHAPE)?;
    let (mut bytes, mut waiting) = (0, Vec::new());
    while bytes < log_bytes {
        let framed = bodies.stamp();
        let payload = framed.slice(GRPC_PREFIX_BYTES..);
        bytes += payload.len() as u64;
        let meta = meta(&payload).encode().into();
        waiting.push(log.append(Frame { meta, payload }));
        if waiting.len() as u64 >= FRAMES_TOGETHER {
            for append in waiting.drain(..) {
                append.wait().context("cannot append to the log")?;
            }
        }
    }
    for append in waiting {
        append.wait().context("cannot append to the log")?;
    }
    Ok(bodies.made() * SHAPE.batch as u64)
}

/// As the collector makes it of a request without a credential.
fn meta(payload: &[u8]) -> FrameMeta {
    let tenant = Tenant::default();
    FrameMeta {
        kind: FrameKind::Otlp(Signal::Logs),
        content_type: ContentType::Protobuf,
        transport: Transport::Grpc,
        repeat: false,
        relay: false,
        digest: RequestDigest::of(&tenant, Signal::Logs, payload),
        tenant,
        principal: Principal::default(),
        peer_address: "127.0.0.1".to_owned(),
        certificate_host: String::new(),
    }
}
