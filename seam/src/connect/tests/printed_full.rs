//! What is printed with a token, certificates and content, to the letter.

use super::full;
use crate::connect::{Agent, Places, page};

fn printed(agent: Agent) -> String {
    let nowhere = std::path::Path::new("/home/ada");
    let places = Places::new(nowhere, &std::collections::BTreeMap::new());
    page(&full(agent), &places).unwrap()
}

#[test]
fn codex() {
    let expected = r#"# Settings for /home/ada/.codex/config.toml
[otel]
log_user_prompt = true
log_agent_responses = true
log_guardian_assessments = true
exporter = { otlp-http = { endpoint = "https://seam.example.org:4318/v1/logs", protocol = "binary", headers = { authorization = "Bearer …" }, tls = { ca-certificate = "/etc/seam/ca.pem", client-certificate = "/etc/seam/me.pem", client-private-key = "/etc/seam/me.key" } } }
trace_exporter = { otlp-http = { endpoint = "https://seam.example.org:4318/v1/traces", protocol = "binary", headers = { authorization = "Bearer …" }, tls = { ca-certificate = "/etc/seam/ca.pem", client-certificate = "/etc/seam/me.pem", client-private-key = "/etc/seam/me.key" } } }
metrics_exporter = { otlp-http = { endpoint = "https://seam.example.org:4318/v1/metrics", protocol = "binary", headers = { authorization = "Bearer …" }, tls = { ca-certificate = "/etc/seam/ca.pem", client-certificate = "/etc/seam/me.pem", client-private-key = "/etc/seam/me.key" } } }

# Variables for /home/ada/.config/seam/connect/codex.env
# Load it before Codex starts, here or in your shell's profile:
#   set -a; . /home/ada/.config/seam/connect/codex.env; set +a
OTEL_RESOURCE_ATTRIBUTES='host.name=laptop-7,enduser.id=Zoë Ü%2C %3D1'

# The token is not shown; --write puts it where it belongs.
# Codex takes its resource attributes from the environment only; its logs name the host themselves.
# Codex also reads .env in its folder; nothing is written there.
# Codex sends the arguments and the output of every tool, whatever --prompts says.
# `seam connect codex --write` merges this into what is there, and `--undo` takes it out.
"#;
    assert_eq!(printed(Agent::Codex), expected);
}

