//! Any document: written and taken back it is the same, and what is not ours keeps its value.

use proptest::prelude::*;
use serde_json::{Map, Value as Json};

use super::{Home, full, plain};
use crate::connect::Agent;

/// Keys that are ours, keys above ours, and others.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("otel".to_owned()),
        Just("env".to_owned()),
        Just("telemetry".to_owned()),
        Just("enabled".to_owned()),
        Just("log_user_prompt".to_owned()),
        Just("OTEL_RESOURCE_ATTRIBUTES".to_owned()),
        "[a-zA-Z_][a-zA-Z0-9_ .\"é-]{0,8}",
    ]
}

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        "[ -~é\n\t]{0,12}".prop_map(Json::from),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map(key(), inner, 0..4)
                .prop_map(|map| Json::Object(Map::from_iter(map))),
        ]
    });
    prop::collection::btree_map(key(), value, 0..5)
        .prop_map(|map| Json::Object(Map::from_iter(map)))
}

/// The rest of a document, without anything below the keys that we write to.
fn others(mut document: Json) -> Json {
    if let Some(map) = document.as_object_mut() {
        for ours in ["otel", "env", "telemetry", "otelHeadersHelper"] {
            map.remove(ours);
        }
    }
    document
}

fn round_trip(
    agent: Agent,
    path: &str,
    text: &str,
    parse: fn(&str) -> Json,
) -> Result<(), TestCaseError> {
    for request in [plain(agent), full(agent)] {
        let home = Home::new();
        home.put(path, text);
        let before = home.everything();
        if home.force(&request).is_err() {
            // A key on our way is no table: refused, and nothing is touched.
            prop_assert_eq!(&home.everything(), &before);
            continue;
        }
        let written = home.text(path);
        prop_assert_eq!(others(parse(&written)), others(parse(text)));
        home.force(&request).unwrap();
        prop_assert_eq!(&home.text(path), &written);
        home.undo(agent).unwrap();
        prop_assert_eq!(&home.everything(), &before);
        // The same by way of the keys, as after somebody's edit: the values are the same again.
        home.force(&request).unwrap();
        let comment = if agent == Agent::Codex { "# edited" } else { "// edited" };
        let end = if home.text(path).contains('\r') { "\r\n" } else { "\n" };
        home.put(path, &format!("{comment}{end}{}", home.text(path)));
        home.undo(agent).unwrap();
        prop_assert_eq!(parse(&home.text(path)), parse(text));
    }
    Ok(())
}

fn json(text: &str) -> Json {
    let options = jsonc_parser::ParseOptions::default();
    let root = jsonc_parser::cst::CstRootNode::parse(text, &options).unwrap();
    root.to_serde_value().unwrap()
}

fn toml(text: &str) -> Json {
    ::toml::from_str(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_comes_back(document in document(), pretty: bool) {
        let text = if pretty {
            serde_json::to_string_pretty(&document).unwrap()
        } else {
            document.to_string()
        };
        for (agent, path) in [
            (Agent::ClaudeCode, ".claude/settings.json"),
            (Agent::Gemini, ".gemini/settings.json"),
            (Agent::Qwen, ".qwen/settings.json"),
        ] {
            round_trip(agent, path, &text, json)?;
        }
    }

    #[test]
    fn any_toml_comes_back(document in document(), windows: bool) {
        let text = ::toml::to_string(&document).unwrap();
        let text = if windows { text.replace('\n', "\r\n") } else { text };
        round_trip(Agent::Codex, ".codex/config.toml", &text, toml)?;
    }
}
