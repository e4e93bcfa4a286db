//! From a configuration to a destination, and to what it is sent.

mod elastic;
mod kafka;
mod otlp;

use std::sync::Arc;

use anyhow::anyhow;
use seam_exporters::delivery::{DeliveryOptions, Encode};
use seam_exporters::elastic::Elastic;
use seam_exporters::kafka::Kafka;
use seam_exporters::otlp::Otlp;
use seam_exporters::{Destination, file, http, splunk};
use seam_schema::project::{Observer, Projector};

use crate::config::sinks::{SinkConfig, SinkKind};

/// A destination, and what turns rows into its documents.
pub(crate) struct Built {
    pub(crate) destination: Arc<dyn Destination>,
    pub(crate) encode: Arc<dyn Encode>,
}

/// Makes a destination; asks nobody. Nothing for a webhook, which takes no records.
pub(crate) fn build(sink: &SinkConfig, observer: &Observer) -> anyhow::Result<Option<Built>> {
    let projector = Projector::new(sink.format, sink.content, observer.clone());
    let is_otlp = sink.kind == SinkKind::Otlp || kafka::is_otlp(sink);
    let encode: Arc<dyn Encode> = if is_otlp {
        Arc::new(otlp::AsOtlp { projector, content: sink.content })
    } else {
        Arc::new(projector)
    };
    let destination: Arc<dyn Destination> = match sink.kind {
        SinkKind::Splunk => Arc::new(splunk::Splunk::new(of_splunk(sink)?)?),
        SinkKind::File => Arc::new(file::Files::new(of_file(sink))),
        SinkKind::Webhook => return Ok(None),
        SinkKind::Elasticsearch | SinkKind::Opensearch => {
            Arc::new(Elastic::new(elastic::options(sink)?)?)
        }
        SinkKind::Kafka => Arc::new(Kafka::new(kafka::options(sink)?)?),
        SinkKind::Otlp => Arc::new(Otlp::new(otlp::options(sink))?),
    };
    Ok(Some(Built { destination, encode }))
}

/// How its delivery works.
pub(super) fn options(sink: &SinkConfig) -> DeliveryOptions {
    DeliveryOptions {
        linger: sink.duration("linger_ms"),
        window_bytes: sink.size("window_bytes"),
        ..DeliveryOptions::default()
    }
}

/// The options of everything that speaks HTTP.
pub(super) fn of_http(sink: &SinkConfig) -> http::Options {
    http::Options {
        ca_file: sink.path("ca_file"),
        certificate_file: sink.path("certificate_file"),
        key_file: sink.path("key_file"),
        proxy: sink.said("proxy"),
        connect_timeout: sink.duration("connect_timeout_ms"),
        request_timeout: sink.duration("request_timeout_ms"),
        ..http::Options::new(&sink.url())
    }
}

/// A number that replaces a destination's own default, where one was said.
fn or(said: usize, default: usize) -> usize {
    if said == 0 { default } else { said }
}

fn of_splunk(sink: &SinkConfig) -> anyhow::Result<splunk::Options> {
    let token = sink.secret("token").ok_or_else(|| anyhow!("sink {} has no token", sink.name))?;
    let known = splunk::Options::new(of_http(sink), token);
    let mut sourcetypes = known.sourcetypes.clone();
    sourcetypes.extend(sink.pairs("sourcetypes"));
    let acknowledgement = match sink.text("acknowledgement") {
        "required" => splunk::Acknowledgement::Required,
        "off" => splunk::Acknowledgement::Off,
        _ => splunk::Acknowledgement::Detect,
    };
    Ok(splunk::Options {
        index: sink.said("index"),
        indexes: sink.pairs("indexes"),
        fallback_index: sink.said("fallback_index"),
        source: sink.text("source").to_owned(),
        sourcetype: sink.text("sourcetype").to_owned(),
        sourcetypes,
        host: sink.said("host"),
        acknowledgement,
        poll_every: sink.duration("poll_every_ms"),
        acknowledged_within: sink.duration("acknowledged_within_ms"),
        prefix_accepted: sink.flag("prefix_accepted"),
        gzip: sink.flag("gzip"),
        request_bytes: or(sink.size("request_bytes"), known.request_bytes),
        request_records: or(sink.size("request_records"), known.request_records),
        document_bytes: or(sink.size("document_bytes"), known.document_bytes),
        in_flight: sink.size("in_flight"),
        ..known
    })
}

fn of_file(sink: &SinkConfig) -> file::Options {
    let folder = sink.path("path").unwrap_or_default();
    file::Options {
        rotate_bytes: sink.number("rotate_bytes"),
        rotate_daily: sink.flag("rotate_daily"),
        ..file::Options::new(&folder, &sink.name)
    }
}
