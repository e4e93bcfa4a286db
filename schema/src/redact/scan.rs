//! Finds secrets in one text, behind its encodings too.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::bytes::Captures;

use super::catalogue::{Catalogue, Compiled};
use super::layers::{Encoding, Layer, meant};
use super::mark::{mark, marks};
use super::naming::Named;
use super::rule::Check;
use super::sieve::hides_something;
use super::value::{entropy, placeholder, strong};
use super::{naming, pair, runs};

/// Texts are searched in pieces of this size …
const PIECE: usize = 1 << 20;
/// … that overlap by so much.
const OVERLAP: usize = 1 << 16;
/// A match may begin this far before its keyword.
const BEFORE: usize = 80;
/// A search ends so far behind its keyword, however long its match gets.
const REACH_MOST: usize = 1 << 16;
/// Encodings lie upon one another at most so deep.
const DEPTH: u8 = 4;

/// How much of a text is looked at closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// What a keyword, a telling run or an encoding makes suspect.
    Likely,
    /// Everything: what the other way is measured by.
    #[cfg(test)]
    Everywhere,
}

/// A secret and what is to stand in its place.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The rule, by its place in the catalogue.
    pub rule: usize,
    /// Where it stands.
    pub span: Range<usize>,
    /// What is to stand there.
    pub mark: String,
    /// The quotation marks it needs, in the encoding of the place.
    quote: String,
}

impl Finding {
    /// The replacement, quoted where the place asks for it.
    pub(crate) fn replacement(&self) -> String {
        format!("{0}{1}{0}", self.quote, self.mark)
    }
}

/// Every secret in a text, without overlaps and in order; nothing of what was replaced already.
pub(crate) fn find(catalogue: &Catalogue, text: &[u8], how: Look) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut start = 0;
    loop {
        let end = text.len().min(start + PIECE);
        let first = found.len();
        let piece = text.get(start..end).unwrap_or_default();
        walk(catalogue, piece, how, [0, 0], &mut found);
        for finding in found.iter_mut().skip(first) {
            finding.span = finding.span.start + start..finding.span.end + start;
        }
        if end == text.len() {
            break;
        }
        start = end - OVERLAP;
    }
    if found.is_empty() {
        return found;
    }
    resolve(catalogue, found, &marks(text))
}

/// Chooses among findings that overlap: the more specific rule, then the longer text.
fn resolve(catalogue: &Catalogue, mut found: Vec<Finding>, taken: &[Range<usize>]) -> Vec<Finding> {
    let tier = |finding: &Finding| catalogue.rules.get(finding.rule).map(|rule| rule.tier);
    found.sort_by(|a, b| {
        let length = |finding: &Finding| finding.span.len();
        tier(a)
            .cmp(&tier(b))
            .then(length(b).cmp(&length(a)))
            .then(a.span.start.cmp(&b.span.start))
            .then(a.rule.cmp(&b.rule))
    });
    let mut used: BTreeMap<usize, usize> =
        taken.iter().map(|span| (span.start, span.end)).collect();
    found.retain(|finding| {
        let free = used
            .range(..finding.span.end)
            .next_back()
            .is_none_or(|(_, end)| *end <= finding.span.start);
        if free && !finding.span.is_empty() {
            used.insert(finding.span.start, finding.span.end);
        }
        free && !finding.span.is_empty()
    });
    found.sort_by_key(|finding| finding.span.start);
    found
}

/// Searches a text and what is encoded in it; `depth` counts the encodings already taken off.
fn walk(catalogue: &Catalogue, text: &[u8], how: Look, depth: [u8; 2], found: &mut Vec<Finding>) {
    let first = found.len();
    let suspect = search(catalogue, text, how, found);
    if !suspect && how == Look::Likely {
        return;
    }
    for (index, encoding) in Encoding::ALL.into_iter().enumerate() {
        let mut deeper = depth;
        let Some(count) = deeper.get_mut(index) else { continue };
        *count += 1;
        if *count > encoding.depth() || depth.iter().sum::<u8>() >= DEPTH {
            continue;
        }
        let Some(layer) = Layer::split(encoding, text) else { continue };
        for finding in found.iter_mut().skip(first) {
            layer.snap(&mut finding.span.start, &mut finding.span.end);
        }
        let mut inner = Vec::new();
        walk(catalogue, &layer.text, how, deeper, &mut inner);
        found.extend(inner.into_iter().map(|finding| {
            let span = layer.outer(encoding, text, &finding.span);
            Finding { span, quote: encoding.quote(&finding.quote), ..finding }
        }));
    }
}

