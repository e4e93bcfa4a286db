//! What is refused, and that a refusal changes nothing.

use super::{AGENTS, Home, plain, put, settings_of};
use crate::connect::{Agent, ConnectError, write};

/// A file that sends the telemetry elsewhere, and the keys that say so.
fn elsewhere(agent: Agent) -> Option<(&'static str, &'static [&'static str])> {
    match agent {
        Agent::Codex => Some((
            "[otel]\nlog_user_prompt = true\n[otel.exporter.otlp-http]\nendpoint = \"https://other.example/v1/logs\"\nprotocol = \"json\"\n",
            &["otel.exporter"],
        )),
        Agent::ClaudeCode => Some((
            "{\"otelHeadersHelper\": \"/opt/x\", \"env\": {\"OTEL_EXPORTER_OTLP_ENDPOINT\": \"https://other.example\", \"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT\": \"https://logs.example\"}}",
            &["env.OTEL_EXPORTER_OTLP_ENDPOINT", "env.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"],
        )),
        Agent::Gemini => Some((
            "{\"telemetry\": {\"target\": \"gcp\", \"outfile\": \"/tmp/x\"}}",
            &["telemetry.target", "telemetry.outfile"],
        )),
        Agent::Qwen => Some((
            "{\"telemetry\": {\"otlpEndpoint\": \"https://other.example\"}}",
            &["telemetry.otlpEndpoint"],
        )),
        Agent::Copilot | Agent::Otel => None,
    }
}

#[test]
fn a_setting_that_points_elsewhere_is_refused_unless_forced() {
    for agent in AGENTS {
        let (Some((path, _)), Some((text, expected))) = (settings_of(agent), elsewhere(agent))
        else {
            continue;
        };
        let home = Home::new();
        home.put(path, text);
        let before = home.everything();
        let error = home.write(&plain(agent)).unwrap_err();
        let ConnectError::Conflict { keys, .. } = &error else { panic!("{agent:?}: {error}") };
        assert_eq!(keys, expected, "{agent:?}");
        assert!(error.to_string().contains("--force"));
        assert!(!error.to_string().contains("example"), "a value in {error}");
        assert_eq!(home.everything(), before, "{agent:?}");
        home.force(&plain(agent)).unwrap();
        assert!(!home.text(path).contains("example"), "{agent:?}: {}", home.text(path));
        home.undo(agent).unwrap();
        assert_eq!(home.everything(), before, "{agent:?}");
    }
}

#[test]
fn a_file_that_cannot_be_parsed_is_left_as_it_is() {
    let broken = [
        (Agent::Codex, "[otel\nsecret = \"hunter2\"\n"),
        (Agent::Codex, "secret = \"hunter2\nx = 1\n"),
        (Agent::Codex, "otel = 3 # hunter2\n"),
        (Agent::Codex, "a = 1\r\nb = 2\n# hunter2"),
        (Agent::ClaudeCode, "{\"env\": {\"hunter2\": }"),
        (Agent::ClaudeCode, "[\"hunter2\"]"),
        (Agent::ClaudeCode, "{\"env\": \"hunter2\"}"),
        (Agent::Gemini, "{\"telemetry\": {\"hunter2\": 1,}}"),
        (Agent::Gemini, "{\"telemetry\": {}, \"telemetry\": {\"hunter2\": 1}}"),
        (Agent::Qwen, "{'env': 'hunter2'}"),
        (Agent::Qwen, "hunter2"),
    ];
    for (agent, text) in broken {
        let home = Home::new();
        let (path, _) = settings_of(agent).unwrap();
        home.put(path, text);
        let before = home.everything();
        for force in [false, true] {
            let error = write(&plain(agent), &home.places, force).unwrap_err();
            assert!(matches!(error, ConnectError::Parse { .. }), "{text:?}: {error}");
            assert!(error.to_string().contains("left as it is"), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert_eq!(home.everything(), before, "{text:?}");
    }
}

#[test]
fn a_file_that_is_no_text_is_left_as_it_is() {
    let home = Home::new();
    home.put(".codex/config.toml", "");
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    std::fs::write(home.path(".codex/config.toml"), b"a = \"\xff\"").unwrap();
    assert!(matches!(home.write(&plain(Agent::Codex)), Err(ConnectError::Read { .. })));
}

#[test]
fn a_link_stays_a_link_and_may_not_leave_home() {
    let home = Home::new();
    home.put("dotfiles/codex.toml", "model = \"x\"\n");
    home.put(".codex/keep", "");
    let link = home.path(".codex/config.toml");
    std::os::unix::fs::symlink(home.path("dotfiles/codex.toml"), &link).unwrap();
    home.write(&plain(Agent::Codex)).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(home.text("dotfiles/codex.toml").contains("[otel]"));
    home.undo(Agent::Codex).unwrap();
    assert_eq!(home.text("dotfiles/codex.toml"), "model = \"x\"\n");

    let other = tempfile::tempdir().unwrap();
    put(&other.path().join("shared.json"), "{}", 0o644);
    home.put(".claude/keep", "");
    std::os::unix::fs::symlink(
        other.path().join("shared.json"),
        home.path(".claude/settings.json"),
    )
    .unwrap();
    let error = home.write(&plain(Agent::ClaudeCode)).unwrap_err();
    assert!(matches!(error, ConnectError::Link { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(other.path().join("shared.json")).unwrap(), "{}");
}

#[test]
fn a_file_that_changes_before_the_answer_is_not_overwritten() {
    let home = Home::new();
    home.put(".codex/config.toml", "a = 1\n");
    let changes = write(&plain(Agent::Codex), &home.places, false).unwrap();
    home.put(".codex/config.toml", "a = 2\n");
    assert!(matches!(changes.make(), Err(ConnectError::Meanwhile(_))));
    assert_eq!(home.text(".codex/config.toml"), "a = 2\n");
    assert!(!home.places.record(Agent::Codex).exists());
}

#[test]
fn a_program_of_somebody_else_is_not_overwritten() {
    let home = Home::new();
    let path = ".config/seam/connect/claude-code-headers.sh";
    home.put(path, "#!/bin/sh\necho mine\n");
    assert!(matches!(
        home.write(&super::full(Agent::ClaudeCode)),
        Err(ConnectError::Conflict { .. })
    ));
    assert_eq!(home.text(path), "#!/bin/sh\necho mine\n");
}

#[test]
fn a_broken_record_is_said() {
    let home = Home::new();
    home.put(".config/seam/connect/codex.json", "{");
    assert!(matches!(home.undo(Agent::Codex), Err(ConnectError::Record { .. })));
    assert!(matches!(home.write(&plain(Agent::Codex)), Err(ConnectError::Record { .. })));
}
