//! Each rule finds what it is for, under its name, and nothing that only looks alike.

use std::collections::BTreeSet;

use super::formats::FORMATS;
use super::made_up::{Dice, make, masked, worded};
use super::redactor;

/// Guarantees: every rule has formats here, and finds each of them under its own id.
#[test]
fn every_rule_finds_its_formats() {
    let mut dice = Dice::new(2);
    let mut wrong = Vec::new();
    for (rule, formats) in FORMATS {
        for format in formats.iter().cycle().take(formats.len().max(2)) {
            let made = make(format, &mut dice);
            let redacted = redactor().text(&made.text);
            let found: Vec<&str> = redacted.hits.iter().map(|hit| hit.rule.as_str()).collect();
            if !found.contains(rule) || redacted.text.contains(&made.secret) {
                wrong.push(format!("{rule}: {} gives {} by {found:?}", made.text, redacted.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tested: BTreeSet<&str> = FORMATS.iter().map(|(rule, _)| *rule).collect();
    let untested: Vec<_> =
        super::super::rules::all().map(|rule| rule.id).filter(|id| !tested.contains(id)).collect();
    assert!(untested.is_empty(), "no format for {untested:?}");
    assert!(tested.len() >= 60);
}

/// Guarantees: no rule takes a row of `x` for a secret, nor a word in the secret's place.
#[test]
fn no_rule_finds_a_mask_or_a_word() {
    let mut wrong = Vec::new();
    for (rule, formats) in FORMATS {
        for format in *formats {
            for made in [masked(format), worded(format)] {
                let redacted = redactor().text(&made.text);
                // A word after a flag or in a URL is the password it stands for, and a PEM has a head.
                let plain = redacted.text == made.text
                    || [
                        "private-key",
                        "url-password",
                        "secret-flag",
                        "curl-user",
                        "mysql-password",
                        "password-named-value",
                        "connection-string-password",
                        "login-password",
                        "netrc-password",
                        "pgpass-password",
                        "snowflake-token",
                        "sql-password",
                        "secret-element",
                        "password-value",
                    ]
                    .contains(rule)
                        && made.text.contains("word");
                if !plain {
                    wrong.push(format!("{rule}: {} gives {}", made.text, redacted.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Guarantees: what agents and code say every day is left alone.
#[test]
fn leaves_ordinary_texts_alone() {
    let ordinary = [
        "input_token_count: 123",
        "max_tokens=4096",
        "token_type: \"Bearer\"",
        "def login(user: str, password: str) -> None:",
        "password = None",
        "key = os.environ[\"TOKEN\"]",
        "let token = next_token(&mut reader)?;",
        "API_KEY=${SECRET}",
        "api_key: <REDACTED>",
        "password: [REDACTED]",
        "password: ****",
        "PASSWORD=changeme",
        "api_key = \"your-api-key-here\"",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer <token>",
        "basic authentication is off",
        "curl -u \"$USER:$PASS\" https://example.com",
        "https://user:${PASSWORD}@example.com/",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "\"integrity\": \"sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg==\"",
        "550e8400-e29b-41d4-a716-446655440000",
        "session-550e8400-e29b-41d4-a716-446655440000",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "src/agents/codex/tests/sessions.rs:123",
        "secret_name: my-database-credentials",
        "kubectl get secret registry-credentials -o yaml",
        "primary_key=user_id_2, cache_key=v12_index",
        "\"nextPageToken\": \"CAUQAA2b3c4d5e6f7g8h9i0j\"",
        "error: the password must be at least 8 characters long",
        "git clone https://github.com/example/project.git",
        "npm notice total files: 12",
        "task-12 disk-usage risk-level-high ask-user-question",
        "machine learning login page password reset",
    ];
    for text in ordinary {
        assert_eq!(redactor().text(text).text, text);
    }
    let mut dice = Dice::new(3);
    for id in [
        "call_{A24}",
        "toolu_01{A22}",
        "chatcmpl-{A29}",
        "msg_{h50}",
        "req_011C{A20}",
        "resp_{h50}",
    ] {
        let text = format!("id: {}", make(id, &mut dice).text);
        assert_eq!(redactor().text(&text).text, text);
    }
}
