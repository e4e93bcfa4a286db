//! The OpenTelemetry Collector with one exporter, or with the one that throws everything away.

use std::path::Path;

use anyhow::Context as _;

use super::To;
use super::kafka::{Broker, Topic};
use super::place::Place;
use super::subject::{Subject, Unit, Whose};
use crate::peer;
use crate::sink::{Sink, SinkOptions};

/// Everything the Collector has for a destination; nothing where it has no exporter.
pub(super) fn all(
    scripts: &Path,
    parent: &Path,
    to: To,
    broker: Option<&Broker>,
) -> anyhow::Result<Vec<Subject>> {
    let queues: &[&str] = match to {
        To::Bulk => return Ok(Vec::new()),
        // Its exporter has no queue: it writes before it answers.
        To::File => &["memory"],
        To::Hec | To::Kafka | To::Otlp => &["memory", "durable"],
    };
    let base = if to == To::Hec { "peer-nop-body" } else { "peer-nop" };
    let server = peer::forwarding(scripts, parent, base, &[])?.0;
    let base = (Whose::Otelcol, "otelcol, nop");
    let mut subjects = vec![Subject::new(base, server, Place::Nowhere, Unit::Event)];
    for queue in queues {
        subjects.push(one(scripts, parent, to, queue, broker)?);
    }
    Ok(subjects)
}

fn one(
    scripts: &Path,
    parent: &Path,
    to: To,
    queue: &str,
    broker: Option<&Broker>,
) -> anyhow::Result<Subject> {
    let config = format!("forward-{}", to.name());
    let start = |settings: &[(&str, String)]| {
        let mut all = vec![("QUEUE", queue.to_owned())];
        all.extend_from_slice(settings);
        peer::forwarding(scripts, parent, &config, &all)
    };
    let (server, place, unit) = match to {
        To::File => {
            let (server, folder) = start(&[])?;
            (server, Place::Lines(folder.path().join("events.json")), Unit::Request)
        }
        To::Kafka => {
            let broker = broker.context("say where a broker is: --kafka DIR")?;
            let topic = Topic::create(broker, "otelcol")?;
            let settings = [
                ("KAFKA_BROKERS", broker.address.to_string()),
                ("KAFKA_TOPIC", topic.name.clone()),
            ];
            (start(&settings)?.0, Place::Topic(topic), Unit::Request)
        }
        To::Hec | To::Otlp | To::Bulk => {
            let sink = Sink::start(parent, SinkOptions::default())?;
            let server = start(&[("SINK", sink.address.to_string())])?.0;
            (server, Place::Sink(sink), Unit::Event)
        }
    };
    let name = format!("otelcol {queue}");
    Ok(Subject::new((Whose::Otelcol, &name), server, place, unit))
}
