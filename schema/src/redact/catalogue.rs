//! The rules, ready to be applied.

use std::collections::{BTreeMap, BTreeSet};

use regex::bytes::{Regex, RegexBuilder};

use super::mark::{ID_MOST, is_id};
use super::rule::{Check, Rule, Tail, Tier};
use super::runs::Leads;
use super::settings::{OwnRule, RedactError, RedactSettings, RuleFault};
use super::sieve::Sieve;
use super::{fields, rules};

/// An own keyword is at least so long.
const KEYWORD_LEAST: usize = 4;

/// A rule whose regex is compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub id: String,
    pub about: String,
    pub regex: Regex,
    /// The group that is the secret; `None` for the first that took part.
    pub group: Option<usize>,
    pub tier: Tier,
    pub entropy: f64,
    pub check: Check,
    pub bounded: bool,
    pub reach: usize,
    /// What every match begins with; empty where that is not one text.
    pub lead: Vec<u8>,
}

/// The letters, digits and `_` that a regex begins with.
fn lead(regex: &str) -> Vec<u8> {
    let plain = regex.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut lead: Vec<u8> = plain.collect();
    if matches!(regex.as_bytes().get(lead.len()), Some(b'?' | b'*' | b'{' | b'|')) {
        lead.pop();
    }
    if regex.contains('|') { Vec::new() } else { lead }
}

/// All rules that are applied, and how to find which of them to try.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub key: [u8; 32],
    pub rules: Vec<Compiled>,
    pub allow: Vec<Regex>,
    pub sieve: Sieve,
    /// For each keyword of the sieve: the rules to try.
    pub wanted: Vec<Vec<usize>>,
    /// The rules that are tried at runs that look random.
    pub at_runs: Vec<usize>,
    /// What the vendors' tokens among those begin with.
    pub leads: Leads,
    /// Whether the rule of the arguments of a process is on.
    pub command_args: bool,
    /// Whether the rule of the queries of URLs is on.
    pub url_query: bool,
}

/// Rules on their way into a catalogue.
#[derive(Default)]
struct Draft {
    rules: Vec<Compiled>,
    keywords: BTreeMap<Vec<u8>, Vec<(usize, Tail)>>,
    at_runs: Vec<usize>,
    faults: Vec<RuleFault>,
}

impl Catalogue {
    pub(crate) fn new(settings: &RedactSettings) -> Result<Self, RedactError> {
        let mut draft = Draft::default();
        let disabled: BTreeSet<&str> = settings.disabled.iter().map(String::as_str).collect();
        let known: BTreeSet<&str> =
            rules::all().map(|rule| rule.id).chain(fields::RULES.map(|rule| rule.0)).collect();
        for id in disabled.difference(&known) {
            draft.fault(id, "no rule that comes with seam has this id; see `seam redact --rules`");
        }
        for rule in rules::all().filter(|rule| !disabled.contains(rule.id)) {
            draft.add(rule);
        }
        let mut taken: BTreeSet<&str> = known;
        for own in &settings.own {
            if !taken.insert(&own.id) {
                draft.fault(&own.id, "another rule has this id; choose another");
            }
            draft.add_own(own);
        }
        let mut allow = Vec::new();
        for (index, regex) in settings.allow.iter().enumerate() {
            match compile(regex) {
                Ok(regex) => allow.push(regex),
                Err(reason) => draft.fault(&format!("allow {}", index + 1), &reason),
            }
        }
        let fixed = fields::KEYWORDS.iter().map(|text| (text.as_bytes().to_vec(), Tail::Any));
        let escapes = (2..8).map(|high| (format!("\\u00{high}").into_bytes(), Tail::Any));
        let slashes = [r"\/\/", r"/\\/", r"/\\\\/"].map(|text| (text.into(), Tail::Any));
        let mut sieved: Vec<(Vec<u8>, Tail)> = fixed.chain(escapes).chain(slashes).collect();
        let mut wanted = vec![Vec::new(); sieved.len()];
        for (text, rules) in &draft.keywords {
            let first = sieved.len();
            for (rule, tail) in rules {
                let known = sieved.iter().skip(first).position(|(_, known)| known == tail);
                let place = known.map_or(sieved.len(), |known| first + known);
                if place == sieved.len() {
                    sieved.push((text.clone(), *tail));
                    wanted.push(Vec::new());
                }
                if let Some(rules) = wanted.get_mut(place) {
                    rules.push(*rule);
                }
            }
        }
        if !draft.faults.is_empty() {
            return Err(RedactError { faults: draft.faults });
        }
        let leads = draft.at_runs.iter().filter_map(|rule| draft.rules.get(*rule));
        let leads = Leads::new(leads.map(|rule| rule.lead.clone()));
        Ok(Self {
            key: settings.key,
            leads,
            rules: draft.rules,
            allow,
            sieve: Sieve::new(&sieved),
            wanted,
            at_runs: draft.at_runs,
            command_args: !disabled.contains(fields::COMMAND_ARGS_RULE),
            url_query: !disabled.contains(fields::URL_QUERY_RULE),
        })
    }
}

