//! A second `--write`: nothing, or only what is asked differently.

use super::{AGENTS, Home, full, plain, settings_of};
use crate::connect::{Agent, write};

#[test]
fn the_second_time_changes_nothing() {
    for agent in AGENTS {
        for request in [plain(agent), full(agent)] {
            let home = Home::new();
            if let Some((path, usual)) = settings_of(agent) {
                home.put(path, usual);
            }
            home.write(&request).unwrap();
            let once = home.everything();
            let changes = write(&request, &home.places, false).unwrap();
            assert!(changes.is_nothing(), "{agent:?}: {}", changes.diff());
            changes.make().unwrap();
            assert_eq!(home.everything(), once, "{agent:?}");
        }
    }
}

#[test]
fn nor_does_it_after_an_edit_elsewhere() {
    for agent in AGENTS {
        let Some((path, usual)) = settings_of(agent) else { continue };
        let home = Home::new();
        home.put(path, usual);
        let before = home.everything();
        home.write(&plain(agent)).unwrap();
        let written = home.text(path);
        let edited = written.replacen("mine", "still mine", 1);
        assert_ne!(edited, written);
        home.put(path, &edited);
        assert!(write(&plain(agent), &home.places, false).unwrap().is_nothing(), "{agent:?}");
        home.put(path, &written);
        home.undo(agent).unwrap();
        assert_eq!(home.everything(), before, "{agent:?}");
    }
}

#[test]
fn other_options_replace_ours_and_undo_still_goes_all_the_way() {
    for agent in AGENTS {
        let home = Home::new();
        if let Some((path, usual)) = settings_of(agent) {
            home.put(path, usual);
        }
        let before = home.everything();
        home.write(&full(agent)).unwrap();
        // Another address is no conflict: the one that stands there is ours.
        home.write(&plain(agent)).unwrap();
        let twice = home.everything();
        home.undo(agent).unwrap();
        assert_eq!(home.everything(), before, "{agent:?}");
        home.write(&plain(agent)).unwrap();
        let texts = |all: &std::collections::BTreeMap<_, (String, u32)>| {
            let files = all.iter().filter(|(path, _): &(&std::path::PathBuf, _)| path.is_file());
            files.map(|(path, (text, _))| (path.clone(), text.clone())).collect::<Vec<_>>()
        };
        assert_eq!(texts(&twice), texts(&home.everything()), "{agent:?}");
    }
}

#[test]
fn other_options_after_an_edit_keep_the_edit() {
    let home = Home::new();
    let (path, usual) = settings_of(Agent::Codex).unwrap();
    home.put(path, usual);
    home.write(&full(Agent::Codex)).unwrap();
    home.put(path, &home.text(path).replace("# mine", "# yours"));
    home.write(&plain(Agent::Codex)).unwrap();
    assert!(home.text(path).contains("127.0.0.1:4318/v1/logs"));
    assert!(!home.text(path).contains("seam.example.org"));
    home.undo(Agent::Codex).unwrap();
    assert_eq!(home.text(path), usual.replace("# mine", "# yours"));
}

#[test]
fn what_stood_there_already_is_not_ours() {
    for agent in AGENTS {
        let made = Home::new();
        made.write(&plain(agent)).unwrap();
        let Some((path, _)) = settings_of(agent) else { continue };
        let home = Home::new();
        home.put(path, &made.text(path));
        let before = home.text(path);
        home.write(&plain(agent)).unwrap();
        assert_eq!(home.text(path), before, "{agent:?}");
        if home.places.record(agent).exists() {
            home.undo(agent).unwrap();
        }
        assert_eq!(home.text(path), before, "{agent:?}");
        assert!(!home.path(".config").exists(), "{agent:?}");
    }
}