#[test]
fn claude_code() {
    let expected = r#"// Settings for /home/ada/.claude/settings.json
{
  "env": {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://seam.example.org:4318",
    "OTEL_LOG_USER_PROMPTS": "1",
    "OTEL_LOG_ASSISTANT_RESPONSES": "1",
    "OTEL_LOG_TOOL_CONTENT": "1",
    "OTEL_LOG_TOOL_DETAILS": "1",
    "OTEL_LOG_MANAGED_SETTINGS": "1",
    "OTEL_METRICS_INCLUDE_VERSION": "true",
    "OTEL_METRICS_INCLUDE_ENTRYPOINT": "true",
    "OTEL_METRICS_INCLUDE_REPOSITORY": "true",
    "OTEL_RESOURCE_ATTRIBUTES": "host.name=laptop-7,enduser.id=Zo%C3%AB%20%C3%9C%2C%20%3D1",
    "NODE_EXTRA_CA_CERTS": "/etc/seam/ca.pem",
    "CLAUDE_CODE_CLIENT_CERT": "/etc/seam/me.pem",
    "CLAUDE_CODE_CLIENT_KEY": "/etc/seam/me.key"
  },
  "otelHeadersHelper": "/home/ada/.config/seam/connect/claude-code-headers.sh"
}

# A program, to be executable: /home/ada/.config/seam/connect/claude-code-headers.sh
# Claude Code runs it for the header with the token, now and then anew.
#!/bin/sh
# Made by `seam connect claude-code`: prints the headers for Claude Code's telemetry.
token=$(tr -d '[:space:]' < '/etc/seam it'\''s/token') || exit 1
[ -n "$token" ] || exit 1
printf '{"authorization":"Bearer %s"}\n' "$token"

# The token is not shown; --write puts it where it belongs.
# Claude Code's traces are a beta: CLAUDE_CODE_ENHANCED_TELEMETRY_BETA turns them on.
# `seam connect claude-code --write` merges this into what is there, and `--undo` takes it out.
"#;
    assert_eq!(printed(Agent::ClaudeCode), expected);
}

#[test]
fn gemini() {
    let expected = r#"// Settings for /home/ada/.gemini/settings.json
{
  "telemetry": {
    "enabled": true,
    "traces": true,
    "target": "local",
    "otlpEndpoint": "https://seam.example.org:4317",
    "otlpProtocol": "grpc",
    "logPrompts": true
  }
}

# Variables for /home/ada/.config/seam/connect/gemini.env
# Load it before Gemini CLI starts, here or in your shell's profile:
#   set -a; . /home/ada/.config/seam/connect/gemini.env; set +a
GEMINI_TELEMETRY_OTLP_ENDPOINT=https://seam.example.org:4317
OTEL_RESOURCE_ATTRIBUTES=host.name=laptop-7,enduser.id=Zo%C3%AB%20%C3%9C%2C%20%3D1
OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20…
OTEL_EXPORTER_OTLP_CERTIFICATE=/etc/seam/ca.pem
OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/etc/seam/me.pem
OTEL_EXPORTER_OTLP_CLIENT_KEY=/etc/seam/me.key

# The token is not shown; --write puts it where it belongs.
# Gemini CLI names the host itself; the host.name given here does not change that.
# Gemini CLI also reads .gemini/.env of a trusted folder or of your home; nothing is written there.
# The words after `-p` are part of the command line, which Gemini CLI sends whatever --prompts says; Seam redacts it.
# `seam connect gemini --write` merges this into what is there, and `--undo` takes it out.
"#;
    assert_eq!(printed(Agent::Gemini), expected);
}

#[test]
fn qwen() {
    let expected = r#"// Settings for /home/ada/.qwen/settings.json
{
  "telemetry": {
    "enabled": true,
    "target": "local",
    "otlpEndpoint": "https://seam.example.org:4317",
    "otlpProtocol": "grpc",
    "logPrompts": true,
    "includeSensitiveSpanAttributes": true,
    "resourceAttributes": {
      "host.name": "laptop-7",
      "enduser.id": "Zoë Ü, =1"
    }
  },
  "env": {
    "QWEN_TELEMETRY_OTLP_ENDPOINT": "https://seam.example.org:4317",
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20…",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "/etc/seam/ca.pem",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/etc/seam/me.pem",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/etc/seam/me.key"
  }
}

# The token is not shown; --write puts it where it belongs.
# Variables of the environment and of Qwen's own .env files win over `env` in its settings.
# Qwen Code adds its `$version` to a settings file without one; --undo leaves that.
# Qwen Code sends the arguments of its tools whatever --prompts says.
# `seam connect qwen --write` merges this into what is there, and `--undo` takes it out.
"#;
    assert_eq!(printed(Agent::Qwen), expected);
}

#[test]
fn copilot() {
    let expected = "# Variables for /home/ada/.config/seam/connect/copilot.env
# Load it before Copilot CLI starts, here or in your shell's profile:
#   set -a; . /home/ada/.config/seam/connect/copilot.env; set +a
COPILOT_OTEL_ENABLED=true
OTEL_EXPORTER_OTLP_ENDPOINT=https://seam.example.org:4318
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_RESOURCE_ATTRIBUTES=host.name=laptop-7,enduser.id=Zo%C3%AB%20%C3%9C%2C%20%3D1
OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true
OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20…
OTEL_EXPORTER_OTLP_CERTIFICATE=/etc/seam/ca.pem
OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/etc/seam/me.pem
OTEL_EXPORTER_OTLP_CLIENT_KEY=/etc/seam/me.key

# The token is not shown; --write puts it where it belongs.
# Copilot CLI has no logs: its spans and metrics say all it says. It leaves host.name out.
# Other programs started from the same shell see these variables too.
# `seam connect copilot --write` merges this into what is there, and `--undo` takes it out.
";
    assert_eq!(printed(Agent::Copilot), expected);
}

#[test]
fn otel() {
    let expected = "# Variables for /home/ada/.config/seam/connect/otel.env
# Load it before the agent starts, here or in your shell's profile:
#   set -a; . /home/ada/.config/seam/connect/otel.env; set +a
OTEL_LOGS_EXPORTER=otlp
OTEL_METRICS_EXPORTER=otlp
OTEL_TRACES_EXPORTER=otlp
OTEL_EXPORTER_OTLP_ENDPOINT=https://seam.example.org:4318
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_RESOURCE_ATTRIBUTES=host.name=laptop-7,enduser.id=Zo%C3%AB%20%C3%9C%2C%20%3D1
OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true
OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20…
OTEL_EXPORTER_OTLP_CERTIFICATE=/etc/seam/ca.pem
OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/etc/seam/me.pem
OTEL_EXPORTER_OTLP_CLIENT_KEY=/etc/seam/me.key

# The token is not shown; --write puts it where it belongs.
# Some agents record prompts by default or by a switch of their own: see their pages.
# `seam connect otel --write` merges this into what is there, and `--undo` takes it out.
";
    assert_eq!(printed(Agent::Otel), expected);
}
