//! Tests of `capture`.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;
use crate::otlp::AnyValue;

fn event() -> Event<'static> {
    let mut event = Event::default();
    let columns = &mut event.columns;
    columns.kind = Some(Kind::Prompt);
    columns.agent = Some(Agent::Codex);
    columns.repository = Some("https://git.example.org/payments/api".into());
    columns.name = Some("codex.user_prompt".into());
    columns.body = Some("codex.user_prompt".into());
    columns.prompt = Some("merge it".into());
    columns.command = Some("git push".into());
    columns.tool = Some("shell".into());
    event.attributes = vec![
        Attribute::text("prompt_text", "merge it"),
        Attribute::text("prompt.id", "4711"),
        Attribute::text("terminal.type", "xterm"),
        Attribute::text("note", "n".repeat(129)),
        Attribute::wire("prompt_length".into(), AnyValue::Int(8)),
        Attribute::text("otlp.derived", "kind"),
    ];
    event
}

fn keys(event: &Event<'_>) -> Vec<String> {
    event.attributes.iter().map(|kept| kept.key.to_string()).collect()
}

fn rule(content: Content, kinds: &[Kind], agents: &[Agent], repositories: &[&str]) -> Rule {
    Rule {
        content,
        kinds: kinds.to_vec(),
        agents: agents.to_vec(),
        repositories: repositories.iter().map(|&named| named.to_owned()).collect(),
    }
}

fn applied(content: Content, rules: Vec<Rule>) -> Event<'static> {
    let mut event = event();
    Policy::new(content, rules, [7; 32]).apply(&mut event);
    event
}

/// Without content the ids, types and numbers stay, and what went is counted.
#[test]
fn no_leaves_content_out() {
    let event = applied(Content::No, Vec::new());
    assert_eq!(event.columns.prompt, None);
    assert_eq!(event.columns.command, None);
    assert_eq!(event.columns.tool.as_deref(), Some("shell"));
    assert_eq!(event.columns.body.as_deref(), Some("codex.user_prompt"));
    assert_eq!(keys(&event), ["prompt.id", "terminal.type", "prompt_length", "otlp.derived"]);
    assert_eq!(event.columns.redactions, Some(Counts(vec![("capture".to_owned(), 4)])));
}

/// Hashed content is equal where the texts are equal, and tells nothing else.
#[test]
fn hashed_content_stays_comparable() {
    let event = applied(Content::Hashed, Vec::new());
    let prompt = event.columns.prompt.unwrap();
    assert!(prompt.starts_with("[hashed:") && prompt.len() == 25, "{prompt}");
    let kept = event.attributes.first().unwrap();
    assert!(matches!(&kept.value, AttributeValue::Column(_, text) if *text == prompt));
    let mut other = super::tests::event();
    Policy::new(Content::Hashed, Vec::new(), [8; 32]).apply(&mut other);
    assert_ne!(other.columns.prompt.unwrap(), prompt);
}

/// The command line of a process is content, as Gemini's `-p` prompt stands in it; the rest of the
/// resource stays, and the next record has it whole again.
#[test]
fn the_command_line_is_content() {
    let made = || {
        let mut event = event();
        event.resource = vec![
            Attribute::text("service.name", "gemini-cli"),
            Attribute::text("process.command_args", "[\"gemini\",\"-p\",\"merge it\"]"),
            Attribute::text("process.command_line", "gemini -p 'merge it'"),
        ];
        event
    };
    for (content, left) in [(Content::No, 1), (Content::Hashed, 3), (Content::Yes, 3)] {
        let mut event = made();
        let whole = Policy::new(content, Vec::new(), [7; 32]).apply(&mut event);
        assert_eq!(event.resource.len(), left);
        let told = event.resource.iter().any(
            |kept| matches!(&kept.value, AttributeValue::Column(_, text) if text.contains("merge it")),
        );
        assert_eq!(told, content == Content::Yes, "{content:?}");
        assert_eq!(whole.map(|whole| whole.len()), (content != Content::Yes).then_some(3));
        let mut resource = made().resource;
        Policy::new(content, Vec::new(), [7; 32]).apply_to_metrics(&mut resource);
        assert_eq!(resource.len(), left);
    }
}

/// The first rule whose lists all fit decides.
#[test]
fn the_first_fitting_rule_decides() {
    let kept = |rules| applied(Content::No, rules).columns.prompt.is_some();
    let yes = |kinds: &[Kind], agents: &[Agent], repositories: &[&str]| {
        vec![rule(Content::Yes, kinds, agents, repositories)]
    };
    assert!(kept(yes(&[], &[], &[])));
    assert!(kept(yes(&[Kind::Prompt], &[Agent::Codex], &["https://git.example.org/*"])));
    assert!(kept(yes(&[], &[], &["https://git.example.org/payments/api"])));
    assert!(!kept(yes(&[Kind::Response], &[], &[])));
    assert!(!kept(yes(&[], &[Agent::Gemini], &[])));
    assert!(!kept(yes(&[], &[], &["https://git.example.org/payments"])));
    let mut rules = vec![rule(Content::No, &[Kind::Prompt], &[], &[])];
    rules.extend(yes(&[], &[], &[]));
    assert!(!kept(rules));
}

/// The key of the hashes is not shown.
#[test]
fn the_key_is_not_shown() {
    let policy = Policy::new(Content::Hashed, Vec::new(), [77; 32]);
    assert!(!format!("{policy:?}").contains("77"));
}
