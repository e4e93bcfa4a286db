//! Every record of the format `ocsf` keeps the rules of OCSF 1.9 that we know by hand (`rules`), and
//! every attribute that is written was looked at (`paths`).

mod paths;
mod rules;

use std::collections::BTreeMap;

use seam_schema::project::{Content, Format};
use serde_json::{Map, Value};

use self::rules::{
    CLASSES, Class, EVERYWHERE, OBJECTS, OTHER_ACTIVITY, PROFILES, REQUIRED, TIMES, VALUES, VERSION,
};
use crate::rows::each_document;

/// 2001 and 2286: a time in seconds or in microseconds is not between them.
const MILLISECONDS: std::ops::Range<i64> = 1_000_000_000_000..10_000_000_000_000;

/// What was found wrong, and the record that is looked at.
#[derive(Default)]
struct Check {
    /// What is wrong, with the first record that has it.
    wrong: BTreeMap<String, String>,
    record: String,
}

impl Check {
    fn wrong(&mut self, what: String) {
        let record = self.record.clone();
        self.wrong.entry(what).or_insert(record);
    }

    fn record(&mut self, record: &Value, text: &str) {
        text.clone_into(&mut self.record);
        let uid = record["class_uid"].as_i64().unwrap();
        let Some(class) = CLASSES.iter().find(|class| class.uid == uid) else {
            return self.wrong(format!("there are no rules for the class {uid}"));
        };
        let members = record.as_object().unwrap();
        self.classification(class, record);
        self.profiles(class, record, members);
        self.needs(class.name, &[REQUIRED, class.required].concat(), class.one_of, members);
        for (name, value) in members.iter().filter(|(name, _)| *name != "unmapped") {
            self.attribute(name, name, value);
        }
    }

    fn classification(&mut self, class: &Class, record: &Value) {
        let name = class.name;
        let activity = record["activity_id"].as_i64().unwrap();
        if activity != OTHER_ACTIVITY && !class.activities.contains(&activity) {
            self.wrong(format!("{name} has no activity {activity}"));
        }
        if activity == OTHER_ACTIVITY && record["activity_name"].as_str().is_none_or(str::is_empty)
        {
            self.wrong(format!("{name}: activity 99 without a name"));
        }
        if record["type_uid"] != class.uid * 100 + activity {
            self.wrong(format!("{name}: type_uid {}", record["type_uid"]));
        }
        if record["category_uid"] != class.category {
            self.wrong(format!("{name}: category_uid {}", record["category_uid"]));
        }
        if record["metadata"]["version"] != VERSION {
            self.wrong(format!("{name}: version {}", record["metadata"]["version"]));
        }
    }

    /// A class is closed: it has its own attributes, those of every class, and those of the profiles
    /// that the record names.
    fn profiles(&mut self, class: &Class, record: &Value, members: &Map<String, Value>) {
        let listed = record["metadata"]["profiles"].as_array().unwrap();
        let named: Vec<&str> = listed.iter().map(|it| it.as_str().unwrap()).collect();
        for profile in class.profiles.iter().filter(|profile| !named.contains(profile)) {
            self.wrong(format!("{} without the profile {profile}", class.name));
        }
        for profile in &named {
            let known = PROFILES.iter().any(|(known, _)| known == profile);
            // The base class is not one that the profile was extended to.
            if !known || (class.uid == 0 && *profile == "ai_operation") {
                self.wrong(format!("{} has no profile {profile}", class.name));
            }
        }
        for key in members.keys().map(String::as_str) {
            let of = PROFILES.iter().find(|(_, attributes)| attributes.contains(&key));
            let own = [REQUIRED, EVERYWHERE, class.required, class.one_of, class.more];
            match of {
                Some((profile, _)) if !named.contains(profile) => {
                    self.wrong(format!("{}.{key} needs the profile {profile}", class.name));
                }
                None if !own.iter().any(|names| names.contains(&key)) => {
                    self.wrong(format!("{} has no attribute {key}", class.name));
                }
                _ => {}
            }
        }
    }

    /// What an object, or a record, must have.
    fn needs(
        &mut self,
        name: &str,
        required: &[&str],
        one_of: &[&str],
        members: &Map<String, Value>,
    ) {
        for key in required.iter().filter(|key| !members.contains_key(**key)) {
            self.wrong(format!("{name} without {key}"));
        }
        if !one_of.is_empty() && !one_of.iter().any(|key| members.contains_key(*key)) {
            self.wrong(format!("{name} without any of {one_of:?}"));
        }
    }

