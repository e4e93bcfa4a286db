//! Changes a body so that it is no repeat, and nothing that is stored changes.
//!
//! An empty resource with a schema URL of its own is added: it holds no record.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::bodies::{Body, Encoding};
use seam_schema::otlp::Signal;

/// The body of one round; every round's is another.
pub(crate) fn changed(body: &Body, bytes: Vec<u8>, round: u64) -> anyhow::Result<Vec<u8>> {
    let nonce = format!("urn:seam:send:{:x}:{round}", process_nonce());
    match body.encoding {
        Encoding::Protobuf => Ok(protobuf(bytes, &nonce)),
        Encoding::Json => json_body(body, &bytes, &nonce),
    }
}

/// The same for one run, another for the next.
fn process_nonce() -> u64 {
    static NONCE: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *NONCE.get_or_init(|| getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id())))
}

/// Field 1 of every request is its list of resources; field 3 of each is the schema URL.
fn protobuf(mut bytes: Vec<u8>, nonce: &str) -> Vec<u8> {
    let len = u8::try_from(nonce.len()).unwrap_or(u8::MAX);
    bytes.extend_from_slice(&[0x0a, len + 2, 0x1a, len]);
    bytes.extend_from_slice(nonce.as_bytes());
    bytes
}

fn json_body(body: &Body, bytes: &[u8], nonce: &str) -> anyhow::Result<Vec<u8>> {
    let name = match body.signal {
        Signal::Logs => "resourceLogs",
        Signal::Traces => "resourceSpans",
        Signal::Metrics => "resourceMetrics",
    };
    let mut value: Value = serde_json::from_slice(bytes)
        .with_context(|| format!("cannot change {}: it is not json", body.path.display()))?;
    let Some(object) = value.as_object_mut() else {
        bail!("cannot change {}: it is no json object", body.path.display());
    };
    let resources = object.entry(name).or_insert_with(|| json!([]));
    let Some(list) = resources.as_array_mut() else {
        bail!("cannot change {}: `{name}` is no list", body.path.display());
    };
    list.push(json!({ "schemaUrl": nonce }));
    Ok(serde_json::to_vec(&value)?)
}
