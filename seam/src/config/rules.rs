//! `[capture]` and `[redaction]`: rules of the operator's own.

use seam_schema::capture::{self, Content};
use seam_schema::redact::{self, RedactError, RedactSettings, Redactor};
use seam_schema::vocabulary::{Agent, Kind};
use serde::Deserialize;

/// Which content is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Capture {
    pub(crate) content: Content,
    pub(crate) rules: Vec<capture::Rule>,
}

/// One of `capture.rules`, as it was written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaptureRule {
    content: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    agents: Vec<String>,
    #[serde(default)]
    repositories: Vec<String>,
}

impl CaptureRule {
    /// The rule, or what is wrong with it.
    pub(crate) fn check(&self) -> Result<capture::Rule, String> {
        let content = content(&self.content)
            .ok_or_else(|| format!("content `{}` is none of yes, no, hashed", self.content))?;
        Ok(capture::Rule {
            content,
            kinds: words("kind", &self.kinds, Kind::parse)?,
            agents: words("agent", &self.agents, Agent::parse)?,
            repositories: self.repositories.clone(),
        })
    }
}

/// The content that a word stands for.
pub(crate) fn content(word: &str) -> Option<Content> {
    Some(match word {
        "yes" => Content::Yes,
        "no" => Content::No,
        "hashed" => Content::Hashed,
        _ => return None,
    })
}

fn words<T>(what: &str, said: &[String], parse: fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let read = |word: &String| parse(word).ok_or_else(|| format!("there is no {what} `{word}`"));
    said.iter().map(read).collect()
}

/// What is replaced by the redaction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Redaction {
    pub(crate) enabled: bool,
    pub(crate) disable: Vec<String>,
    pub(crate) allow: Vec<String>,
    pub(crate) rules: Vec<OwnRule>,
}

impl Redaction {
    /// The redactor, with this key of its hashes.
    pub(crate) fn redactor(&self, key: [u8; 32]) -> Result<Redactor, RedactError> {
        if !self.enabled {
            return Ok(Redactor::off());
        }
        let own = self.rules.iter().map(|rule| redact::OwnRule {
            id: rule.id.clone(),
            regex: rule.regex.clone(),
            keywords: rule.keywords.clone(),
            secret_group: rule.secret_group,
            entropy: rule.entropy,
        });
        Redactor::new(&RedactSettings {
            key,
            disabled: self.disable.clone(),
            allow: self.allow.clone(),
            own: own.collect(),
        })
    }

    /// Everything that is wrong, each with the key it was said under.
    pub(crate) fn faults(&self) -> Vec<(&'static str, String)> {
        let Err(error) = self.redactor([0; 32]) else { return Vec::new() };
        let path = |rule: &str| match rule {
            rule if rule.starts_with("allow ") => "redaction.allow",
            rule if self.disable.iter().any(|id| id == rule) => "redaction.disable",
            _ => "redaction.rules",
        };
        error.faults.iter().map(|fault| (path(&fault.rule), fault.to_string())).collect()
    }
}

/// One of `redaction.rules`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnRule {
    /// What stands in the replacement, in small letters, digits and dashes.
    pub(crate) id: String,
    /// Finds the secret.
    pub(crate) regex: String,
    /// One of these stands in every text that the rule can find.
    pub(crate) keywords: Vec<String>,
    /// The group that is the secret; 0 is the whole.
    #[serde(default)]
    pub(crate) secret_group: usize,
    /// The least Shannon entropy of the secret, in bits per character.
    pub(crate) entropy: Option<f64>,
}
