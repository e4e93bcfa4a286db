//! A sink of kind `elasticsearch` or `opensearch`.

use seam_exporters::elastic::{Credential, Options, Product};
use seam_schema::project::{Field, Format, ecs_fields};

use super::{of_http, or};
use crate::config::sinks::{SinkConfig, SinkKind};

pub(super) fn options(sink: &SinkConfig) -> anyhow::Result<Options> {
    let product = match sink.kind {
        SinkKind::Opensearch => Product::OpenSearch,
        _ => Product::Elasticsearch,
    };
    let known = Options::new(of_http(sink), product, credential(sink));
    let days = u32::try_from(sink.number("retention_days"))?;
    Ok(Options {
        namespace: sink.text("namespace").to_owned(),
        add_timestamp: sink.format != Format::Ecs,
        fields: fields(sink.format),
        retention_days: (days > 0).then_some(days),
        gzip: sink.flag("gzip"),
        request_bytes: or(sink.size("request_bytes"), known.request_bytes),
        request_records: or(sink.size("request_records"), known.request_records),
        document_bytes: or(sink.size("document_bytes"), known.document_bytes),
        in_flight: sink.size("in_flight"),
        ..known
    })
}

fn credential(sink: &SinkConfig) -> Credential {
    if let Some(key) = sink.secret("api_key") {
        return Credential::ApiKey(key);
    }
    if let Some(token) = sink.secret("bearer") {
        return Credential::Bearer(token);
    }
    match (sink.said("user"), sink.secret("password")) {
        (Some(user), Some(password)) => Credential::Basic { user, password },
        _ => Credential::None,
    }
}

/// What the templates map. Only documents in ECS have the names of its fields.
fn fields(format: Format) -> Vec<Field> {
    if format != Format::Ecs {
        return Vec::new();
    }
    ecs_fields().to_vec()
}
