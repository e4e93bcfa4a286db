//! What is taken out of rows before they are sent on, beyond what the tables do without.
//!
//! A [`Profile`] names columns that are dropped or hashed, and may look for secrets once more, with
//! rules of its own. A value that is dropped or hashed is also replaced where else it stands in the
//! row: in a text, an attribute, the resource, alone or, if it is long enough to be no word of its
//! own, within a longer text. The ids by which records are told apart and kept in order stay.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Redactor, add_counts};
use crate::derived::actions::ActionRow;
use crate::event::{Attribute, AttributeValue, Event, Text};
use crate::otlp::ValueType;

/// The columns that a profile may drop or hash.
pub const PROFILE_FIELDS: &[&str] = &[
    "agent_version",
    "arguments",
    "client",
    "command",
    "cwd",
    "error",
    "host",
    "intent",
    "net_host",
    "org_id",
    "output",
    "path",
    "peer_address",
    "prompt",
    "rationale",
    "repository",
    "response",
    "url",
    "user_email",
    "user_id",
];

/// The columns that are never changed: by them records are told apart and put in order.
const IDS: &[&str] = &[
    "call_id",
    "execution_id",
    "intent_session_id",
    "log_id",
    "parent_session_id",
    "request_id",
    "root_session_id",
    "session_id",
    "tenant",
    "turn_id",
];

/// A shorter value is replaced only where it stands alone: within a text it may be a word.
const WITHIN_BYTES: usize = 8;
/// What stands in a text in the place of a value that was dropped.
const DROPPED: &str = "[dropped]";
/// Keeps these hashes apart from others with the same key.
const CONTEXT: &str = "seam 2026 fields of rows that are sent on";

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldRule {
    /// It is left out.
    Drop,
    /// `[hashed:<16 hex digits>]` stands there, the same for equal values.
    Hash,
}

/// Takes out of rows what a destination is not to have. The default takes nothing.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    redactor: Redactor,
    fields: BTreeMap<&'static str, FieldRule>,
    key: HashKey,
}

/// Not shown: who has it can try guesses.
#[derive(Clone, Default)]
struct HashKey([u8; 32]);

impl std::fmt::Debug for HashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashKey")
    }
}

/// A value that goes, and what comes in its place.
struct Gone {
    /// As it stands, and as it stands in JSON where that is something else.
    forms: Vec<String>,
    instead: String,
}

impl Profile {
    /// `redactor` looks for secrets; hashes are made with `key`. A column that is none of
    /// [`PROFILE_FIELDS`] is nothing to it.
    pub fn new(
        redactor: Redactor,
        fields: impl IntoIterator<Item = (String, FieldRule)>,
        key: &[u8; 32],
    ) -> Self {
        let known = |(name, rule): (String, FieldRule)| {
            let name = PROFILE_FIELDS.iter().find(|known| **known == name)?;
            Some((*name, rule))
        };
        let fields = fields.into_iter().filter_map(known).collect();
        Self { redactor, fields, key: HashKey(blake3::derive_key(CONTEXT, key)) }
    }

    /// Whether it takes nothing.
    pub fn is_none(&self) -> bool {
        self.fields.is_empty() && !self.redactor.is_on()
    }

    /// Takes out of an event what is not to be sent.
    pub fn event(&self, event: &mut Event<'_>) {
        if !self.fields.is_empty() {
            let mut gone = Vec::new();
            event.columns.texts(&mut |name, text| self.note(name, text, &mut gone));
            longest_first(&mut gone);
            event.columns.retain_texts(&mut |name, text| self.keep(name, text, &gone));
            for attributes in [&mut event.attributes, &mut event.resource] {
                for attribute in attributes {
                    replace_value(attribute, &gone);
                }
            }
        }
        if self.redactor.is_on() {
            self.redactor.event(true, event);
            if let Some(counts) = self.redactor.attributes(&mut event.resource) {
                add_counts(&mut event.columns.redactions, &counts);
            }
        }
    }

    /// The same of a revision of an action.
    pub fn action(&self, action: &mut ActionRow<'_>) {
        if !self.fields.is_empty() {
            let mut gone = Vec::new();
            action.texts(&mut |name, text| self.note(name, text, &mut gone));
            let hosts = action.net_hosts.iter_mut().flat_map(|hosts| &mut hosts.0);
            hosts.for_each(|host| self.note("net_host", host, &mut gone));
            longest_first(&mut gone);
            action.retain_texts(&mut |name, text| self.keep(name, text, &gone));
            if let Some(hosts) = &mut action.net_hosts {
                hosts.0.retain_mut(|host| self.keep("net_host", host, &gone));
            }
        }
        if self.redactor.is_on() {
            self.redactor.action(action);
        }
    }

