//! Qwen Code: `telemetry` and `env` of `settings.json`; nothing is left to the environment.
//!
//! Source: the settings schema and `resolveTelemetrySettings` of 0.24.4. Its settings have
//! resource attributes of their own, and `env` sets what the exporters read.

use crate::connect::document::Format;
use crate::connect::error::ConnectError;
use crate::connect::managed::Managed;
use crate::connect::plan::{Content, FilePlan, Plan};
use crate::connect::request::{Places, Request};
use crate::connect::setting::{Setting, Value};

pub(super) fn plan(request: &Request, places: &Places) -> Result<Plan, ConnectError> {
    let settings = FilePlan {
        path: places.qwen.join("settings.json"),
        content: Content::Settings(Format::Json, settings(request)?),
        secret: request.token.is_some(),
        about: Vec::new(),
    };
    Ok(Plan {
        files: vec![settings],
        notes: vec![
            "Variables of the environment and of Qwen's own .env files win over `env` in its settings.".to_owned(),
            "Qwen Code adds its `$version` to a settings file without one; --undo leaves that.".to_owned(),
            "Qwen Code sends the arguments of its tools whatever --prompts says.".to_owned(),
        ],
    })
}

fn settings(request: &Request) -> Result<Vec<Setting>, ConnectError> {
    let key = |name| ["telemetry", name];
    let mut settings = vec![
        Setting::is(&key("enabled"), Value::Switch(true)),
        Setting::points(&key("target"), Value::text("local")),
        Setting::points(&key("otlpEndpoint"), Value::text(&request.endpoints.grpc)),
        Setting::points(&key("otlpProtocol"), Value::text("grpc")),
        Setting::is(&key("logPrompts"), Value::Switch(request.prompts)),
        Setting::is(&key("includeSensitiveSpanAttributes"), Value::Switch(request.prompts)),
    ];
    for (name, value) in request.attributes() {
        // Qwen puts a variable's value where a text of its settings has a `$`.
        if value.contains('$') {
            return Err(ConnectError::Option(format!(
                "{name} cannot hold a `$` in Qwen's settings: give another with --user or --host"
            )));
        }
        settings.push(Setting::is(&["telemetry", "resourceAttributes", name], Value::Text(value)));
    }
    // A file, or one signal's own address, would win.
    let astray = ["outfile", "otlpLogsEndpoint", "otlpMetricsEndpoint", "otlpTracesEndpoint"];
    settings.extend(astray.map(|name| Setting::absent(&key(name))));
    // OTEL_EXPORTER_OTLP_ENDPOINT, set for another program, would win over `otlpEndpoint`.
    let endpoint = Value::text(&request.endpoints.grpc);
    settings.push(Setting::points(&["env", "QWEN_TELEMETRY_OTLP_ENDPOINT"], endpoint));
    let headers = request.headers().map(Value::Text);
    settings
        .extend(headers.map(|list| Setting::points(&["env", "OTEL_EXPORTER_OTLP_HEADERS"], list)));
    let certificates = request.certificates().into_iter();
    settings
        .extend(certificates.map(|(name, path)| Setting::is(&["env", name], Value::Text(path))));
    Ok(settings)
}

/// System settings win over a user's.
pub(super) fn managed(request: &Request) -> Result<Managed, ConnectError> {
    Ok(Managed {
        format: Format::Json,
        settings: settings(request)?,
        places: vec![
            "Linux: /etc/qwen-code/settings.json".to_owned(),
            "macOS: /Library/Application Support/QwenCode/settings.json".to_owned(),
            "Windows: C:\\ProgramData\\qwen-code\\settings.json".to_owned(),
        ],
        notes: vec![
            "Say who and where for each machine with OTEL_RESOURCE_ATTRIBUTES in its environment, \
             or with --user and --host here."
                .to_owned(),
        ],
    })
}
