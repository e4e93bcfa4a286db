//! Values of what is called a password, a key, a token or a secret, and what looks like one.

use crate::redact::rule::{Check, Rule, Tail, Tier, place, run, token};

/// A rule for the values of names.
const fn name(
    id: &'static str,
    about: &'static str,
    keywords: &'static [&'static str],
    regex: &'static str,
    check: Check,
) -> Rule {
    place(id, about, keywords, regex, check).tier(Tier::Name).tail(Tail::WordEnd)
}

/// What stands between a name and its value, and the value: quoted in one of three ways, or bare.
macro_rules! assigned {
    ($name:literal) => {
        concat!(
            "(?i)(?:",
            $name,
            r#")(?:["'`]?\]?[ \t]{0,8}(?:=>|:=|==?|:)[ \t]{0,8}|","value":\{"stringvalue":|[ \t]{1,4}(?:is|was)[: \t]{1,4})"#,
            r#"(?:"((?:[^"\\\r\n]|\\[^\r\n]){3,})|'([^'"\\\r\n]{3,})|`([^`"\\\r\n]{3,})"#,
            r#"|([^\s"'`,;&<>(){}\[\]|\\]{3,}))"#
        )
    };
}

pub(super) const RULES: &[Rule] = &[
    name(
        "password-value",
        "value of something called a password",
        &[
            "_pwd", "pwd=", "pwd:", "pwd\"", "pwd\\", "dbpwd", "pwd\x12", "_pass", "-pass", ".pass", "dbpass",
            "userpass", "pass=", "pass:", "pass\"", "pass\\", "pass\x12",
        ],
        assigned!(r"pwd|pass"),
        Check::Password,
    ),
    name(
        "password-named-value",
        "value of something whose name begins with password",
        &["password", "passwd", "passphrase", "passwort", "passcode"],
        assigned!(r"(?:password|passwd|passphrase|passwort|passcode)[a-z0-9_.\-]{0,24}"),
        Check::Password,
    )
    .tail(Tail::Any),
    name(
        "secret-value",
        "value of something called a secret, a key, a credential",
        &[
            "secret", "api_key", "apikey", "api-key", "api key", "access_key", "accesskey", "access-key",
            "access key", "private_key", "privatekey", "private-key", "credential", "auth_key", "authkey",
            "auth-key", "signing_key", "signingkey", "encryption_key", "encryptionkey", "license_key",
            "licensekey", "master_key", "masterkey", "account_key", "accountkey", "webhook", "service_key",
            "servicekey", "app_key", "appkey",
        ],
        assigned!(
            r"(?:secret|api[_\- ]?key|(?:access|private|auth|signing|encryption|license|master|account|service|app)[_\- ]?key|credential|webhook)[a-z0-9_.\-]{0,24}"
        ),
        Check::Secret,
    )
    .tail(Tail::Any),
    name(
        "token-value",
        "value of something called a token",
        &["token"],
        assigned!(r"token"),
        Check::Secret,
    )
    .tail(Tail::Value),
    name(
        "key-value",
        "value of something that is some sort of key, signature or code",
        &["_key", "-key", "?key=", "&key=", "key is", "_dsn", "_pat", "jwt=", "signature", "_auth", "_sid", "_cert"],
        assigned!(r"[a-z0-9](?:[_\-](?:key|dsn|pat|auth|sid|cert))|[?&]key|key|jwt|signature"),
        Check::Secret,
    ),
    place(
        "secret-element",
        "XML element called a password, a token or a secret",
        &["password>", "secret>", "token>", "apikey>", "passphrase>", "api_key>"],
        r"(?i)<[a-z0-9_.:\-]{0,40}(?:password|secret|token|api_?key|passphrase)>[ \t]{0,8}([^<>\s]{4,512})</",
        Check::Filled,
    )
    .tier(Tier::Name),
    place(
        "sql-password",
        "password in SQL",
        &["identified by", "password '", "password \\'"],
        r#"(?i)(?:identified[ \t]+(?:with[ \t]+\S+[ \t]+)?by|password)[ \t]+'([^'"\r\n\\]{3,256})'"#,
        Check::Filled,
    )
    .tier(Tier::Name),
    token(
        "prefixed-uuid",
        "UUID behind a prefix that says that it opens something",
        &[
            "pat-", "pat_", "secret-", "secret_", "token-", "token_", "apikey-", "apikey_", "access-", "access_",
            "live-", "live_", "sandbox-", "sandbox_", "production-", "production_",
        ],
        r"(?i)(?:[a-z0-9]{2,16}[_\-]){0,2}(?:pat|secret|token|apikey|access|live|sandbox|production)[_\-](?:[a-z0-9]{2,8}[_\-])?[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
    )
    .tail(Tail::Token(36))
    .tier(Tier::Look),
    run(
        "prefixed-token",
        "token of an unknown service: a prefix and a random body",
        r"[A-Za-z0-9]{16,}",
    )
    .tier(Tier::Look)
    .check(Check::Prefixed),
    run(
        "announced-token",
        "random text after a word that says it is a key, a token, a password",
        r"[A-Za-z0-9]{16,}",
    )
    .tier(Tier::Look)
    .check(Check::Announced),
];
