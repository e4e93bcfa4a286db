//! What the one who runs Seam may say of redaction, and what can be wrong with it.

use std::fmt;

use thiserror::Error;

/// What to redact. The default has every rule that comes with Seam, and a key of zeros.
#[derive(Clone, Default)]
pub struct RedactSettings {
    /// The key of the hash in a replacement. Whoever has it can try guesses.
    pub key: [u8; 32],
    /// The ids of rules that come with Seam and shall not be applied.
    pub disabled: Vec<String>,
    /// Regexes of values that are never replaced; one that matches anywhere in a value is enough.
    pub allow: Vec<String>,
    /// Rules beyond those that come with Seam.
    pub own: Vec<OwnRule>,
}

/// Hides the key and what the regexes say.
impl fmt::Debug for RedactSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactSettings")
            .field("disabled", &self.disabled)
            .field("allow", &self.allow.len())
            .field("own", &self.own.len())
            .finish_non_exhaustive()
    }
}

/// A rule of the one who runs Seam. Its regex works on bytes: `\w`, `\d`, `\b` and `(?i)` mean
/// ASCII, and `.` is any byte but a line's end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnRule {
    /// The id, in kebab-case, at most 64 characters, and that of no other rule.
    pub id: String,
    /// What to look for.
    pub regex: String,
    /// Texts of which one stands in the secret or within 80 bytes before or 600 after its start:
    /// ASCII, any case, at least four characters each. Only near one of them the regex is tried.
    pub keywords: Vec<String>,
    /// The group of the regex that is the secret; 0 is the whole match.
    pub secret_group: usize,
    /// The least Shannon entropy of the secret, in bits per byte.
    pub entropy: Option<f64>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot build the redaction rules: {}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct RedactError {
    /// One for each thing that is wrong; at least one.
    pub faults: Vec<RuleFault>,
}

/// One thing that is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("rule `{rule}`: {reason}")]
pub struct RuleFault {
    /// The rule's id, or `allow 2` for the second regex of the allow-list.
    pub rule: String,
    /// What is wrong, and what to do.
    pub reason: String,
}
