//! Seam with one destination, or none.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::To;
use super::kafka::{Broker, Topic};
use super::place::Place;
use super::subject::{Subject, Unit, Whose};
use crate::server::{Server, folder_in};
use crate::sink::{Sink, SinkOptions};

/// Every record is stored, so that every record is sent on.
const BASE: &str = "keep_all = true\n";

pub(super) fn without(binary: &Path, parent: &Path) -> anyhow::Result<Subject> {
    let server = Server::seam_in(binary, &Arc::new(folder_in(parent)?), BASE, false)?;
    Ok(Subject::new((Whose::Seam, "seam, no sink"), server, Place::Nowhere, Unit::Event))
}

/// With one destination; what is sent to a sink of ours is written to `keep`.
pub(super) fn with(
    binary: &Path,
    parent: &Path,
    to: To,
    broker: Option<&Broker>,
    keep: Option<&Path>,
) -> anyhow::Result<Subject> {
    let folder = Arc::new(folder_in(parent)?);
    let (place, keys) = match to {
        To::File => {
            let out = folder.path().join("out");
            let keys = format!("kind = \"file\"\npath = \"{}\"\n", out.display());
            (Place::Lines(out), keys)
        }
        To::Kafka => {
            let broker = broker.context("say where a broker is: --kafka DIR")?;
            let topic = Topic::create(broker, "seam")?;
            let keys = format!(
                "kind = \"kafka\"\nbrokers = [\"{}\"]\ntopic = \"{}\"\ntls = false\n",
                broker.address, topic.name
            );
            (Place::Topic(topic), keys)
        }
        To::Hec | To::Otlp | To::Bulk => {
            let sink = Sink::start(parent, SinkOptions { keep, ..SinkOptions::default() })?;
            let keys = keys(to, &sink.address.to_string(), folder.path())?;
            (Place::Sink(sink), keys)
        }
    };
    let config = config(&keys);
    let server = Server::seam_in(binary, &folder, &config, false)?;
    Ok(Subject::new((Whose::Seam, "seam"), server, place, Unit::Event))
}

/// A configuration with one destination, which gets every event as it was sent.
pub(crate) fn config(keys: &str) -> String {
    format!("{BASE}[[sinks]]\nname = \"out\"\ncontent = true\nactions = false\n{keys}")
}

/// The keys of a destination that a sink of ours stands for.
pub(crate) fn keys(to: To, address: &str, folder: &Path) -> anyhow::Result<String> {
    let kind = match to {
        To::Hec => "splunk",
        To::Bulk => "elasticsearch",
        _ => "otlp",
    };
    let mut keys = format!("kind = \"{kind}\"\nurl = \"http://{address}\"\n");
    if to == To::Hec {
        let token = folder.join("token");
        let written = File::create(&token).and_then(|mut file| file.write_all(b"a-token"));
        written.with_context(|| format!("cannot write {}", token.display()))?;
        keys = format!("{keys}token_file = \"{}\"\n", token.display());
    }
    Ok(keys)
}
