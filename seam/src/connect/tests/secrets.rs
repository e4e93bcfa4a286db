//! The token: where it stands, and where it must not.

use super::{AGENTS, Home, TOKEN, full, plain, settings_of};
use crate::connect::{Agent, page, undo, write};

#[test]
fn no_page_diff_note_or_debug_holds_the_token() {
    for agent in AGENTS {
        let home = Home::new();
        let request = full(agent);
        assert!(!format!("{request:?}").contains(TOKEN), "{agent:?}");
        assert!(!page(&request, &home.places).unwrap().contains(TOKEN), "{agent:?}");
        let first = write(&request, &home.places, false).unwrap();
        first.make().unwrap();
        let back = undo(agent, &home.places).unwrap();
        let other = write(&plain(agent), &home.places, false).unwrap();
        for changes in [first, back, other] {
            let shown = format!("{} {}", changes.diff(), changes.notes.join(" "));
            assert!(!shown.contains(TOKEN), "{agent:?}: {shown}");
        }
    }
}

#[test]
fn the_token_stands_in_one_place_and_not_in_the_record() {
    for agent in AGENTS {
        let home = Home::new();
        if let Some((path, usual)) = settings_of(agent) {
            home.put(path, usual);
        }
        home.write(&full(agent)).unwrap();
        let holders: Vec<_> = home
            .everything()
            .into_iter()
            .filter(|(_, (text, _))| text.contains(TOKEN))
            .map(|(path, (_, mode))| (path, mode & 0o777))
            .collect();
        let expected = match agent {
            // Its helper reads the token file.
            Agent::ClaudeCode => None,
            Agent::Codex => Some(home.path(".codex/config.toml")),
            Agent::Qwen => Some(home.path(".qwen/settings.json")),
            other => Some(home.places.env_file(other)),
        };
        assert_eq!(holders, expected.map(|path| (path, 0o600)).into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn new_files_are_their_owners_alone_and_others_keep_their_mode() {
    let home = Home::new();
    home.write(&full(Agent::ClaudeCode)).unwrap();
    assert_eq!(home.mode(".claude/settings.json"), 0o600);
    assert_eq!(home.mode(".claude"), 0o700);
    assert_eq!(home.mode(".config/seam/connect/claude-code.json"), 0o600);
    assert_eq!(home.mode(".config/seam/connect/claude-code-headers.sh"), 0o700);
    home.put(".codex/config.toml", "");
    home.write(&plain(Agent::Codex)).unwrap();
    assert_eq!(home.mode(".codex/config.toml"), 0o644);
    assert_eq!(home.mode(".config/seam/connect/codex.env"), 0o600);
}

#[test]
fn a_diff_shows_no_other_secret_of_the_file() {
    let home = Home::new();
    home.put(
        ".claude/settings.json",
        "{\n  \"env\": {\n    \"ANTHROPIC_API_KEY\": \"sk-hunter2\"\n  }\n}\n",
    );
    let changes = write(&plain(Agent::ClaudeCode), &home.places, false).unwrap();
    assert!(changes.diff().contains("ANTHROPIC_API_KEY"));
    assert!(!changes.diff().contains("hunter2"));
}

#[test]
fn a_new_token_alone_is_still_a_change_that_is_shown() {
    let home = Home::new();
    home.write(&full(Agent::Codex)).unwrap();
    let mut request = full(Agent::Codex);
    let file = request.token.take().unwrap().1;
    request.token = Some((crate::connect::Token::parse("seam_other").unwrap(), file));
    let changes = write(&request, &home.places, false).unwrap();
    assert!(!changes.is_nothing());
    assert!(changes.diff().contains("a credential"), "{}", changes.diff());
    changes.make().unwrap();
    assert!(home.text(".codex/config.toml").contains("Bearer seam_other"));
}

#[test]
fn the_helper_prints_the_header_of_the_file_as_it_is_now() {
    let home = Home::new();
    let mut request = full(Agent::ClaudeCode);
    home.put("a b/it's a token", "first\n");
    let token = request.token.take().unwrap().0;
    request.token = Some((token, home.path("a b/it's a token")));
    home.write(&request).unwrap();
    let settings: serde_json::Value =
        serde_json::from_str(&home.text(".claude/settings.json")).unwrap();
    let command = settings["otelHeadersHelper"].as_str().unwrap();
    for token in ["first", "second"] {
        home.put("a b/it's a token", &format!("{token}\n"));
        let run = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
        let headers: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(headers, serde_json::json!({ "authorization": format!("Bearer {token}") }));
    }
    home.put("a b/it's a token", "");
    assert!(!std::process::Command::new("sh").args(["-c", command]).status().unwrap().success());
}
