//! Secrets gone before anything but the log sees them.
//!
//! A [`Redactor`] holds the rules. It is cheap to clone and to share, reads no clock and does no
//! IO. What it finds it replaces by
//!
//! ```text
//! [redacted:<rule>:<8 hex digits>]
//! ```
//!
//! The digits are of a keyed hash (BLAKE3) over the secret as it is meant, decoded and without
//! white space, so equal secrets stay equal wherever and however encoded they stand, and nobody
//! without the key can try guesses. What already has that form is never touched, and a text is
//! searched until nothing is found: redacting twice is redacting once.
//!
//! **What is replaced.** Only the secret: the name, the header, the flag, the rest of the URL stay
//! readable. Where two rules meet, the more specific stays: a private key, a rule of one's own, the
//! format of a vendor, a place (a header, a URL, a file of a known form), a name that says that its
//! value is a secret, a look that says so; on a par the longer text.
//!
//! **Encodings.** A text is also searched behind JSON escapes, up to three deep (JSON in JSON in
//! JSON), and behind percent-encoding, up to two deep, in any order, four in all. A replacement cuts
//! no escape in two and takes quotation marks along where a bare number stood after a JSON key, so
//! what was JSON or percent-encoded stays so. Base64 is looked into in Basic and Docker credentials,
//! in values of bytes, and in fields no version of OTLP knows; elsewhere it is not. What `+` means
//! in a form is not decoded.
//!
//! **Fields.** `process.command_args` is replaced whole. A field that is a URL (`url.full`,
//! `url.original`, `http.url`, `http.target`, `url.query`, the column `url`) keeps the names of its
//! query and loses their values; in any other text only what is called or looks like a secret goes.
//! The value of an attribute is also judged by its key. Lists are searched as their JSON text and
//! stay lists. Bytes that are text are redacted and stay bytes; bytes that are not lose everything
//! if anything is found in them, and so do unknown fields (`otlp.unknown` and its like) and lists
//! that hold bytes. Keys are searched like texts. Numbers that are no integers are not.
//!
//! **Cost.** [`Redactor::suspects`] looks at the bytes of a record as they came, once, and only a
//! record that it suspects is walked: on the wire strings are contiguous, so every keyword of a
//! rule, every random-looking run and every mark of an encoding that a walk would find shows there.
//! It judges at the place: a name that has no value behind it, or a random run that nothing
//! announces and that has no prefix, makes no suspect. A text is searched by the same look, and
//! encodings are taken off only where it suspects something.
//! The one exception is on purpose pathological: a sender that writes the value of an attribute
//! before its key hides the keys `…token` and the like from it.
//!
//! **Limits.** No text is too long: beyond 1 MiB it is searched in pieces that overlap by 64 KiB, in
//! time that grows with its length. A secret of over 64 KiB may lose only a part. A text is searched
//! at most eight times over.
//!
//! What it cannot do: know a secret that is a plain word, or looks like an id or a digest, where
//! nothing says that it is one.

mod catalogue;
mod fields;
mod layers;
mod mark;
mod naming;
mod pair;
mod profile;
mod rows;
mod rule;
mod rules;
mod runs;
mod scan;
mod settings;
mod sieve;
mod value;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use catalogue::Catalogue;
use scan::Look;

pub(crate) use fields::COMMAND_ARGS_RULE;
pub use profile::{FieldRule, PROFILE_FIELDS, Profile};
pub use rows::add_counts;
pub use settings::{OwnRule, RedactError, RedactSettings, RuleFault};

/// A text is searched at most so often.
const ROUNDS: usize = 8;

/// Finds secrets and replaces them.
#[derive(Clone, Default)]
pub struct Redactor(Option<Arc<Catalogue>>);

/// Says how many rules there are; never the key.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.0.as_ref().map_or(0, |catalogue| catalogue.rules.len());
        write!(f, "Redactor({rules} rules)")
    }
}

/// What a rule is called and what it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo {
    /// The id, as it stands in replacements and in `redactions`.
    pub id: String,
    /// What it finds, in a few words.
    pub about: String,
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text with its replacements.
    pub text: String,
    /// What was replaced, in order.
    pub hits: Vec<Hit>,
}

/// One secret that was replaced. Does not hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule's id.
    pub rule: String,
    /// Where it stood, in bytes of the text that was searched.
    pub span: Range<usize>,
    /// The line it stood in, from 1.
    pub line: usize,
    /// What stands in its place.
    pub mark: String,
}

impl Redactor {
    /// A redactor with the rules that come with Seam, as the settings change them.
    ///
    /// # Errors
    /// Everything that is wrong with the settings, at once.
    pub fn new(settings: &RedactSettings) -> Result<Self, RedactError> {
        Catalogue::new(settings).map(|catalogue| Self(Some(Arc::new(catalogue))))
    }

