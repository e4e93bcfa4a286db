//! Every kind of record has a meaning, and every meaning a row for every target.

use std::collections::{BTreeMap, BTreeSet};

use seam_schema::project::table::{self, Status};
use seam_schema::project::{Content, Format, Meaning};
use seam_schema::vocabulary::Kind;

use crate::rows::each_document;

/// The rows stand in the order of the meanings, one for each: that is how a row is found.
#[test]
fn each_meaning_has_its_row() {
    assert_eq!(table::rows().len(), Meaning::ALL.len());
    for (meaning, row) in Meaning::ALL.iter().zip(table::rows()) {
        assert_eq!(*meaning, row.meaning);
        assert_eq!(table::row(*meaning).meaning, *meaning);
        assert!(!row.caption.is_empty());
        let (class, activity) = (row.ocsf.class, row.ocsf.activity);
        assert_eq!(class.type_uid(activity), class.uid * 100 + activity.id);
        assert!(row.failed >= table::Row::clone(row).severity || row.severity > row.failed);
        assert_eq!(row.ecs.category.is_empty(), row.ecs.types.is_empty(), "{meaning}");
        // A failure in one vocabulary is none in no other.
        let fails = row.ocsf.status == Status::Failure;
        let other = row.ecs.outcome.is_none_or(|it| (it == Status::Failure) == fails);
        assert!(other, "{meaning}");
    }
}

/// Guarantees: every kind comes out in every format, and every meaning is reached by some row.
#[test]
fn every_kind_has_a_place_everywhere() {
    for format in Format::ALL {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut meanings = BTreeSet::new();
        each_document(format, Content::Withheld, |_, text, document| {
            let own = match format {
                Format::Seam => document,
                Format::Ocsf => &document["unmapped"],
                Format::Ecs => &document["seam"],
            };
            let kind = own["kind"].as_str().unwrap_or_else(|| panic!("no kind: {text}"));
            *kinds.entry(kind.to_owned()).or_default() += 1;
            meanings.insert(own["meaning"].as_str().unwrap().to_owned());
        });
        for kind in Kind::ALL {
            assert!(kinds.contains_key(kind.as_str()), "{format}: {kind}");
        }
        assert!(kinds.contains_key("action"), "{format}");
        let unreached: Vec<_> =
            Meaning::ALL.iter().filter(|it| !meanings.contains(it.as_str())).collect();
        assert!(unreached.len() <= 3, "{format}: {unreached:?}");
    }
}
