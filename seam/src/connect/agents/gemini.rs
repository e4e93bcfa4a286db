//! Gemini CLI: `telemetry` of `settings.json`, and an environment file for the rest.
//!
//! Source: Gemini CLI's page "Observability" and its settings schema, 0.61. The schema allows no
//! other keys, so resource attributes, headers and certificates are left to the environment.

use crate::connect::attributes;
use crate::connect::document::Format;
use crate::connect::managed::Managed;
use crate::connect::plan::{Content, FilePlan, Plan, Variable};
use crate::connect::request::{Places, Request};
use crate::connect::setting::{Setting, Value};

pub(super) fn plan(request: &Request, places: &Places) -> Plan {
    let settings = FilePlan {
        path: places.gemini.join("settings.json"),
        content: Content::Settings(Format::Json, settings(request)),
        secret: false,
        about: Vec::new(),
    };
    let path = places.env_file(request.agent);
    let variables = variables(request);
    let environment = FilePlan::environment(path, variables, request.token.is_some(), "Gemini CLI");
    Plan {
        files: vec![settings, environment],
        notes: vec![
            "Gemini CLI names the host itself; the host.name given here does not change that.".to_owned(),
            "Gemini CLI also reads .gemini/.env of a trusted folder or of your home; nothing is written there.".to_owned(),
            "The words after `-p` are part of the command line, which Gemini CLI sends whatever --prompts says; \
             Seam redacts it."
                .to_owned(),
        ],
    }
}

fn settings(request: &Request) -> Vec<Setting> {
    let key = |name| ["telemetry", name];
    vec![
        Setting::is(&key("enabled"), Value::Switch(true)),
        // Without it a span does not say which tool, which call.
        Setting::is(&key("traces"), Value::Switch(true)),
        Setting::points(&key("target"), Value::text("local")),
        // gRPC is compressed protobuf; Gemini's HTTP is plain JSON.
        Setting::points(&key("otlpEndpoint"), Value::text(&request.endpoints.grpc)),
        Setting::points(&key("otlpProtocol"), Value::text("grpc")),
        Setting::is(&key("logPrompts"), Value::Switch(request.prompts)),
        // A file would be written instead.
        Setting::absent(&key("outfile")),
    ]
}

fn variables(request: &Request) -> Vec<Variable> {
    // OTEL_EXPORTER_OTLP_ENDPOINT, set for another program, would win over the settings file.
    let mut variables =
        vec![Variable::points("GEMINI_TELEMETRY_OTLP_ENDPOINT", &request.endpoints.grpc)];
    let attributes = attributes::merged("", &request.attributes());
    if !attributes.is_empty() {
        variables.push(Variable::is("OTEL_RESOURCE_ATTRIBUTES", attributes));
    }
    variables
        .extend(request.headers().map(|list| Variable::points("OTEL_EXPORTER_OTLP_HEADERS", list)));
    variables
        .extend(request.certificates().into_iter().map(|(name, path)| Variable::is(name, path)));
    variables
}

/// System settings win over a user's.
pub(super) fn managed(request: &Request) -> Managed {
    Managed {
        format: Format::Json,
        settings: settings(request),
        places: vec![
            "Linux: /etc/gemini-cli/settings.json (owned by root, writable by nobody else)".to_owned(),
            "macOS: /Library/Application Support/GeminiCli/settings.json".to_owned(),
            "Windows: C:\\ProgramData\\gemini-cli\\settings.json".to_owned(),
        ],
        notes: vec![
            "Set OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS in each machine's environment; \
             settings cannot. `seam connect gemini` prints them."
                .to_owned(),
        ],
    }
}
