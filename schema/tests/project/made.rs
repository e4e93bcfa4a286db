//! Rows made up: every kind with every tool, decision and outcome, with all columns and with as
//! few as can be.

use std::borrow::Cow;

use seam_schema::derived::actions::ActionRow;
use seam_schema::derived::{Evidence, Id, Texts};
use seam_schema::event::{Attribute, Event, EventColumns};
use seam_schema::ids::{EventId, RequestDigest, SpanId, TraceId};
use seam_schema::table::cell::{Counts, TimeUs};
use seam_schema::vocabulary::{
    Agent, Confidence, DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Kind,
    LinkRelation, Outcome, PromptOrigin, RecordSignal, ToolKind,
};

const TIME: TimeUs = TimeUs(1_795_174_413_221_000);

#[expect(clippy::unnecessary_wraps, reason = "columns are options")]
fn some<'a>(text: &'static str) -> Option<Cow<'a, str>> {
    Some(Cow::Borrowed(text))
}

fn options<T: Copy>(all: &[T]) -> impl Iterator<Item = Option<T>> + Clone + '_ {
    all.iter().copied().map(Some).chain([None])
}

/// Events of every kind with every tool, decision and outcome: bare ones, and full ones.
pub(crate) fn events<'a>() -> Vec<Event<'a>> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        for (tool_kind, outcome) in
            options(ToolKind::ALL).flat_map(|tool| options(Outcome::ALL).map(move |it| (tool, it)))
        {
            for decision in options(Decision::ALL) {
                let mut event = bare(all.len());
                event.columns.kind = Some(*kind);
                event.columns.tool_kind = tool_kind;
                event.columns.outcome = outcome;
                event.columns.decision = decision;
                event.columns.net_verdict = decision;
                if all.len() % 2 == 1 {
                    fill(&mut event.columns);
                    event.attributes.push(Attribute::text("k", "v"));
                    event.attributes.push(Attribute::number("otlp.number", 7));
                    event.resource.push(Attribute::text("service.name", "x"));
                }
                all.push(event);
            }
        }
    }
    all
}

fn bare<'a>(number: usize) -> Event<'a> {
    let columns = EventColumns {
        event_id: EventId {
            digest: RequestDigest::default(),
            index: i64::try_from(number).unwrap(),
        },
        tenant: "default".into(),
        principal: "local".into(),
        time: TIME,
        received_at: TIME,
        ..EventColumns::default()
    };
    Event { columns, ..Event::default() }
}

fn fill(columns: &mut EventColumns<'_>) {
    columns.agent = Some(Agent::Langgraph);
    columns.agent_version = some("1.2.3");
    columns.name = some("session.start");
    columns.signal = Some(RecordSignal::Logs);
    columns.peer_address = some("10.1.2.3");
    columns.host = some("build-7");
    columns.user_id = some("u-1");
    columns.user_email = some("ada@example.com");
    columns.org_id = some("org-1");
    columns.cwd = some("/home/ada/src");
    columns.body = some("a body");
    columns.session_id = some("s-1");
    columns.parent_session_id = some("s-0");
    columns.turn_id = some("t-1");
    columns.call_id = some("c-1");
    columns.request_id = some("r-1");
    columns.trace_id = Some(TraceId([1; 16]));
    columns.span_id = Some(SpanId([2; 8]));
    columns.source_sequence = Some(9);
    columns.provider = some("openai");
    columns.model = some("m-1");
    columns.input_tokens = Some(3_000_000_000);
    columns.output_tokens = Some(5);
    columns.cost_usd = Some(0.25);
    columns.tool = some("apply_patch");
    columns.mcp_server = some("tickets");
    columns.mcp_tool = some("close");
    columns.command = some("/usr/bin/git push");
    columns.path = some("/home/ada/src/main.rs");
    columns.url = some("https://ada:pw@example.com:8443/a?b");
    columns.decided_by = Some(DecidedBy::AiReviewer);
    columns.grant_scope = Some(GrantScope::Permanent);
    columns.risk_level = some("high");
    columns.denial_reason = Some(DenialReason::PolicyDenied);
    columns.net_host = some("example.com");
    columns.net_port = Some(443);
    columns.net_protocol = some("https");
    columns.net_method = some("CONNECT");
    columns.net_source = some("baseline_policy");
    columns.failure_reason = Some(FailureReason::ToolError);
    columns.error = some("it broke");
    columns.exit_code = Some(-1);
    columns.duration_ms = Some(12);
    columns.end_time = Some(TIME);
    columns.approval_policy = some("never");
    columns.prompt_origin = Some(PromptOrigin::Human);
    columns.prompt = some("a prompt");
    columns.response = some("an answer");
    columns.arguments = some("{}");
    columns.output = some("[hashed:0123456789abcdef]");
    columns.redactions = Some(Counts(vec![("key".to_owned(), 2)]));
}

/// Actions with every tool, decision and outcome.
pub(crate) fn actions<'a>() -> Vec<ActionRow<'a>> {
    let mut all = Vec::new();
    for tool_kind in options(ToolKind::ALL) {
        for outcome in options(Outcome::ALL) {
            for decision in options(Decision::ALL) {
                let number = i64::try_from(all.len()).unwrap();
                let mut action = ActionRow {
                    tenant: "default".into(),
                    principal: "local".into(),
                    session_id: "s-1".into(),
                    action_id: Id::of("test", &[&number.to_string()]),
                    revision: TIME.0,
                    tool_kind,
                    outcome,
                    decision,
                    ..ActionRow::default()
                };
                if number % 2 == 1 {
                    fill_action(&mut action);
                }
                all.push(action);
            }
        }
    }
    all
}

fn fill_action(action: &mut ActionRow<'_>) {
    action.settled = true;
    action.agent = Some(Agent::Codex);
    action.user_email = some("not an address");
    action.host = some("build-7");
    action.call_id = some("c-1");
    action.tool = some("Write");
    action.command = some("FOO=1 make");
    action.path = some("C:\\work\\a.txt");
    action.url = some("http://[::1]:80/");
    action.intent = some("please do");
    action.requested_at = Some(TIME);
    action.ended_at = Some(TIME);
    action.exit_code = Some(2);
    action.net_hosts = Some(Texts(vec!["example.com".into()]));
    action.confidence = Some(Confidence::Strong);
    action.evidence = Some(Evidence(vec![(EventId::default(), LinkRelation::Result)]));
    action.error = some("it broke");
    action.supersedes = Some(TIME.0 - 1);
}
