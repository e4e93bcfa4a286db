//! A sink of kind `kafka`.

use std::collections::BTreeMap;

use anyhow::anyhow;
use seam_exporters::http::Secret;
use seam_exporters::kafka::{Compression, Encoding, NewTopics, Oidc, Options, Sasl, Tls};

use crate::config::sinks::SinkConfig;

pub(super) fn options(sink: &SinkConfig) -> anyhow::Result<Options> {
    Ok(Options {
        traces_topic: sink.said("traces_topic"),
        encoding: if is_otlp(sink) { Encoding::OtlpProto } else { Encoding::Json },
        source: sink.text("source").to_owned(),
        tls: sink.flag("tls").then(|| tls(sink)),
        sasl: sasl(sink)?,
        compression: match sink.text("compression") {
            "none" => Compression::None,
            "lz4" => Compression::Lz4,
            "gzip" => Compression::Gzip,
            "snappy" => Compression::Snappy,
            _ => Compression::Zstd,
        },
        message_bytes: sink.size("message_bytes"),
        create: create(sink)?,
        settings: sink.pairs("settings"),
        ..Options::new(sink.texts("brokers"), sink.text("topic"))
    })
}

/// Whether its messages are OTLP requests.
pub(super) fn is_otlp(sink: &SinkConfig) -> bool {
    sink.text("encoding") == "otlp_proto"
}

fn tls(sink: &SinkConfig) -> Tls {
    Tls {
        ca_file: sink.path("ca_file"),
        certificate_file: sink.path("certificate_file"),
        key_file: sink.path("key_file"),
        key_password: sink.secret("key_password"),
    }
}

fn sasl(sink: &SinkConfig) -> anyhow::Result<Option<Sasl>> {
    let mechanism = sink.text("sasl");
    let wanted = |key| anyhow!("sink {}: sasl = \"{mechanism}\" needs {key}", sink.name);
    let text = |key| sink.said(key).ok_or_else(|| wanted(key));
    let secret = |key| sink.secret(key).ok_or_else(|| wanted(key));
    let login = || -> anyhow::Result<(String, Secret)> { Ok((text("user")?, secret("password")?)) };
    Ok(match mechanism {
        "plain" => Some(login().map(|(user, password)| Sasl::Plain { user, password })?),
        "scram-sha-256" => {
            Some(login().map(|(user, password)| Sasl::ScramSha256 { user, password })?)
        }
        "scram-sha-512" => {
            Some(login().map(|(user, password)| Sasl::ScramSha512 { user, password })?)
        }
        "oauthbearer" => Some(Sasl::OAuthBearer(Oidc {
            token_url: text("oidc_token_url")?,
            client_id: text("oidc_client_id")?,
            client_secret: secret("oidc_client_secret")?,
            scope: sink.said("oidc_scope"),
            ca_file: sink.path("ca_file"),
        })),
        _ => None,
    })
}

/// Topics are made where somebody says with how many partitions.
fn create(sink: &SinkConfig) -> anyhow::Result<Option<NewTopics>> {
    let settings: BTreeMap<String, String> = sink.pairs("topic_settings");
    let partitions = i32::try_from(sink.number("partitions"))?;
    let replication = i32::try_from(sink.number("replication"))?;
    Ok((partitions > 0).then_some(NewTopics { partitions, replication, settings }))
}
