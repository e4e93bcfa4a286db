//! Settings: own rules, the allow-list, rules that are off, and what can be wrong.

use super::made_up::{Dice, make};
use super::redactor;
use crate::redact::{OwnRule, RedactSettings, Redactor};

fn own(id: &str, regex: &str, keyword: &str) -> OwnRule {
    OwnRule {
        id: id.into(),
        regex: regex.into(),
        keywords: vec![keyword.into()],
        ..OwnRule::default()
    }
}

/// Everything that is wrong is said at once, each with its rule.
#[test]
fn says_all_faults_at_once() {
    let settings = RedactSettings {
        disabled: vec!["no-such-rule".into()],
        allow: vec!["ok".into(), "(".into()],
        own: vec![
            own("Bad Id", "x+", "abcd"),
            own("open", "(", "abcd"),
            own("empty", "x*", "abcd"),
            own("short", "x+", "ab"),
            own("github-pat", "x+", "abcd"),
            OwnRule { secret_group: 2, ..own("group", "(x)", "abcd") },
            OwnRule { keywords: Vec::new(), ..own("bare", "x+", "abcd") },
        ],
        ..RedactSettings::default()
    };
    let error = Redactor::new(&settings).unwrap_err();
    let rules: Vec<&str> = error.faults.iter().map(|fault| fault.rule.as_str()).collect();
    for rule in [
        "no-such-rule",
        "allow 2",
        "Bad Id",
        "open",
        "empty",
        "short",
        "github-pat",
        "group",
        "bare",
    ] {
        assert!(rules.contains(&rule), "{rule}: {error}");
    }
    assert_eq!(rules.len(), 9, "{error}");
}

/// An own rule finds its group, and wins over a vendor's.
#[test]
fn applies_own_rules() {
    let rule = OwnRule { secret_group: 1, ..own("acme-badge", r"badge=(ghp_\w+|\d{6})", "badge=") };
    let redactor =
        Redactor::new(&RedactSettings { own: vec![rule], ..RedactSettings::default() }).unwrap();
    let made = make("ghp_{A36}", &mut Dice::new(4));
    let redacted = redactor.text(&format!("badge=123456 badge={}", made.secret)).text;
    assert_eq!(redacted.matches("badge=[redacted:acme-badge:").count(), 2, "{redacted}");
    assert!(redactor.rules().iter().any(|rule| rule.id == "acme-badge"));
}

/// What is allowed stays, what is off finds nothing.
#[test]
fn allows_and_disables() {
    let made = make("ghp_{A36}", &mut Dice::new(5));
    let allow =
        RedactSettings { allow: vec![format!("^{}$", made.secret)], ..RedactSettings::default() };
    assert_eq!(Redactor::new(&allow).unwrap().text(&made.text).text, made.text);
    let other = make("ghp_{A36}", &mut Dice::new(6));
    assert_ne!(Redactor::new(&allow).unwrap().text(&other.text).text, other.text);
    let off = RedactSettings {
        disabled: vec!["github-pat".into(), "prefixed-token".into(), "announced-token".into()],
        ..RedactSettings::default()
    };
    assert_eq!(Redactor::new(&off).unwrap().text(&made.text).text, made.text);
    assert_eq!(Redactor::off().text(&made.text).text, made.text);
    assert!(!Redactor::off().suspects(made.text.as_bytes()));
    assert!(Redactor::off().rules().is_empty());
}

/// Another key gives another replacement; the key never shows.
#[test]
fn depends_on_the_key_and_hides_it() {
    let made = make("ghp_{A36}", &mut Dice::new(7));
    let settings = RedactSettings { key: [200; 32], ..RedactSettings::default() };
    let other = Redactor::new(&settings).unwrap();
    assert_ne!(other.text(&made.text).text, redactor().text(&made.text).text);
    let shown = format!("{settings:?} {other:?} {:?}", other.text(&made.text));
    assert!(!shown.contains("200") && !shown.contains(&made.secret), "{shown}");
}

/// A hit says where it stood.
#[test]
fn says_where_it_stood() {
    let made = make("ghp_{A36}", &mut Dice::new(8));
    let text = format!("one\ntwo {} x\npassword=Xy7-{}", made.secret, "q9Lk2");
    let redacted = redactor().text(&text);
    let found: Vec<_> =
        redacted.hits.iter().map(|hit| (hit.line, &text[hit.span.clone()])).collect();
    assert_eq!(found, [(2, made.secret.as_str()), (3, "Xy7-q9Lk2")]);
}

/// Ids are in kebab-case and unique; every rule says what it finds.
#[test]
fn rules_are_well_formed() {
    let rules = redactor().rules();
    assert!(rules.len() > 120, "{}", rules.len());
    assert!(rules.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert!(
        rules
            .iter()
            .all(|rule| rule.id.bytes().all(super::super::mark::is_id) && !rule.about.is_empty())
    );
}
