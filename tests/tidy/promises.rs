//! GUARANTEES.md names a test for every promise, and every such test exists.

use std::fs;

/// Guarantees: no promise is without a test that holds it.
#[test]
fn every_promise_names_tests_that_exist() {
    let text = fs::read_to_string(super::root().join("GUARANTEES.md")).expect("GUARANTEES.md");
    let sources: Vec<String> = super::tracked_files()
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs::read_to_string(path).expect("sources are readable"))
        .collect();
    let mut promises = 0;
    for section in text.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        if !title.starts_with('G') {
            continue;
        }
        promises += 1;
        let held = section.lines().find(|line| line.starts_with("Held by:"));
        let held = held.unwrap_or_else(|| panic!("`{title}` names no test"));
        let names: Vec<&str> = held.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "`{title}` names no test");
        for name in names {
            let definition = format!("fn {}(", name.rsplit("::").next().unwrap_or(name));
            assert!(
                sources.iter().any(|source| source.contains(&definition)),
                "`{title}` names `{name}`, which is nowhere"
            );
        }
    }
    assert!(promises > 0, "GUARANTEES.md promises nothing");
}

/// Guarantees: every enum of the tables is listed in ARCHITECTURE.md with all its words.
#[test]
fn every_word_of_the_tables_is_documented() {
    let page = fs::read_to_string(super::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let source =
        fs::read_to_string(super::root().join("schema/src/vocabulary.rs")).expect("the vocabulary");
    let words = source.lines().filter_map(|line| {
        let (name, text) = line.trim().split_once(" = \"")?;
        let text = text.strip_suffix("\",")?;
        name.chars().all(char::is_alphanumeric).then_some(text)
    });
    let mut count = 0;
    for word in words {
        count += 1;
        assert!(page.contains(&format!("`{word}`")), "ARCHITECTURE.md does not list `{word}`");
    }
    assert!(count > 50, "the vocabulary was not found");
}