    /// A redactor that finds nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// Whether it looks for anything.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the encoded record, resource, scope or metric may hold a secret. May say yes
    /// without need, never no where one would be found.
    pub fn suspects(&self, raw: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|catalogue| {
            catalogue.sieve.hit(raw)
                || sieve::hides_something(raw)
                || runs::each_random(raw, Some(&catalogue.leads), |_| true)
        })
    }

    /// The text without its secrets.
    pub fn text(&self, text: &str) -> Redacted {
        self.redact(text).unwrap_or_else(|| Redacted { text: text.to_owned(), hits: Vec::new() })
    }

    /// The rules that are applied, in order of their ids.
    pub fn rules(&self) -> Vec<RuleInfo> {
        let Some(catalogue) = &self.0 else { return Vec::new() };
        let on = |id: &str| match id {
            fields::COMMAND_ARGS_RULE => catalogue.command_args,
            _ => catalogue.url_query,
        };
        let fields = fields::RULES.iter().filter(|(id, _)| on(id));
        let fields =
            fields.map(|(id, about)| RuleInfo { id: (*id).to_owned(), about: (*about).to_owned() });
        let rules = catalogue.rules.iter();
        let mut all: Vec<RuleInfo> = rules
            .map(|rule| RuleInfo { id: rule.id.clone(), about: rule.about.clone() })
            .chain(fields)
            .collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// The text without its secrets; `None` if it holds none.
    fn redact(&self, text: &str) -> Option<Redacted> {
        self.redact_by(text, Look::Likely)
    }

    fn redact_by(&self, text: &str, how: Look) -> Option<Redacted> {
        let catalogue = self.0.as_deref()?;
        let mut edits: Vec<Edit> = Vec::new();
        let mut current = Cow::Borrowed(text);
        for _ in 0..ROUNDS {
            let found = scan::find(catalogue, current.as_bytes(), how);
            if found.is_empty() {
                break;
            }
            let placed: Vec<Edit> = found
                .iter()
                .map(|finding| Edit::of(finding, catalogue, text, &current, &edits))
                .collect();
            edits.extend(placed);
            edits.sort_by_key(|edit| edit.span.start);
            current = Cow::Owned(rewrite(text, &edits));
        }
        let replaced = !edits.is_empty();
        replaced.then(|| Redacted { text: current.into_owned(), hits: hits(text, edits) })
    }

    fn key_and_catalogue(&self) -> Option<(&[u8; 32], &Catalogue)> {
        self.0.as_deref().map(|catalogue| (&catalogue.key, catalogue))
    }

    /// Whether a rule is applied.
    fn has(&self, id: &str) -> bool {
        self.0.as_ref().is_some_and(|catalogue| catalogue.rules.iter().any(|rule| rule.id == id))
    }
}

/// One replacement, in the text that was given.
struct Edit {
    rule: String,
    span: Range<usize>,
    mark: String,
    replacement: String,
}

impl Edit {
    /// A finding of a later round, brought back to the text that was given.
    fn of(
        finding: &scan::Finding,
        catalogue: &Catalogue,
        text: &str,
        current: &str,
        edits: &[Self],
    ) -> Self {
        let mut span = finding.span.clone();
        while !current.is_char_boundary(span.start) {
            span.start -= 1;
        }
        while !current.is_char_boundary(span.end) {
            span.end += 1;
        }
        let original = |at: usize| {
            let mut shift = 0_isize;
            for edit in edits {
                let length = edit.replacement.len().cast_signed() - edit.span.len().cast_signed();
                let end = edit.span.end.cast_signed() + shift + length;
                if end > at.cast_signed() {
                    break;
                }
                shift += length;
            }
            at.checked_add_signed(-shift).unwrap_or(0).min(text.len())
        };
        Self {
            rule: catalogue.rules.get(finding.rule).map(|rule| rule.id.clone()).unwrap_or_default(),
            span: original(span.start)..original(span.end),
            mark: finding.mark.clone(),
            replacement: finding.replacement(),
        }
    }
}

/// The text with all replacements made.
fn rewrite(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start).unwrap_or_default());
        out.push_str(&edit.replacement);
        at = edit.span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn hits(text: &str, edits: Vec<Edit>) -> Vec<Hit> {
    let mut line = 1;
    let mut counted = 0;
    let lines = |part: &str| part.bytes().filter(|byte| *byte == b'\n').count();
    edits
        .into_iter()
        .map(|edit| {
            line += lines(text.get(counted..edit.span.start).unwrap_or_default());
            counted = edit.span.start;
            Hit { rule: edit.rule, span: edit.span, line, mark: edit.mark }
        })
        .collect()
}

#[cfg(test)]
mod tests;
