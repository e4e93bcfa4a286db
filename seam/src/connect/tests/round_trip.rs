//! Written and taken back: every file as it was, byte for byte.

use super::{AGENTS, Home, full, plain, settings_of};
use crate::connect::{Agent, ConnectError};

/// What may stand in an agent's file before: nothing, blank, comments, other line ends.
fn befores(agent: Agent) -> Vec<(&'static str, String)> {
    let Some((path, usual)) = settings_of(agent) else { return Vec::new() };
    let empty = if agent == Agent::Codex { "# only this" } else { "{ /* only this */ }" };
    [
        String::new(),
        "\n\n".to_owned(),
        empty.to_owned(),
        usual.to_owned(),
        usual.trim_end().to_owned(),
        usual.replace('\n', "\r\n"),
        format!("\u{feff}{usual}"),
    ]
    .map(|text| (path, text))
    .to_vec()
}

#[test]
fn a_home_without_any_file_is_empty_again() {
    for agent in AGENTS {
        for request in [plain(agent), full(agent)] {
            let home = Home::new();
            home.write(&request).unwrap();
            assert!(!home.everything().is_empty(), "{agent:?} wrote nothing");
            assert_eq!(home.undo(agent).unwrap(), Vec::<String>::new());
            assert_eq!(home.everything().len(), 0, "{agent:?}: {:?}", home.everything());
            assert!(matches!(home.undo(agent), Err(ConnectError::NothingToUndo(_))));
        }
    }
}

#[test]
fn files_come_back_byte_for_byte() {
    for agent in AGENTS {
        for (path, text) in befores(agent) {
            for request in [plain(agent), full(agent)] {
                let home = Home::new();
                home.put(path, &text);
                let before = home.everything();
                home.write(&request).unwrap();
                assert_ne!(home.text(path), text, "{agent:?} {text:?}");
                home.undo(agent).unwrap();
                assert_eq!(home.everything(), before, "{agent:?} {text:?}");
            }
        }
    }
}

#[test]
fn what_is_there_stays_while_we_are() {
    for agent in AGENTS {
        let Some((path, usual)) = settings_of(agent) else { continue };
        for text in [usual.to_owned(), usual.replace('\n', "\r\n"), format!("\u{feff}{usual}")] {
            let home = Home::new();
            home.put(path, &text);
            home.write(&plain(agent)).unwrap();
            let now = home.text(path);
            // An object that goes on gets a comma.
            let bare = |line: &str| line.replace(',', "");
            for line in text.lines() {
                let same = now.lines().any(|there| bare(there) == bare(line));
                assert!(same, "{agent:?} lost {line:?} of {now}");
            }
            assert_eq!(now.contains('\u{feff}'), text.contains('\u{feff}'));
            let lines = now.matches('\n').count();
            assert_eq!(now.matches("\r\n").count(), if text.contains('\r') { lines } else { 0 });
        }
    }
}

#[test]
fn an_edit_between_stays() {
    let home = Home::new();
    let (path, usual) = settings_of(Agent::Codex).unwrap();
    home.put(path, usual);
    home.write(&plain(Agent::Codex)).unwrap();
    let edited = home.text(path).replace("the new one", "an old one") + "\n[tui]\nx = 1\n";
    home.put(path, &edited);
    assert_eq!(home.undo(Agent::Codex).unwrap(), Vec::<String>::new());
    let expected = usual.replace("the new one", "an old one") + "\n[tui]\nx = 1\n";
    assert_eq!(home.text(path), expected);
    assert!(!home.path(".config").exists());

    for agent in [Agent::ClaudeCode, Agent::Gemini, Agent::Qwen] {
        let home = Home::new();
        let (path, usual) = settings_of(agent).unwrap();
        home.put(path, usual);
        home.write(&full(agent)).unwrap();
        home.put(path, &home.text(path).replace("dark", "light"));
        assert_eq!(home.undo(agent).unwrap(), Vec::<String>::new(), "{agent:?}");
        assert_eq!(home.text(path), usual.replace("dark", "light"), "{agent:?}");
    }
}

#[test]
fn a_value_that_was_replaced_comes_back_after_an_edit() {
    let home = Home::new();
    let path = ".codex/config.toml";
    home.put(path, "[otel]\nlog_user_prompt = true # I want it\nexporter = \"none\"\n");
    home.write(&plain(Agent::Codex)).unwrap();
    assert!(home.text(path).contains("log_user_prompt = false # I want it"));
    home.put(path, &(home.text(path) + "environment = \"prod\"\n"));
    home.undo(Agent::Codex).unwrap();
    assert_eq!(
        home.text(path),
        "[otel]\nlog_user_prompt = true # I want it\nexporter = \"none\"\nenvironment = \"prod\"\n"
    );
}

#[test]
fn a_key_of_ours_that_somebody_changed_is_left_and_said() {
    let home = Home::new();
    let path = ".qwen/settings.json";
    home.write(&plain(Agent::Qwen)).unwrap();
    home.put(path, &home.text(path).replace("\"logPrompts\": false", "\"logPrompts\": true"));
    let notes = home.undo(Agent::Qwen).unwrap();
    assert_eq!(notes.len(), 1);
    assert!(notes.concat().contains("telemetry.logPrompts was changed since"));
    let left: serde_json::Value = serde_json::from_str(&home.text(path)).unwrap();
    assert_eq!(left, serde_json::json!({ "telemetry": { "logPrompts": true } }));
}

#[test]
fn an_environment_file_of_ours_may_be_edited_too() {
    let home = Home::new();
    let path = ".config/seam/connect/copilot.env";
    home.write(&full(Agent::Copilot)).unwrap();
    home.put(path, &format!("# mine\nMINE=1\n{}", home.text(path)));
    home.undo(Agent::Copilot).unwrap();
    assert_eq!(home.text(path), "# mine\nMINE=1\n");
}

#[test]
fn agents_do_not_disturb_each_other() {
    let home = Home::new();
    for agent in AGENTS {
        home.write(&full(agent)).unwrap();
    }
    for agent in AGENTS {
        home.undo(agent).unwrap();
    }
    // The first run made `.config`, and took it back while others still stood in it.
    let left: Vec<_> = home.everything().into_keys().collect();
    assert_eq!(left, vec![home.path(".config")]);
}
