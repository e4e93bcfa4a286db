//! What administrators are given, to the letter.

use super::{full, plain};
use crate::connect::{Agent, ConnectError, managed};

#[test]
fn codex() {
    let (document, explanation) = managed(&plain(Agent::Codex)).unwrap();
    let expected = r#"[otel]
log_user_prompt = false
log_agent_responses = false
log_guardian_assessments = true
exporter = { otlp-http = { endpoint = "http://127.0.0.1:4318/v1/logs", protocol = "binary" } }
trace_exporter = { otlp-http = { endpoint = "http://127.0.0.1:4318/v1/traces", protocol = "binary" } }
metrics_exporter = { otlp-http = { endpoint = "http://127.0.0.1:4318/v1/metrics", protocol = "binary" } }
"#;
    assert_eq!(document, expected);
    assert!(explanation.contains("/etc/"), "{explanation}");
}

#[test]
fn claude_code() {
    let (document, explanation) = managed(&plain(Agent::ClaudeCode)).unwrap();
    let expected = r#"{
  "env": {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
    "OTEL_LOG_USER_PROMPTS": "0",
    "OTEL_LOG_ASSISTANT_RESPONSES": "0",
    "OTEL_LOG_TOOL_CONTENT": "0",
    "OTEL_LOG_TOOL_DETAILS": "1",
    "OTEL_LOG_MANAGED_SETTINGS": "1",
    "OTEL_METRICS_INCLUDE_VERSION": "true",
    "OTEL_METRICS_INCLUDE_ENTRYPOINT": "true",
    "OTEL_METRICS_INCLUDE_REPOSITORY": "true",
    "OTEL_RESOURCE_ATTRIBUTES": "host.name=laptop-7,enduser.id=ada"
  }
}
"#;
    assert_eq!(document, expected);
    assert!(explanation.contains("/etc/"), "{explanation}");
}

#[test]
fn gemini() {
    let (document, explanation) = managed(&plain(Agent::Gemini)).unwrap();
    let expected = r#"{
  "telemetry": {
    "enabled": true,
    "traces": true,
    "target": "local",
    "otlpEndpoint": "http://127.0.0.1:4317",
    "otlpProtocol": "grpc",
    "logPrompts": false
  }
}
"#;
    assert_eq!(document, expected);
    assert!(explanation.contains("/etc/"), "{explanation}");
}

#[test]
fn qwen() {
    let (document, explanation) = managed(&plain(Agent::Qwen)).unwrap();
    let expected = r#"{
  "telemetry": {
    "enabled": true,
    "target": "local",
    "otlpEndpoint": "http://127.0.0.1:4317",
    "otlpProtocol": "grpc",
    "logPrompts": false,
    "includeSensitiveSpanAttributes": false,
    "resourceAttributes": {
      "host.name": "laptop-7",
      "enduser.id": "ada"
    }
  },
  "env": {
    "QWEN_TELEMETRY_OTLP_ENDPOINT": "http://127.0.0.1:4317"
  }
}
"#;
    assert_eq!(document, expected);
    assert!(explanation.contains("/etc/"), "{explanation}");
}

#[test]
fn a_token_is_hidden_and_that_is_said() {
    for agent in [Agent::Codex, Agent::ClaudeCode, Agent::Gemini, Agent::Qwen] {
        let (document, explanation) = managed(&full(agent)).unwrap();
        assert!(!document.contains(super::TOKEN), "{document}");
        assert!(!explanation.contains(super::TOKEN), "{explanation}");
        let said = explanation.contains("The token is not shown");
        assert_eq!(said, matches!(agent, Agent::Codex | Agent::Qwen), "{agent:?}");
    }
}

#[test]
fn the_helper_is_part_of_what_is_rolled_out() {
    let (document, explanation) = managed(&full(Agent::ClaudeCode)).unwrap();
    assert!(
        document.contains("\"otelHeadersHelper\": \"/usr/local/bin/seam-claude-code-headers\"")
    );
    assert!(explanation.contains("Install this as /usr/local/bin/seam-claude-code-headers"));
}

#[test]
fn agents_without_a_managed_form_say_what_to_do() {
    for agent in [Agent::Copilot, Agent::Otel] {
        let error = managed(&plain(agent)).unwrap_err();
        assert!(matches!(error, ConnectError::Option(_)));
        assert!(error.to_string().contains("roll out"), "{error}");
    }
}

#[test]
fn qwen_cannot_hold_a_dollar() {
    let request = crate::connect::Request { user: Some("a$HOME".to_owned()), ..plain(Agent::Qwen) };
    assert!(matches!(managed(&request), Err(ConnectError::Option(_))));
}