    /// Notes a value that goes.
    fn note(&self, name: &str, text: &str, gone: &mut Vec<Gone>) {
        let Some(rule) = self.fields.get(name) else { return };
        if text.is_empty() {
            return;
        }
        let mut forms = vec![text.to_owned()];
        if text.contains(['"', '\\']) || text.contains(char::is_control) {
            let quoted = serde_json::Value::from(text).to_string();
            forms.extend(quoted.get(1..quoted.len() - 1).map(str::to_owned));
        }
        gone.push(Gone { forms, instead: self.instead(*rule, text) });
    }

    /// Changes a column; whether it stays.
    fn keep(&self, name: &str, text: &mut Text<'_>, gone: &[Gone]) -> bool {
        match self.fields.get(name) {
            Some(FieldRule::Drop) => return false,
            Some(rule @ FieldRule::Hash) if !text.is_empty() => {
                *text = Cow::Owned(self.instead(*rule, text));
            }
            Some(FieldRule::Hash) => {}
            None if IDS.contains(&name) => {}
            None => replace(text, gone),
        }
        true
    }

    fn instead(&self, rule: FieldRule, text: &str) -> String {
        match rule {
            FieldRule::Drop => DROPPED.to_owned(),
            FieldRule::Hash => {
                let hash = blake3::keyed_hash(&self.key.0, text.as_bytes()).to_hex();
                format!("[hashed:{}]", hash.get(..16).unwrap_or_default())
            }
        }
    }
}

/// A value may be part of another, as a host of an address.
fn longest_first(gone: &mut [Gone]) {
    gone.sort_by_key(|gone| Reverse(gone.forms.first().map_or(0, String::len)));
}

fn replace_value(attribute: &mut Attribute<'_>, gone: &[Gone]) {
    let AttributeValue::Column(kind, text) = &mut attribute.value else { return };
    let before = text.len();
    let alone =
        gone.iter().any(|gone| gone.forms.iter().any(|form| form.as_str() == text.as_ref()));
    replace(text, gone);
    if alone && before > 0 {
        // It may have been a number.
        *kind = ValueType::String;
    }
}

/// Replaces every value that goes where it stands in a text.
fn replace(text: &mut Text<'_>, gone: &[Gone]) {
    for gone in gone {
        for form in &gone.forms {
            if form.as_str() == text.as_ref() {
                *text = Cow::Owned(gone.instead.clone());
            } else if form.len() >= WITHIN_BYTES
                && let Some(replaced) = without(text, form, &gone.instead)
            {
                *text = Cow::Owned(replaced);
            }
        }
    }
}

