//! Whether the value of a name is a secret: `password = …`, `"apiKey": "…"`, `TOKEN=…`.

use super::value::{mix, placeholder, strong, wordy};

/// A name, its value, and how the value stands there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'t> {
    /// The name as far as its characters reach, without quotes.
    pub name: &'t [u8],
    /// The value without its quotes.
    pub value: &'t [u8],
    /// Whether the value stands in quotes.
    pub quoted: bool,
    /// Whether nothing but `=` stands between name and value.
    pub tight: bool,
    /// The byte after the value, 0 at the end.
    pub next: u8,
}

/// What a name ends in if its value tells of a secret without being one.
const TELLING: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "type",
    "types",
    "count",
    "counts",
    "length",
    "len",
    "limit",
    "limits",
    "size",
    "file",
    "files",
    "path",
    "paths",
    "dir",
    "url",
    "uri",
    "field",
    "fields",
    "ttl",
    "expiry",
    "expires",
    "expires_in",
    "expiration",
    "timeout",
    "env",
    "env_var",
    "ref",
    "arn",
    "policy",
    "regex",
    "pattern",
    "prompt",
    "format",
    "version",
    "provider",
    "manager",
    "store",
    "usage",
    "budget",
    "present",
    "required",
    "enabled",
    "prefix",
    "label",
    "index",
    "status",
    "scopes",
    "scope",
    "algorithm",
    "alg",
    "method",
    "mode",
    "source",
    "region",
    "host",
    "port",
    "endpoint",
];

/// What comes before the last word of a name if its value is no secret.
const HARMLESS: &[&str] = &[
    "next",
    "page",
    "continuation",
    "nextpage",
    "sync",
    "cancellation",
    "cancel",
    "public",
    "cache",
    "primary",
    "foreign",
    "sort",
    "partition",
    "idempotency",
    "dedupe",
    "dedup",
    "row",
    "hash",
    "group",
    "routing",
    "map",
    "object",
    "bucket",
    "shortcut",
    "hot",
    "pub",
    "lookup",
    "unique",
    "max",
    "min",
    "input",
    "output",
    "total",
    "known",
];

impl Named<'_> {
    /// Whether the value is that of a password.
    pub(crate) fn is_password(&self) -> bool {
        if self.is_telling() || placeholder(self.value) || self.is_code() {
            return false;
        }
        let mix = mix(self.value);
        let spaced = self.value.iter().any(u8::is_ascii_whitespace);
        if spaced {
            let phrase = self.name.to_ascii_lowercase().ends_with(b"phrase");
            return self.quoted && phrase && self.value.len() >= 12;
        }
        let letters = mix.lower + mix.upper;
        let marked = (mix.digits > 0 || mix.other > 0) && letters > 0;
        if self.quoted {
            return self.value.len() >= 6
                && ((marked && !name_like(self.value))
                    || (letters == 0 && mix.digits >= 6)
                    || mixed_letters(self.value));
        }
        if self.tight && self.is_environment() {
            return self.value.len() >= 4 && (letters >= 4 || marked || mix.digits >= 4);
        }
        self.value.len() >= 6
            && ((marked && !name_like(self.value))
                || (letters == 0 && mix.digits >= 6)
                || mixed_letters(self.value))
    }

    /// Whether the value is that of a key, a token, a secret.
    pub(crate) fn is_secret(&self) -> bool {
        !self.is_telling()
            && !self.is_harmless()
            && !self.is_code()
            && strong(self.value)
            && !self.value.iter().any(u8::is_ascii_whitespace)
            && !self.is_address()
            && (!self.is_bare_key() || !is_id(self.value))
    }

    /// `SCREAMING_CASE`, as in an environment.
    fn is_environment(&self) -> bool {
        self.name.iter().all(|byte| !byte.is_ascii_lowercase()) && self.name.contains(&b'_')
            || self.name.iter().all(u8::is_ascii_uppercase)
    }

    fn is_telling(&self) -> bool {
        let words = words(self.name);
        words.iter().any(|word| TELLING.contains(&word.as_str()))
            && !words.last().is_some_and(|last| SECRET_WORDS.contains(&last.as_str()))
    }

    fn is_harmless(&self) -> bool {
        words(self.name).iter().rev().skip(1).any(|word| HARMLESS.contains(&word.as_str()))
    }

    /// A name that ends in `key`, `sid`, `cert`, and says no more.
    fn is_bare_key(&self) -> bool {
        let words = words(self.name);
        !words.iter().any(|word| {
            matches!(
                word.as_str(),
                "api"
                    | "apikey"
                    | "access"
                    | "secret"
                    | "private"
                    | "auth"
                    | "token"
                    | "signing"
                    | "client"
                    | "license"
                    | "app"
                    | "service"
                    | "password"
            )
        })
    }

    /// A URL or a path: what is secret in a URL has rules of its own.
    fn is_address(&self) -> bool {
        let scheme = self.value.windows(3).any(|window| window == b"://");
        let path = matches!(self.value, [b'/' | b'.' | b'~', ..] | [_, b':', b'\\' | b'/', ..])
            && memchr::memchr_iter(b'/', self.value).count() >= 2;
        scheme || path
    }

    /// A call, an index, a path of names, a type: what stands in code in place of a value.
    fn is_code(&self) -> bool {
        let value = self.value;
        if self.quoted {
            // The quotation mark closed a string, and the value is what comes after it.
            return matches!(value, [b',' | b':' | b']' | b'}' | b')' | b';', ..]);
        }
        matches!(self.next, b'(' | b'[' | b'{' | b'<' | b'|')
            || value
                .windows(2)
                .any(|pair| pair == b"::" || pair == b"->" || pair == b"=>" || pair == b"==")
            || matches!(
                value,
                [
                    b'.' | b'-'
                        | b'='
                        | b'!'
                        | b'?'
                        | b'+'
                        | b'~'
                        | b'^'
                        | b'/'
                        | b'\\'
                        | b':'
                        | b'#',
                    ..
                ]
            )
            || (value.contains(&b'.') && dotted_names(value))
    }
}

