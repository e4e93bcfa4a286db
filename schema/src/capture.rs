//! Which content is kept: the operator's policy, applied before the tables.
//!
//! Content is what people and programs wrote: prompts, answers, what a tool was called with and
//! what it gave back, commands, files, addresses, texts of errors and of decisions. Everything
//! else (who, when, which tool, decided how, ended how, how many tokens) is always kept.
//!
//! The first rule that fits a record decides; where none fits, the policy's own word does:
//! `yes` keeps content, `no` leaves it out, `hashed` keeps `[hashed:<16 hex digits>]`, a keyed
//! hash, so that equal texts stay equal. What was left out or hashed is counted in the column
//! `redactions` under `capture`.
//!
//! Attributes have no list of what is content, and new ones come every few weeks. So, without
//! content, only these stay: numbers and truth values; texts of at most 128 bytes whose key has no
//! word of content in it, or ends as ids, types and the like do. A record without a repository
//! fits no rule that names one. Of the resource only the command line of the process is content.

mod attribute;
mod resource;

use std::fmt;

use crate::event::{Attribute, AttributeValue, Event, EventColumns, Text};
use crate::otlp::ValueType;
use crate::table::cell::Counts;
use crate::vocabulary::{Agent, Kind};

pub(crate) use attribute::is_content;
pub(crate) use resource::is_command_line;

/// Under which name the column `redactions` counts what the policy took.
pub const CAPTURE: &str = "capture";

/// What becomes of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Content {
    /// It is kept.
    #[default]
    Yes,
    /// It is left out.
    No,
    /// A keyed hash stands in its place.
    Hashed,
}

/// One rule: it fits a record that all its lists fit; an empty list fits every record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// What becomes of the content.
    pub content: Content,
    /// Kinds of records.
    pub kinds: Vec<Kind>,
    /// Agents.
    pub agents: Vec<Agent>,
    /// Repositories, whole or as a beginning followed by `*`.
    pub repositories: Vec<String>,
}

/// The policy.
#[derive(Clone, Default)]
pub struct Policy {
    content: Content,
    rules: Vec<Rule>,
    key: [u8; 32],
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("content", &self.content)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl Rule {
    fn fits(&self, columns: &EventColumns<'_>) -> bool {
        let listed = |kind| self.kinds.contains(&kind);
        let by = |agent| self.agents.contains(&agent);
        (self.kinds.is_empty() || columns.kind.is_some_and(listed))
            && (self.agents.is_empty() || columns.agent.is_some_and(by))
            && (self.repositories.is_empty()
                || columns.repository.as_deref().is_some_and(|repository| self.names(repository)))
    }

    fn names(&self, repository: &str) -> bool {
        self.repositories.iter().any(|named| match named.strip_suffix('*') {
            Some(beginning) => repository.starts_with(beginning),
            None => repository == named,
        })
    }
}

impl Policy {
    /// `content` is what no rule decides, `key` what hashes are keyed with.
    pub fn new(content: Content, rules: Vec<Rule>, key: [u8; 32]) -> Self {
        Self { content, rules, key }
    }

    /// What becomes of the content of a record.
    fn of(&self, columns: &EventColumns<'_>) -> Content {
        let rule = self.rules.iter().find(|rule| rule.fits(columns));
        rule.map_or(self.content, |rule| rule.content)
    }

    /// Takes out of a row what the policy does not want kept. Gives the attributes of the resource
    /// as they were if it changed them: other rows have them too.
    pub(crate) fn apply<'a>(&self, event: &mut Event<'a>) -> Option<Vec<Attribute<'a>>> {
        if self.content == Content::Yes && self.rules.is_empty() {
            return None;
        }
        let content = self.of(&event.columns);
        if content == Content::Yes {
            return None;
        }
        let mut taken = 0;
        let is_name = event.columns.body == event.columns.name;
        for cell in content_cells(&mut event.columns, is_name) {
            taken += self.take(content, cell);
        }
        event.attributes.retain_mut(|kept| {
            let Some(text) = attribute::content(kept) else { return true };
            taken += 1;
            if content == Content::No {
                return false;
            }
            let hash = self.hash(&text);
            kept.value = AttributeValue::Column(ValueType::String, Text::Owned(hash));
            true
        });
        let whole = event.resource.iter().any(resource::is_command_line);
        let whole = whole.then(|| event.resource.clone());
        taken += self.take_command_line(content, &mut event.resource);
        if taken > 0 {
            let counts = event.columns.redactions.get_or_insert_with(Counts::default);
            counts.0.push((CAPTURE.to_owned(), taken));
        }
        whole
    }

    fn take(&self, content: Content, cell: &mut Option<Text<'_>>) -> i64 {
        let Some(text) = cell.take() else { return 0 };
        if content == Content::Hashed {
            *cell = Some(Text::Owned(self.hash(&text)));
        }
        1
    }

    fn hash(&self, text: &str) -> String {
        let hash = blake3::keyed_hash(&self.key, text.as_bytes()).to_hex();
        format!("[hashed:{}]", hash.get(..16).unwrap_or_default())
    }
}

/// The columns that hold content. A body that only repeats the record's name is none.
fn content_cells<'c, 'a>(
    columns: &'c mut EventColumns<'a>,
    body_is_name: bool,
) -> impl Iterator<Item = &'c mut Option<Text<'a>>> {
    let body = (!body_is_name).then_some(&mut columns.body);
    [
        &mut columns.prompt,
        &mut columns.response,
        &mut columns.arguments,
        &mut columns.output,
        &mut columns.command,
        &mut columns.path,
        &mut columns.url,
        &mut columns.rationale,
        &mut columns.error,
        &mut columns.status_message,
        &mut columns.span_links,
    ]
    .into_iter()
    .chain(body)
}

/// What an attribute holds, for the hash.
fn text_of<'t>(kept: &'t Attribute<'_>, scratch: &'t mut String) -> &'t str {
    match &kept.value {
        AttributeValue::Column(_, text) => text,
        AttributeValue::Wire(value) => crate::otlp::column_text(*value, scratch).1,
        AttributeValue::Number(_) => "",
    }
}

#[cfg(test)]
mod tests;
