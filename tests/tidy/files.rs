//! Files stay small enough to read.

use std::path::Path;

/// No Rust file is longer. 400 lines are a smell already.
const LINES_MAX: usize = 600;
/// No line of a Rust file is longer, in characters; a text may be, the formatter leaves it alone.
const LINE_MAX: usize = 160;
const BANNED_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];

fn rust_files() -> Vec<(String, String)> {
    let root = super::root();
    super::tracked_files()
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.strip_prefix(&root).expect("inside the checkout").display().to_string();
            (name, std::fs::read_to_string(path).expect("sources are readable"))
        })
        .collect()
}

/// Guarantees: no file has grown past the limit.
#[test]
fn files_are_short() {
    let long: Vec<String> = rust_files()
        .iter()
        .filter(|(_, text)| text.lines().count() > LINES_MAX)
        .map(|(name, text)| format!("{name}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "over {LINES_MAX} lines: {long:#?}");
}

/// Guarantees: every file is named after one idea.
#[test]
fn files_are_named_after_what_they_hold() {
    for (name, _) in rust_files() {
        let stem =
            Path::new(&name).file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(!BANNED_NAMES.contains(&stem.as_str()), "{name} says nothing about what it holds");
    }
}

/// Guarantees: every file opens by saying what it is.
#[test]
fn files_open_with_a_page() {
    for (name, text) in rust_files() {
        assert!(text.starts_with("//!"), "{name} does not open with `//!`");
    }
}

/// Guarantees: no stub and no forgotten probe is in the tree, and no endless line.
#[test]
fn no_leftovers() {
    let words = ["to", "do"].concat();
    let banned = [
        format!("{words}!("),
        "unimplemented!(".to_owned(),
        "dbg!(".to_owned(),
        words.to_uppercase(),
    ];
    for (name, text) in rust_files() {
        if name.starts_with("tests/tidy/") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let at = format!("{name}:{}", number + 1);
            for word in &banned {
                assert!(!line.contains(word.as_str()), "{at}: {word}");
            }
            let endless = line.chars().count() > LINE_MAX && !line.contains('"');
            assert!(!endless, "{at} has over {LINE_MAX} characters");
        }
    }
}