/// Searches a text as it stands. Says whether anything may be found in it or behind its encodings.
fn search(catalogue: &Catalogue, text: &[u8], how: Look, found: &mut Vec<Finding>) -> bool {
    let mut suspect = hides_something(text);
    let mut windows: Vec<(usize, Range<usize>)> = Vec::new();
    catalogue.sieve.each(text, &mut |keyword, start| {
        suspect = true;
        let rules = catalogue.wanted.get(keyword).into_iter().flatten();
        windows.extend(rules.map(|rule| (*rule, window(catalogue, *rule, text, start))));
        false
    });
    let leads = (how == Look::Likely).then_some(&catalogue.leads);
    runs::each_random(text, leads, |run| {
        suspect = true;
        look(catalogue, text, run, &mut windows, found);
        false
    });
    windows.sort_unstable_by_key(|(rule, window)| (*rule, window.start));
    let mut windows = windows.into_iter().peekable();
    while let Some((rule, mut window)) = windows.next() {
        while let Some((_, next)) =
            windows.next_if(|(other, next)| *other == rule && next.start <= window.end)
        {
            window.end = window.end.max(next.end);
        }
        if let Some(compiled) = catalogue.rules.get(rule) {
            matches(catalogue, rule, compiled, text, window, found);
        }
    }
    suspect
}

/// Tries the rules that ask for a random run, or notes where to try them.
fn look(
    catalogue: &Catalogue,
    text: &[u8],
    run: &Range<usize>,
    windows: &mut Vec<(usize, Range<usize>)>,
    found: &mut Vec<Finding>,
) {
    for rule in &catalogue.at_runs {
        let look = match catalogue.rules.get(*rule).map(|rule| rule.check) {
            Some(Check::Prefixed) => runs::prefixed(text, run),
            Some(Check::Announced) => runs::announced(text, run),
            _ if !may_begin(catalogue, *rule, text, run) => continue,
            _ => {
                windows.push((*rule, window(catalogue, *rule, text, run.start)));
                continue;
            }
        };
        if let (Some(span), Some(compiled)) = (look, catalogue.rules.get(*rule)) {
            keep(catalogue, *rule, compiled, text, span, false, found);
        }
    }
}

/// Whether what the rule's matches begin with stands at the run or shortly before.
fn may_begin(catalogue: &Catalogue, rule: usize, text: &[u8], run: &Range<usize>) -> bool {
    let around = text.get(run.start.saturating_sub(BEFORE)..run.end).unwrap_or_default();
    let lead = catalogue.rules.get(rule).map_or(&[][..], |rule| &rule.lead);
    lead.is_empty() || memchr::memmem::find(around, lead).is_some()
}

fn window(catalogue: &Catalogue, rule: usize, text: &[u8], at: usize) -> Range<usize> {
    let reach = catalogue.rules.get(rule).map_or(0, |rule| rule.reach);
    at.saturating_sub(BEFORE)..text.len().min(at + reach)
}

/// Every match of one rule in a window. A match that reaches the window's end is looked at again
/// in a larger one.
fn matches(
    catalogue: &Catalogue,
    index: usize,
    rule: &Compiled,
    text: &[u8],
    window: Range<usize>,
    found: &mut Vec<Finding>,
) {
    let mut end = window.end;
    let most = text.len().min(window.end + REACH_MOST);
    let mut at = window.start;
    while at < end {
        let part = text.get(..end).unwrap_or_default();
        // Groups are asked for only where something is found: they are allocated.
        if rule.regex.find_at(part, at).is_none() {
            return;
        }
        let Some(captures) = rule.regex.captures_at(part, at) else { return };
        let Some(whole) = captures.get(0) else { return };
        if whole.end() == end && end < most {
            end = most.min(end + (end - window.start).max(rule.reach));
            continue;
        }
        let secret = match rule.group {
            Some(group) => captures.get(group),
            None => captures.iter().skip(1).flatten().next().or(Some(whole)),
        };
        let Some(secret) = secret else { return };
        let span = secret.start()..secret.end();
        let taken = accepts(rule, text, &captures, &span)
            .is_some_and(|quote| keep(catalogue, index, rule, text, span.clone(), quote, found));
        at =
            if taken { span.end.max(whole.start() + 1) } else { span.start.max(whole.start() + 1) };
    }
}

