//! What a rule is: the data of one kind of secret.

/// What must follow a keyword for a record to be worth a walk. Only ever looks to the right:
/// on the wire the byte before a string is its length, which may look like a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Anything, or nothing.
    Any,
    /// Not a letter, digit or underscore: the word ends here.
    WordEnd,
    /// The word's end, what may stand between a name and its value, and a value that is no word.
    Value,
    /// What may stand between a header and its value.
    Header,
    /// At least so many bytes that a token may consist of.
    Token(u8),
    /// The rest of a URL with a password, a token or a query in it.
    Url,
}

/// What is asked of a secret beside its regex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Nothing but the entropy.
    None,
    /// Random enough to be no word, no name, no reference.
    Strong,
    /// Not a placeholder, a type, a variable.
    Filled,
    /// Base64 of a text with a colon in it.
    Pair,
    /// The value of something called a password.
    Password,
    /// The value of something called a key, a token or a secret.
    Secret,
    /// The header's or flag's value: what follows is a secret unless it is a placeholder.
    Given,
    /// A run of letters and digits whose prefix tells that it is a token.
    Prefixed,
    /// A run of letters and digits after a word that tells what it is.
    Announced,
}

/// Which of two hits on the same bytes stays: the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// Holds others: private keys.
    Whole,
    /// Rules of the one who runs Seam.
    Own,
    /// The format of one vendor.
    Vendor,
    /// A place that holds secrets: a header, a URL, a file of a known form.
    Place,
    /// A name that says that its value is a secret.
    Name,
    /// A look that says so.
    Look,
}

/// One kind of secret.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// The id, in kebab-case: stands in the replacement and in `redactions`.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub about: &'static str,
    /// Texts of which one stands in every such secret, or near it. ASCII, any case, three bytes or
    /// more; three only with [`Tail::Token`].
    pub keywords: &'static [&'static str],
    /// What must follow each keyword.
    pub tail: Tail,
    /// The bytes to look for. The first group that took part is the secret, else the whole match.
    pub regex: &'static str,
    /// Which rule stays on the same bytes.
    pub tier: Tier,
    /// The least entropy of the secret, in bits per byte.
    pub entropy: f64,
    /// What else is asked.
    pub check: Check,
    /// No letter or digit may stand on either side of the match.
    pub bounded: bool,
    /// How far from a keyword the secret may end before the search looks further.
    pub reach: usize,
    /// Is also tried at every random-looking run of letters and digits.
    pub runs: bool,
}

/// Below this a vendor's token is a row of `x`.
const LEAST_ENTROPY: f64 = 2.4;

/// A vendor's token that begins with its keyword.
pub(crate) const fn token(
    id: &'static str,
    about: &'static str,
    keywords: &'static [&'static str],
    regex: &'static str,
) -> Rule {
    Rule {
        id,
        about,
        keywords,
        tail: Tail::Token(10),
        regex,
        tier: Tier::Vendor,
        entropy: LEAST_ENTROPY,
        check: Check::None,
        bounded: true,
        reach: 600,
        runs: false,
    }
}

/// A vendor's token that has no keyword of its own, but looks random.
pub(crate) const fn run(id: &'static str, about: &'static str, regex: &'static str) -> Rule {
    Rule { runs: true, ..token(id, about, &[], regex) }
}

/// A vendor's secret that is known by what stands around it.
pub(crate) const fn near(
    id: &'static str,
    about: &'static str,
    keywords: &'static [&'static str],
    regex: &'static str,
) -> Rule {
    Rule { tail: Tail::Any, bounded: false, ..token(id, about, keywords, regex) }
}

/// A place that holds secrets.
pub(crate) const fn place(
    id: &'static str,
    about: &'static str,
    keywords: &'static [&'static str],
    regex: &'static str,
    check: Check,
) -> Rule {
    Rule { tier: Tier::Place, entropy: 0.0, check, ..near(id, about, keywords, regex) }
}

impl Rule {
    /// With another tail.
    pub(crate) const fn tail(self, tail: Tail) -> Self {
        Self { tail, ..self }
    }

    /// With another tier.
    pub(crate) const fn tier(self, tier: Tier) -> Self {
        Self { tier, ..self }
    }

    /// With a longer reach.
    pub(crate) const fn reach(self, reach: usize) -> Self {
        Self { reach, ..self }
    }

    /// With another check.
    pub(crate) const fn check(self, check: Check) -> Self {
        Self { check, ..self }
    }

    /// With another least entropy.
    pub(crate) const fn entropy(self, entropy: f64) -> Self {
        Self { entropy, ..self }
    }
}

/// The regex of a secret that is known by its vendor's name before it and by its form: the name,
/// up to 40 characters of a name, what stands between a name and a value, the value.
macro_rules! named {
    ($name:literal, $body:literal) => {
        concat!(
            "(?i)(?:",
            $name,
            r#")[a-z0-9_. \-]{0,40}["'`]?[ \t]{0,4}(?:=>|:=|=|:|,|[ \t]is[ \t])[ \t]{0,4}["'`]?("#,
            $body,
            r")(?:[^a-z0-9_+/\-]|$)"
        )
    };
}
pub(crate) use named;