/// Words with which the name of a secret ends.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "secret",
    "token",
    "key",
    "apikey",
    "credential",
    "credentials",
];

/// The words of a name, in small letters: `clientSecretName` is `client`, `secret`, `name`.
fn words(name: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = 0_u8;
    for byte in name {
        let camel = byte.is_ascii_uppercase() && before.is_ascii_lowercase();
        if (camel || !byte.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if byte.is_ascii_alphanumeric() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        before = *byte;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// `self.password1`, `config.db.pass`: names with dots between them.
fn dotted_names(value: &[u8]) -> bool {
    value.split(|byte| *byte == b'.').all(|piece| {
        piece.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
            && piece.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && wordy(piece)
    })
}

/// `db_password`, `user-secret`, `path/to/file`: a name or an address without a digit.
fn name_like(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':'))
}

/// Letters of both cases that no word has: `QwErTyUiOp`.
fn mixed_letters(value: &[u8]) -> bool {
    let mix = mix(value);
    value.len() >= 8 && mix.other == 0 && mix.upper >= 2 && mix.lower >= 2 && !wordy_case(value)
}

fn wordy_case(value: &[u8]) -> bool {
    let mix = mix(value);
    mix.case_turns + 1 >= mix.upper.max(1) && value.len() / (mix.case_turns + 1) >= 3
}

/// A UUID or a digest: the value of a key that finds something, not of one that opens it.
pub(crate) fn is_id(value: &[u8]) -> bool {
    let hex = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
    let uuid = value.len() == 36
        && value.split(|byte| *byte == b'-').map(<[u8]>::len).eq([8, 4, 4, 4, 12])
        && value.split(|byte| *byte == b'-').all(hex);
    uuid || (hex(value) && matches!(value.len(), 16 | 32 | 40 | 56 | 64 | 96 | 128))
}

/// What an attribute's name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A password.
    Password,
    /// A key, a token, a secret.
    Secret,
}

/// Whether a word stands in a name, in any case.
pub(crate) fn holds(name: &str, word: &str) -> bool {
    name.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether the last word of a name says that the value is an id.
pub(crate) fn is_id_name(name: &str) -> bool {
    let last = name.rsplit(['.', '_', '-']).next().unwrap_or_default();
    last.eq_ignore_ascii_case("id") || last.eq_ignore_ascii_case("ids")
}

/// What a name says of its value; `None` if nothing.
pub(crate) fn class(name: &str) -> Option<Class> {
    // Most names have none of these, and words cost.
    if !["pass", "secret", "key", "credential", "token"].iter().any(|part| holds(name, part)) {
        return None;
    }
    let words = words(name.as_bytes());
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if has(&["password", "passwd", "passphrase", "passcode", "passwort"]) {
        return Some(Class::Password);
    }
    let pairs = || words.iter().zip(words.iter().skip(1));
    let key = pairs().any(|(first, second)| {
        second == "key"
            && matches!(
                first.as_str(),
                "api"
                    | "access"
                    | "private"
                    | "auth"
                    | "signing"
                    | "encryption"
                    | "license"
                    | "master"
                    | "account"
                    | "service"
                    | "app"
            )
    });
    let ends = |word: &str| words.last().is_some_and(|last| last == word);
    (key || has(&["secret", "apikey", "credential", "credentials"]) || ends("token"))
        .then_some(Class::Secret)
}