/// Notes a finding, unless its value is allowed or has too little entropy; whether it did.
fn keep(
    catalogue: &Catalogue,
    index: usize,
    rule: &Compiled,
    text: &[u8],
    span: Range<usize>,
    quote: bool,
    found: &mut Vec<Finding>,
) -> bool {
    let Some(secret) = text.get(span.clone()).filter(|secret| !secret.is_empty()) else {
        return false;
    };
    if rule.entropy > 0.0 && entropy(secret) < rule.entropy {
        return false;
    }
    if !catalogue.allow.is_empty() {
        let meant = meant(secret);
        if catalogue.allow.iter().any(|allow| allow.is_match(secret) || allow.is_match(&meant)) {
            return false;
        }
    }
    let quote = if quote { "\"".to_owned() } else { String::new() };
    found.push(Finding { rule: index, span, mark: mark(&catalogue.key, &rule.id, secret), quote });
    true
}

/// Whether a match is what its rule means, and whether its replacement needs quotation marks.
fn accepts(
    rule: &Compiled,
    text: &[u8],
    captures: &Captures<'_>,
    span: &Range<usize>,
) -> Option<bool> {
    let whole = captures.get(0)?;
    let alphanumeric =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    if rule.bounded
        && (alphanumeric(whole.start().checked_sub(1)) || alphanumeric(Some(whole.end())))
    {
        return None;
    }
    let value = text.get(span.clone())?;
    let fits = match rule.check {
        Check::None => true,
        Check::Strong => strong(value),
        Check::Filled => !placeholder(value),
        Check::Given => given(rule, whole.as_bytes(), value),
        Check::Pair => pair::is_pair(value),
        Check::Password => named(text, whole.start(), span)?.is_password(),
        Check::Secret => named(text, whole.start(), span)?.is_secret(),
        Check::Prefixed | Check::Announced => false,
    };
    let quote = matches!(rule.check, Check::Password | Check::Secret) && needs_quotes(text, span);
    fits.then_some(quote)
}

/// Words that go on after a flag in a sentence.
const PROSE: &[&[u8]] = &[
    b"and",
    b"or",
    b"is",
    b"the",
    b"flag",
    b"option",
    b"for",
    b"to",
    b"with",
    b"from",
    b"in",
    b"on",
    b"that",
    b"this",
    b"which",
    b"must",
    b"when",
    b"argument",
    b"instead",
    b"here",
    b"then",
    b"only",
    b"also",
    b"alone",
    b"itself",
    b"takes",
    b"gives",
    b"does",
    b"will",
    b"should",
    b"store",
    b"reset",
    b"into",
    b"prints",
    b"shows",
];

/// What follows a flag: a password whatever it is, a key or a token if it looks like one.
fn given(rule: &Compiled, whole: &[u8], value: &[u8]) -> bool {
    if placeholder(value) || PROSE.contains(&value.to_ascii_lowercase().as_slice()) {
        return false;
    }
    if rule.id != "secret-flag" {
        return true;
    }
    let lower = whole.to_ascii_lowercase();
    memchr::memmem::find(&lower, b"pass").is_some()
        && !value.starts_with(b"-")
        && !value.starts_with(b"/")
        || strong(value)
}

/// The name whose value a match is.
fn named<'t>(text: &'t [u8], start: usize, span: &Range<usize>) -> Option<Named<'t>> {
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let head = text.get(..start)?;
    let from = start - head.iter().rev().take(64).take_while(part).count();
    let to = start + text.get(start..span.start)?.iter().take_while(part).count();
    let between = text.get(to..span.start)?;
    let quoted = matches!(between.last(), Some(b'"' | b'\'' | b'`'));
    Some(Named {
        name: text.get(from..to)?,
        value: text.get(span.clone())?,
        quoted,
        tight: between == b"=",
        next: text.get(span.end).copied().unwrap_or(0),
    })
}

/// A bare value after a JSON key, as a number is.
fn needs_quotes(text: &[u8], span: &Range<usize>) -> bool {
    let mut before = text
        .get(..span.start)
        .unwrap_or_default()
        .iter()
        .rev()
        .skip_while(|byte| byte.is_ascii_whitespace());
    before.next() == Some(&b':') && before.find(|byte| !byte.is_ascii_whitespace()) == Some(&b'"')
}

/// Whether the value of an attribute of this name is a secret: the rule's id.
pub(crate) fn attribute_rule(name: &str, value: &str) -> Option<&'static str> {
    let named = Named {
        name: name.as_bytes(),
        value: value.as_bytes(),
        quoted: true,
        tight: false,
        next: 0,
    };
    match naming::class(name)? {
        naming::Class::Password => named.is_password().then_some("password-named-value"),
        naming::Class::Secret => named.is_secret().then_some("secret-value"),
    }
}
