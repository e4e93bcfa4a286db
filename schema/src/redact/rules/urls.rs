//! Credentials in URLs.

use crate::redact::rule::{Check, Rule, Tail, place};

pub(super) const RULES: &[Rule] = &[
    place(
        "url-password",
        "password in a URL",
        &["://", r":\/\/"],
        r#"(?i)[a-z][a-z0-9+.\-]{1,24}://[^\s:/?#@"'<>`\\]{0,128}:([^\s/?#"'<>`\\]{2,256})@[^\s@"'<>`\\]"#,
        Check::Given,
    )
    .tail(Tail::Url),
    place(
        "url-user-token",
        "token in place of a user in a URL",
        &["://", r":\/\/"],
        r#"(?i)[a-z][a-z0-9+.\-]{1,24}://([a-z0-9_\-]{20,256})@[^\s@"'<>`\\]"#,
        Check::Strong,
    )
    .tail(Tail::Url),
];
