//! Keys of cryptography and tokens that are signed.

use crate::redact::rule::{Rule, Tail, Tier, near, token};

pub(super) const RULES: &[Rule] = &[
    near(
        "private-key",
        "private key in PEM, of any kind, OpenSSH and PGP too",
        &["PRIVATE KEY"],
        r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----((?:[A-Za-z0-9+/=:;,.()@<>_ \t\r\n\\]|-[A-Za-z0-9 ]){16,})",
    )
    .tier(Tier::Whole)
    .entropy(3.8)
    .reach(8192),
    near(
        "putty-private-key",
        "private key of PuTTY",
        &["Private-Lines:"],
        r"Private-Lines: ?[0-9]+((?:(?:[ \r\n]|\\+[rn])+[A-Za-z0-9+/=]{8,})+)",
    )
    .tier(Tier::Whole)
    .reach(8192),
    token(
        "age-secret-key",
        "age identity",
        &["AGE-SECRET-KEY-"],
        r"(?i)AGE-SECRET-KEY-(?:PQ-)?1[a-z0-9]{40,}",
    ),
    token(
        "jwt",
        "JSON web token",
        &[".eyJ"],
        r"eyJ[A-Za-z0-9_\-=]{8,}\.eyJ[A-Za-z0-9_\-=]{8,}(?:\.[A-Za-z0-9_\-=]*)?",
    )
    .tail(Tail::Token(8))
    .tier(Tier::Place)
    .reach(4096),
    near(
        "password-hash",
        "hash of a password: bcrypt, argon2, scrypt, Apache",
        &["$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$scrypt$", "$6$rounds="],
        r"(\$(?:2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|argon2(?:id|i|d)\$[A-Za-z0-9$=,+/.\-]{40,}|scrypt\$[A-Za-z0-9$=,+/.\-]{40,}|6\$rounds=[0-9]+\$[./A-Za-z0-9$]{60,}))",
    ),
];