    fn attribute(&mut self, path: &str, name: &str, value: &Value) {
        let known = |values: &[i64]| value.as_i64().is_some_and(|it| values.contains(&it));
        if VALUES.iter().any(|(id, values)| *id == path && !known(values)) {
            self.wrong(format!("{path} has no value {value}"));
        }
        if TIMES.contains(&path) && value.as_i64().is_none_or(|it| !MILLISECONDS.contains(&it)) {
            self.wrong(format!("{path} is no time in milliseconds: {value}"));
        }
        match value {
            Value::Object(members) => {
                if let Some(object) = OBJECTS.iter().find(|object| object.name == name) {
                    self.needs(path, object.required, object.one_of, members);
                }
                for (name, value) in members {
                    self.attribute(&format!("{path}.{name}"), name, value);
                }
            }
            Value::Array(values) if values.is_empty() => self.wrong(format!("{path} is empty")),
            Value::Array(values) => {
                for value in values {
                    self.attribute(path, name, value);
                }
            }
            Value::Null => self.wrong(format!("{path} is null")),
            _ if OBJECTS.iter().any(|object| object.name == name) => {
                self.wrong(format!("{path} is no object"));
            }
            _ => {}
        }
    }
}

/// Guarantees: what is sent as OCSF keeps the rules of the schema that are written down here, of
/// every capture and of every made-up row.
#[test]
fn records_keep_the_rules() {
    for content in [Content::Withheld, Content::Kept] {
        let mut check = Check::default();
        let mut records = 0;
        each_document(Format::Ocsf, content, |_, text, record| {
            check.record(record, text);
            records += 1;
        });
        assert!(records > 10_000, "{records}");
        assert!(check.wrong.is_empty(), "{:#?}", check.wrong);
    }
}

/// Makes a record wrong.
type Spoil = fn(&mut Value);

fn remove(object: &mut Value, name: &str) {
    assert!(object.as_object_mut().unwrap().remove(name).is_some(), "{name} was there");
}

/// Each spoils a launched process, and what is found.
const SPOIL: &[(&str, Spoil)] = &[
    ("no rules for the class", |record| record["class_uid"] = 2.into()),
    ("has no attribute", |record| record["nonsense"] = 1.into()),
    ("without time", |record| remove(record, "time")),
    ("without process", |record| remove(record, "process")),
    ("type_uid", |record| record["type_uid"] = 1.into()),
    ("category_uid", |record| record["category_uid"] = 6.into()),
    ("version", |record| record["metadata"]["version"] = "1.8.0".into()),
    ("has no activity", |record| record["activity_id"] = 42.into()),
    ("without a name", |record| {
        record["activity_id"] = 99.into();
        record["activity_name"] = "".into();
    }),
    ("severity_id has no value", |record| record["severity_id"] = 42.into()),
    ("ai_role_id has no value", |record| record["message_context"]["ai_role_id"] = 0.into()),
    ("is no time", |record| record["time"] = "now".into()),
    ("is no time", |record| record["time"] = 1_795_174_413.into()),
    ("actor without any of", |record| record["actor"] = serde_json::json!({})),
    ("actor is no object", |record| record["actor"] = "ada".into()),
    ("device without type_id", |record| remove(&mut record["device"], "type_id")),
    ("process without any of", |record| remove(&mut record["process"], "uid")),
    ("message_context without any of", |record| {
        remove(&mut record["message_context"], "application");
    }),
    ("ai_model without ai_provider", |record| {
        remove(&mut record["ai_agent"]["ai_model"], "ai_provider");
    }),
    ("is null", |record| record["message"] = Value::Null),
    ("is empty", |record| record["authorizations"] = serde_json::json!([])),
    ("has no profile", |record| record["metadata"]["profiles"][0] = "nonsense".into()),
    ("without the profile host", |record| record["metadata"]["profiles"][0] = "trace".into()),
    ("needs the profile", |record| record["metadata"]["profiles"] = serde_json::json!(["host"])),
];

/// The check finds what is wrong: each of these is a record spoilt in one way.
#[test]
fn the_check_can_fail() {
    let mut one = Value::Null;
    each_document(Format::Ocsf, Content::Withheld, |_, _, record| {
        let has_model = !record["ai_agent"]["ai_model"].is_null();
        if record["class_uid"] == 1007 && has_model && !record["message_context"].is_null() {
            one = record.clone();
        }
    });
    for (wrong, how) in SPOIL {
        let mut check = Check::default();
        let mut record = one.clone();
        check.record(&record, "");
        assert!(check.wrong.is_empty(), "{:?}", check.wrong);
        how(&mut record);
        check.record(&record, "");
        assert!(
            check.wrong.keys().any(|found| found.contains(wrong)),
            "{wrong}: {:?}",
            check.wrong
        );
    }
}
