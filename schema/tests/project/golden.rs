//! What a document looks like, for a person to read: one file per kind and format, with the first
//! record of every meaning in the captures; a made-up row where no capture has the meaning. One
//! more file per format shows documents with content.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use seam_schema::project::{Content, Format};
use serde_json::Value;

use crate::rows::{action_text, each_action, each_event, event_text, projector};

/// Records by kind, then by meaning.
type Records = BTreeMap<String, BTreeMap<String, String>>;

fn keep(records: &mut Records, format: Format, text: &str) {
    let document: Value = serde_json::from_str(text).unwrap();
    let own = match format {
        Format::Seam => &document,
        Format::Ocsf => &document["unmapped"],
        Format::Ecs => &document["seam"],
    };
    let word = |member: &str| own[member].as_str().unwrap().to_owned();
    let of_kind = records.entry(word("kind")).or_default();
    let pretty = || serde_json::to_string_pretty(&document).unwrap();
    of_kind.entry(word("meaning")).or_insert_with(pretty);
}

fn assert_golden(name: String, meanings: &BTreeMap<String, String>) {
    let mut golden = String::new();
    for (meaning, document) in meanings {
        writeln!(golden, "== {meaning}\n{document}").unwrap();
    }
    insta::with_settings!({ snapshot_path => "golden", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, golden);
    });
}

/// Documents change only on purpose.
#[test]
fn documents() {
    for format in Format::ALL {
        let projector = projector(format, Content::Withheld);
        let mut records = Records::new();
        each_event(|_, event| keep(&mut records, format, &event_text(&projector, event)));
        each_action(|_, action| keep(&mut records, format, &action_text(&projector, action)));
        // The made-up rows with all columns are every second one.
        for event in crate::made::events().iter().skip(1).step_by(2) {
            keep(&mut records, format, &event_text(&projector, event));
        }
        for action in crate::made::actions().iter().skip(1).step_by(2) {
            keep(&mut records, format, &action_text(&projector, action));
        }
        for (kind, meanings) in records {
            assert_golden(format!("{format}-{kind}"), &meanings);
        }
    }
}

/// With content, a prompt says what was asked, and an action by whom it was wanted.
#[test]
fn documents_with_content() {
    for format in Format::ALL {
        let projector = projector(format, Content::Kept);
        let mut records = Records::new();
        each_event(|_, event| keep(&mut records, format, &event_text(&projector, event)));
        each_action(|_, action| keep(&mut records, format, &action_text(&projector, action)));
        let meanings = ["prompt", "response", "action"].map(|kind| records.remove(kind).unwrap());
        let mut shown = BTreeMap::new();
        for (number, meanings) in meanings.into_iter().enumerate() {
            let first = meanings.into_iter().next().unwrap();
            shown.insert(format!("{number} {}", first.0), first.1);
        }
        assert_golden(format!("{format}-with-content"), &shown);
    }
}