/// A text with another one in the place of a value, wherever that is no part of a longer word.
fn without(text: &str, value: &str, instead: &str) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices(value) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let (before, after) = (text.get(..at)?, text.get(at + value.len()..)?);
        let is_part = before.chars().next_back().is_some_and(is_word)
            || after.chars().next().is_some_and(is_word);
        if is_part {
            continue;
        }
        out.push_str(text.get(done..at)?);
        out.push_str(instead);
        done = at + value.len();
    }
    if done == 0 {
        return None;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::derived::Texts;
    use crate::redact::{OwnRule, RedactSettings};

    const EMAIL: &str = "ada@example.com";

    fn profile(fields: &[(&str, FieldRule)], redactor: Redactor) -> Profile {
        let fields = fields.iter().map(|(name, rule)| ((*name).to_owned(), *rule));
        Profile::new(redactor, fields, &[7; 32])
    }

    fn event() -> Event<'static> {
        let mut event = Event::default();
        event.columns.user_email = Some(EMAIL.into());
        event.columns.host = Some("dev".into());
        event.columns.cwd = Some("/home/ada/src".into());
        event.columns.path = Some("/home/ada/src/main.rs".into());
        event.columns.command =
            Some("npm run dev # ada@example.community, for <ada@example.com>".into());
        event.columns.session_id = Some("dev".into());
        event.attributes =
            vec![Attribute::text("mail", EMAIL), Attribute::text("list", "[\"ada@example.com\"]")];
        event.resource = vec![Attribute::text("host.name", "dev")];
        event
    }

    fn value<'e>(attribute: &'e Attribute<'_>) -> &'e str {
        match &attribute.value {
            AttributeValue::Column(_, text) => text,
            _ => "",
        }
    }

    /// A hashed value is the same mark everywhere in the row; a short one is looked for only where
    /// it stands alone, and an id stays an id.
    #[test]
    fn a_value_goes_from_the_whole_row() {
        let profile =
            profile(&[("user_email", FieldRule::Hash), ("host", FieldRule::Hash)], Redactor::off());
        let mut event = event();
        profile.event(&mut event);
        let mail = event.columns.user_email.clone().unwrap();
        assert!(mail.starts_with("[hashed:") && mail.len() == 25, "{mail}");
        let host = event.columns.host.clone().unwrap();
        assert!(host.starts_with("[hashed:") && host != mail);
        assert_eq!(
            event.columns.command.as_deref(),
            Some(&*format!("npm run dev # ada@example.community, for <{mail}>"))
        );
        assert_eq!(event.columns.session_id.as_deref(), Some("dev"));
        let attributes: Vec<&str> = event.attributes.iter().map(value).collect();
        assert_eq!(attributes, [mail.to_string(), format!("[\"{mail}\"]")]);
        assert_eq!(event.resource.iter().map(value).collect::<Vec<_>>(), [host.as_ref()]);
        let mut action = ActionRow { user_email: Some(EMAIL.into()), ..ActionRow::default() };
        profile.action(&mut action);
        assert_eq!(action.user_email, Some(mail), "the same of an action");
    }

    /// What is dropped is null, and its text is nowhere else.
    #[test]
    fn what_is_dropped_is_null() {
        let profile =
            profile(&[("cwd", FieldRule::Drop), ("net_host", FieldRule::Drop)], Redactor::off());
        let mut event = event();
        profile.event(&mut event);
        assert_eq!(event.columns.cwd, None);
        assert_eq!(event.columns.path.as_deref(), Some("[dropped]/main.rs"));
        let mut action = ActionRow {
            net_hosts: Some(Texts(vec!["internal.example.com".into()])),
            command: Some("curl https://internal.example.com/x".into()),
            ..ActionRow::default()
        };
        profile.action(&mut action);
        assert_eq!(action.net_hosts, Some(Texts(Vec::new())));
        assert_eq!(action.command.as_deref(), Some("curl https://[dropped]/x"));
    }

    /// A rule of the profile finds what the tables kept, in events and in actions.
    #[test]
    fn own_rules_are_applied() {
        let rule = OwnRule {
            id: "ticket".to_owned(),
            regex: "TICKET-[0-9]{4}".to_owned(),
            keywords: vec!["ticket".to_owned()],
            ..OwnRule::default()
        };
        let settings = RedactSettings { own: vec![rule], ..RedactSettings::default() };
        let profile = profile(&[], Redactor::new(&settings).unwrap());
        let mut event = event();
        event.columns.prompt = Some("close TICKET-1234".into());
        event.resource.push(Attribute::text("about", "TICKET-1234"));
        profile.event(&mut event);
        let prompt = event.columns.prompt.unwrap();
        assert!(prompt.starts_with("close [redacted:ticket:"), "{prompt}");
        assert!(value(event.resource.last().unwrap()).starts_with("[redacted:ticket:"));
        let mut action =
            ActionRow { intent: Some("close TICKET-1234".into()), ..ActionRow::default() };
        profile.action(&mut action);
        assert_eq!(action.intent.unwrap(), prompt);
    }

    /// The default takes nothing, and no profile shows its key.
    #[test]
    fn the_default_takes_nothing() {
        let mut untouched = event();
        Profile::default().event(&mut untouched);
        assert!(Profile::default().is_none());
        assert_eq!(untouched.columns, event().columns);
        assert!(!format!("{:?}", profile(&[], Redactor::off())).contains('7'));
    }

    /// The columns that a profile names are there, and none of them is an id.
    #[test]
    fn fields_are_columns() {
        let of_events = crate::event::schema();
        let of_actions = crate::derived::actions::schema();
        for name in PROFILE_FIELDS.iter().chain(IDS) {
            let there = [&of_events, &of_actions].map(|schema| schema.index_of(name).is_ok());
            assert!(there.contains(&true), "{name}");
        }
        assert!(PROFILE_FIELDS.iter().all(|name| !IDS.contains(name)));
    }
}
