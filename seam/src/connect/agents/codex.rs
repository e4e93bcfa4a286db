//! `OpenAI` Codex: `[otel]` of `config.toml`, and an environment file for the resource.
//!
//! Source: `codex-rs/config/src/types.rs`; tried on 0.169 with `--strict-config`, the managed
//! form as `requirements.toml`.

use crate::connect::attributes;
use crate::connect::document::Format;
use crate::connect::managed::Managed;
use crate::connect::plan::{Content, FilePlan, Plan, Variable};
use crate::connect::request::{Places, Request};
use crate::connect::setting::{Setting, Value};

pub(super) fn plan(request: &Request, places: &Places) -> Plan {
    let config = FilePlan {
        path: places.codex.join("config.toml"),
        content: Content::Settings(Format::Toml, settings(request)),
        secret: request.token.is_some(),
        about: Vec::new(),
    };
    let mut files = vec![config];
    let attributes = attributes::barely_encoded(&request.attributes());
    if !attributes.is_empty() {
        let variables = vec![Variable::is("OTEL_RESOURCE_ATTRIBUTES", attributes)];
        let path = places.env_file(request.agent);
        files.push(FilePlan::environment(path, variables, false, "Codex"));
    }
    let notes = vec![
        "Codex takes its resource attributes from the environment only; its logs name the host themselves.".to_owned(),
        "Codex also reads .env in its folder; nothing is written there.".to_owned(),
        "Codex sends the arguments and the output of every tool, whatever --prompts says."
            .to_owned(),
    ];
    Plan { files, notes }
}

/// All three signals over HTTP with protobuf: what proxies let through. Codex uses the URL as it
/// is, so each names its path.
fn settings(request: &Request) -> Vec<Setting> {
    let exporter = |signal: &str| Value::table([("otlp-http", target(request, signal))]);
    vec![
        // What people and models wrote.
        Setting::is(&["otel", "log_user_prompt"], Value::Switch(request.prompts)),
        Setting::is(&["otel", "log_agent_responses"], Value::Switch(request.prompts)),
        // The reviewer's verdicts are decisions: always.
        Setting::is(&["otel", "log_guardian_assessments"], Value::Switch(true)),
        Setting::points(&["otel", "exporter"], exporter("logs")),
        Setting::points(&["otel", "trace_exporter"], exporter("traces")),
        Setting::points(&["otel", "metrics_exporter"], exporter("metrics")),
    ]
}

fn target(request: &Request, signal: &str) -> Value {
    let mut entries = vec![
        ("endpoint".to_owned(), Value::Text(format!("{}/v1/{signal}", request.endpoints.http))),
        ("protocol".to_owned(), Value::text("binary")),
    ];
    if let Some((token, _)) = &request.token {
        let bearer = Value::Text(format!("Bearer {}", token.reveal()));
        entries.push(("headers".to_owned(), Value::table([("authorization", bearer)])));
    }
    let mut tls = Vec::new();
    if let Some(ca) = &request.ca {
        tls.push(("ca-certificate".to_owned(), Value::Text(ca.display().to_string())));
    }
    if let Some(client) = &request.client {
        let certificate = client.certificate.display().to_string();
        tls.push(("client-certificate".to_owned(), Value::Text(certificate)));
        let key = client.key.display().to_string();
        tls.push(("client-private-key".to_owned(), Value::Text(key)));
    }
    if !tls.is_empty() {
        entries.push(("tls".to_owned(), Value::Table(tls)));
    }
    Value::Table(entries)
}

/// Requirements: users cannot override them. They hold the same `[otel]` keys.
pub(super) fn managed(request: &Request) -> Managed {
    Managed {
        format: Format::Toml,
        settings: settings(request),
        places: vec![
            "Linux and macOS: /etc/codex/requirements.toml".to_owned(),
            "macOS by MDM: domain com.openai.codex, key requirements_toml_base64, this text in base64".to_owned(),
            "Windows: the place is not stated here, as it changed with 0.149; see Codex's page on managed configuration".to_owned(),
        ],
        notes: vec![
            "Set OTEL_RESOURCE_ATTRIBUTES (host.name, enduser.id) for each machine in its environment; \
             requirements cannot."
                .to_owned(),
        ],
    }
}