impl Draft {
    fn fault(&mut self, rule: &str, reason: &str) {
        self.faults.push(RuleFault { rule: rule.to_owned(), reason: reason.to_owned() });
    }

    fn add(&mut self, rule: &Rule) {
        let regex = match compile(rule.regex) {
            Ok(regex) => regex,
            Err(reason) => return self.fault(rule.id, &reason),
        };
        let index = self.rules.len();
        if rule.runs {
            self.at_runs.push(index);
        }
        for keyword in rule.keywords {
            self.keywords
                .entry(keyword.to_ascii_lowercase().into_bytes())
                .or_default()
                .push((index, rule.tail));
        }
        self.rules.push(Compiled {
            id: rule.id.to_owned(),
            about: rule.about.to_owned(),
            regex,
            group: None,
            tier: rule.tier,
            entropy: rule.entropy,
            check: rule.check,
            bounded: rule.bounded,
            reach: rule.reach,
            lead: lead(rule.regex),
        });
    }

    fn add_own(&mut self, own: &OwnRule) {
        if own.id.is_empty() || own.id.len() > ID_MOST || !own.id.bytes().all(is_id) {
            self.fault(&own.id, "the id is not kebab-case of at most 64 characters; use small letters, digits and `-`");
        }
        if own.keywords.is_empty() {
            self.fault(
                &own.id,
                "it has no keyword; name a text that stands in or near every such secret",
            );
        }
        if own.keywords.iter().any(|keyword| keyword.len() < KEYWORD_LEAST || !keyword.is_ascii()) {
            self.fault(
                &own.id,
                "a keyword is shorter than four characters or not ascii; choose a longer one",
            );
        }
        if own.entropy.is_some_and(|entropy| !(0.0..=8.0).contains(&entropy)) {
            self.fault(&own.id, "the entropy is not between 0 and 8 bits per byte");
        }
        let regex = match compile(&own.regex) {
            Ok(regex) => regex,
            Err(reason) => return self.fault(&own.id, &reason),
        };
        if regex.is_match(b"") {
            self.fault(
                &own.id,
                "the regex matches the empty text; make it ask for at least one character",
            );
        }
        if own.secret_group >= regex.captures_len() {
            self.fault(
                &own.id,
                "the regex has no group of that number; count the parentheses from 1",
            );
        }
        let index = self.rules.len();
        for keyword in &own.keywords {
            self.keywords
                .entry(keyword.to_ascii_lowercase().into_bytes())
                .or_default()
                .push((index, Tail::Any));
        }
        self.rules.push(Compiled {
            id: own.id.clone(),
            about: "rule of this installation".to_owned(),
            regex,
            group: Some(own.secret_group),
            tier: Tier::Own,
            entropy: own.entropy.unwrap_or(0.0),
            check: Check::None,
            bounded: false,
            reach: 600,
            lead: Vec::new(),
        });
    }
}

/// Compiles a regex over bytes; the reason never quotes what it looks for.
fn compile(regex: &str) -> Result<Regex, String> {
    RegexBuilder::new(regex).unicode(false).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => {
            format!("the regex takes more than {limit} bytes; bound its repetitions")
        }
        _ => "the regex is not valid; look-around and back-references are not supported".to_owned(),
    })
}
