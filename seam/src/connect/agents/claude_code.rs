//! Claude Code: the `env` block of `settings.json`, and a helper script for the token.
//!
//! Source: Claude Code's pages "Monitoring" and "Settings"; names and defaults as in 2.1.329.

use std::path::Path;

use crate::connect::document::Format;
use crate::connect::managed::Managed;
use crate::connect::plan::{Content, FilePlan, Plan, spelled};
use crate::connect::request::{Places, Request};
use crate::connect::setting::{Setting, Value};
use crate::connect::shell;

/// Where administrators are told to put the helper.
const MANAGED_HELPER: &str = "/usr/local/bin/seam-claude-code-headers";

pub(super) fn plan(request: &Request, places: &Places) -> Plan {
    let helper = places.ours.join("claude-code-headers.sh");
    let mut settings = settings(request);
    let mut files = Vec::new();
    if let Some((_, token_file)) = &request.token {
        settings.push(helper_setting(&helper));
        files.push(FilePlan {
            path: helper,
            content: Content::Program(helper_script(token_file)),
            secret: true,
            about: vec![
                "Claude Code runs it for the header with the token, now and then anew.".to_owned(),
            ],
        });
    }
    files.insert(
        0,
        FilePlan {
            path: places.claude_code.join("settings.json"),
            content: Content::Settings(Format::Json, settings),
            secret: false,
            about: Vec::new(),
        },
    );
    Plan {
        files,
        notes: vec![
            "Claude Code's traces are a beta: CLAUDE_CODE_ENHANCED_TELEMETRY_BETA turns them on."
                .to_owned(),
        ],
    }
}

fn settings(request: &Request) -> Vec<Setting> {
    let is = |name, value: &str| Setting::is(&["env", name], Value::text(value));
    let points = |name, value: &str| Setting::points(&["env", name], Value::text(value));
    let content = if request.prompts { "1" } else { "0" };
    let mut settings = vec![
        is("CLAUDE_CODE_ENABLE_TELEMETRY", "1"),
        is("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1"),
        points("OTEL_LOGS_EXPORTER", "otlp"),
        points("OTEL_METRICS_EXPORTER", "otlp"),
        points("OTEL_TRACES_EXPORTER", "otlp"),
        // Over HTTP the helper's headers are taken anew; over gRPC only at the start.
        points("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        points("OTEL_EXPORTER_OTLP_ENDPOINT", &request.endpoints.http),
        // What people and models wrote, and what tools brought.
        is("OTEL_LOG_USER_PROMPTS", content),
        is("OTEL_LOG_ASSISTANT_RESPONSES", content),
        is("OTEL_LOG_TOOL_CONTENT", content),
        // Which command, file, server: without it no call says what it did.
        is("OTEL_LOG_TOOL_DETAILS", "1"),
        is("OTEL_LOG_MANAGED_SETTINGS", "1"),
        is("OTEL_METRICS_INCLUDE_VERSION", spelled(true)),
        is("OTEL_METRICS_INCLUDE_ENTRYPOINT", spelled(true)),
        is("OTEL_METRICS_INCLUDE_REPOSITORY", spelled(true)),
    ];
    let attributes = request.attributes();
    if !attributes.is_empty() {
        settings.push(Setting::attributes(&["env", "OTEL_RESOURCE_ATTRIBUTES"], attributes));
    }
    if let Some(ca) = &request.ca {
        settings.push(is("NODE_EXTRA_CA_CERTS", &ca.display().to_string()));
    }
    if let Some(client) = &request.client {
        settings.push(is("CLAUDE_CODE_CLIENT_CERT", &client.certificate.display().to_string()));
        settings.push(is("CLAUDE_CODE_CLIENT_KEY", &client.key.display().to_string()));
    }
    // One signal's own address or protocol would win over the common one.
    let astray = [
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    ];
    settings.extend(astray.map(|name| Setting::absent(&["env", name])));
    settings
}

fn helper_setting(helper: &Path) -> Setting {
    // Claude Code gives the text to a shell.
    let command = shell::quoted(&helper.display().to_string());
    Setting::points(&["otelHeadersHelper"], Value::Text(command))
}

/// Reads the token anew each time, so that a rotated one is used without a restart.
fn helper_script(token_file: &Path) -> String {
    let file = shell::quoted(&token_file.display().to_string());
    format!(
        "#!/bin/sh\n\
         # Made by `seam connect claude-code`: prints the headers for Claude Code's telemetry.\n\
         token=$(tr -d '[:space:]' < {file}) || exit 1\n\
         [ -n \"$token\" ] || exit 1\n\
         printf '{{\"authorization\":\"Bearer %s\"}}\\n' \"$token\"\n"
    )
}

/// Managed settings win over a user's, and lock where the telemetry goes.
pub(super) fn managed(request: &Request) -> Managed {
    let mut settings = settings(request);
    let mut notes = vec![
        "Say who and where for each machine with env.OTEL_RESOURCE_ATTRIBUTES (--user, --host), \
         or in the machine's environment."
            .to_owned(),
    ];
    if let Some((_, token_file)) = &request.token {
        settings.push(helper_setting(Path::new(MANAGED_HELPER)));
        notes.push(format!("Install this as {MANAGED_HELPER}, readable and executable for users:"));
        notes.extend(helper_script(token_file).lines().map(|line| format!("  {line}")));
    }
    Managed {
        format: Format::Json,
        settings,
        places: vec![
            "Linux and WSL: /etc/claude-code/managed-settings.json".to_owned(),
            "macOS: /Library/Application Support/ClaudeCode/managed-settings.json".to_owned(),
            "Windows: C:\\Program Files\\ClaudeCode\\managed-settings.json".to_owned(),
        ],
        notes,
    }
}
