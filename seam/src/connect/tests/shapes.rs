//! The ways in which TOML can say the same: headers, dotted keys, inline tables.

use super::{Home, plain};
use crate::connect::{Agent, write};

const PATH: &str = ".codex/config.toml";

#[test]
fn our_values_written_as_tables_are_ours_all_the_same() {
    let home = Home::new();
    let tables = "[otel]\nlog_user_prompt = false\nlog_agent_responses = false\nlog_guardian_assessments = true\n\
        [otel.exporter.otlp-http]\nprotocol = \"binary\"\nendpoint = \"http://127.0.0.1:4318/v1/logs\"\n\
        [otel.trace_exporter.otlp-http]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"\nprotocol = 'binary'\n\
        [otel.metrics_exporter]\notlp-http.endpoint = \"http://127.0.0.1:4318/v1/metrics\"\notlp-http.protocol = \"binary\"\n";
    home.put(PATH, tables);
    let changes = write(&plain(Agent::Codex), &home.places, false).unwrap();
    assert!(!changes.diff().contains("config.toml"), "{}", changes.diff());
}

#[test]
fn every_shape_takes_our_keys_and_gives_them_back() {
    let shapes = [
        "otel.environment = \"prod\" # kept\n[tui]\na = 1\n",
        "otel = { environment = \"prod\" } # kept\n[tui]\na = 1\n",
        "[otel] # kept\nenvironment = \"prod\"\n\n[tui]\na = 1\n",
        "[otel.span_attributes] # kept\nteam = \"x\"\n[tui]\na = 1\n",
        "[otel.exporter.otlp-http]\nendpoint = \"https://other.example\"\nprotocol = \"json\"\n\n\
         [otel.exporter.otlp-http.headers]\nx = \"y\" # kept\n[tui]\na = 1\n",
    ];
    for shape in shapes {
        let home = Home::new();
        home.put(PATH, shape);
        let before = home.everything();
        home.force(&plain(Agent::Codex)).unwrap();
        let written: serde_json::Value = ::toml::from_str(&home.text(PATH)).unwrap();
        assert_eq!(written["otel"]["log_guardian_assessments"], true, "{shape}");
        assert_eq!(
            written["otel"]["exporter"]["otlp-http"]["endpoint"],
            "http://127.0.0.1:4318/v1/logs"
        );
        assert_eq!(written["tui"]["a"], 1, "{}", home.text(PATH));
        assert!(write(&plain(Agent::Codex), &home.places, false).unwrap().is_nothing());
        home.undo(Agent::Codex).unwrap();
        assert_eq!(home.everything(), before, "{shape}");
        // And by way of the keys, after an edit.
        home.force(&plain(Agent::Codex)).unwrap();
        home.put(PATH, &format!("{}\n# edited\n", home.text(PATH)));
        home.undo(Agent::Codex).unwrap();
        let after: serde_json::Value = ::toml::from_str(&home.text(PATH)).unwrap();
        let original: serde_json::Value = ::toml::from_str(shape).unwrap();
        assert_eq!(after, original, "{shape}");
    }
}
