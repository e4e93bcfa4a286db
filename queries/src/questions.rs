//! The questions of `queries/README.md` and what their statements answer; how long they wait.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use seam_schema::derived::actions::{ActionRow, ActionsBuilder};
use seam_schema::derived::links::{LinkRow, LinksBuilder};
use seam_schema::derived::{Id, Texts};
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use seam_schema::table::cell::{Day, TimeUs};
use seam_schema::vocabulary::{
    Confidence, DecidedBy, Decision, Kind, LinkMethod, LinkRelation, PromptOrigin,
};
use seam_store::Snapshot;

use crate::testing::{DAY_US, Fixture, NEW_YEAR_US, Row, ask, ask_as, ask_text, event_id};
use crate::{Engine, Lag, Limits, Needs, SnapshotSource};

const HOUR_US: i64 = 3_600_000_000;

fn id(name: &str) -> Id {
    Id::of("test", &[name])
}

/// An action that a person asked for and a person allowed, at eight in the morning of New Year.
fn action(name: &'static str) -> ActionRow<'static> {
    ActionRow {
        tenant: "default".into(),
        day: Day(i32::try_from(NEW_YEAR_US / DAY_US).unwrap()),
        revision: 10,
        caused_by_log: LogId::from_bytes([0x77; 16]),
        action_id: id(name),
        session_id: "s1".into(),
        principal: "local".into(),
        host: Some("build-7".into()),
        command: Some(name.into()),
        intent: Some("tidy up".into()),
        prompt_origin: Some(PromptOrigin::Human),
        requested_at: Some(TimeUs(NEW_YEAR_US + 8 * HOUR_US)),
        decision: Some(Decision::Allow),
        decided_by: Some(DecidedBy::User),
        wait_ms: Some(300),
        ..ActionRow::default()
    }
}

fn actions() -> RecordBatch {
    let reviewed = ActionRow {
        decided_by: Some(DecidedBy::AiReviewer),
        wait_ms: Some(7),
        net_denied: Some(2),
        net_hosts: Some(Texts(vec!["blocked.example".into()])),
        ..action("curl")
    };
    let rows = [
        // What it was before does not count, nor what turned out not to be.
        ActionRow { prompt_origin: None, decided_by: None, revision: 9, ..action("curl") },
        reviewed.clone(),
        ActionRow { net_denied: Some(0), ..ActionRow { action_id: id("ls"), ..reviewed } },
        action("wget"),
        ActionRow { decision: Some(Decision::Deny), wait_ms: Some(500), ..action("rm") },
        ActionRow { retracted: true, prompt_origin: None, ..action("mirage") },
        ActionRow {
            prompt_origin: Some(PromptOrigin::Reviewer),
            decision: None,
            decided_by: None,
            host: Some("build-8".into()),
            ..action("cat")
        },
        ActionRow {
            prompt_origin: None,
            intent: None,
            decided_by: Some(DecidedBy::Policy),
            wait_ms: None,
            requested_at: Some(TimeUs(NEW_YEAR_US + 10 * HOUR_US)),
            ..action("id")
        },
        ActionRow { tenant: "other".into(), prompt_origin: None, ..action("theirs") },
    ];
    let mut builder = ActionsBuilder::default();
    for row in &rows {
        builder.append(row);
    }
    builder.finish().unwrap()
}

fn links() -> RecordBatch {
    let link = |sequence: i64| LinkRow {
        tenant: "default".into(),
        day: Day(i32::try_from(NEW_YEAR_US / DAY_US).unwrap()),
        revision: 10,
        caused_by_log: LogId::from_bytes([0x77; 16]),
        link_id: id(&sequence.to_string()),
        session_id: "s1".into(),
        relation: Some(LinkRelation::Network),
        event_id: Some(event_id(sequence)),
        method: Some(LinkMethod::Interval),
        confidence: Some(Confidence::Strong),
        ..LinkRow::default()
    };
    let candidates = ["curl", "wget"].map(|name| id(name).to_string().into());
    let rows = [
        LinkRow { action_id: Some(id("curl")), ..link(1) },
        LinkRow {
            confidence: Some(Confidence::Ambiguous),
            candidates: Some(Texts(candidates.to_vec())),
            ..link(2)
        },
        LinkRow { relation: Some(LinkRelation::Result), action_id: Some(id("rm")), ..link(4) },
    ];
    let mut builder = LinksBuilder::default();
    for row in &rows {
        builder.append(row);
    }
    builder.finish().unwrap()
}

/// Three denied attempts and what was derived; twice, so that every row comes again.
async fn fixture() -> Fixture {
    let mut fixture = Fixture::new().await;
    let attempt = |text: &str| Row { kind: Kind::Network, text: text.to_owned(), ..Row::at(0) };
    fixture.append(vec![attempt("one.example"), attempt("two.example"), attempt("three.example")]);
    fixture.append(vec![Row { kind: Kind::ToolResult, ..Row::at(0) }]);
    for _ in 0..2 {
        let rows = [(Table::Actions, actions()), (Table::Links, links())];
        fixture.store.append_derived(Sequence(4), &rows).unwrap();
        fixture.store.flush().await.unwrap();
    }
    let rows = [(Table::Actions, actions()), (Table::Links, links())];
    fixture.store.append_derived(Sequence(4), &rows).unwrap();
    fixture
}

/// Each view answers its question.
#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered() {
    let fixture = fixture().await;
    let engine = fixture.engine(Limits::default()).await;
    let denied = "select net_host, intent, command, confidence from denied_network order by 1, 3";
    assert_eq!(
        ask_text(&engine, Some("default"), denied).await.unwrap(),
        "one.example,tidy up,curl,strong\n\
         three.example,,,\n\
         two.example,tidy up,curl,ambiguous\n\
         two.example,tidy up,wget,ambiguous"
    );
    let reviewed = "select command, net_denied from reviewer_allowed_network";
    assert_eq!(ask(&engine, reviewed).await.unwrap(), "curl,2");
    let waits = "select decided_by, decisions, allowed, denied, median_wait_ms, longest_wait_ms \
                 from approval_waits order by 1";
    assert_eq!(
        ask_text(&engine, Some("default"), waits).await.unwrap(),
        "ai_reviewer,2,2,0,7,7\npolicy,1,1,0,,\nuser,2,1,1,400,500"
    );
    let unasked = "select command, prompt_origin from actions_without_intent order by 1";
    let unasked = ask_text(&engine, Some("default"), unasked).await.unwrap();
    assert_eq!(unasked, "cat,reviewer\nid,");
    let on_host = "select command from actions where host = 'build-7' and requested_at \
                   between '2026-01-01T08:00:00Z' and '2026-01-01T09:00:00Z' and tenant = 'default' \
                   order by command";
    assert_eq!(ask(&engine, on_host).await.unwrap(), "curl\ncurl\nrm\nwget");
}

/// The store says enough of its files that each is read once where their revisions lie apart.
#[tokio::test(flavor = "multi_thread")]
async fn commits_lie_apart() {
    let fixture = Fixture::new().await;
    for revision in [10, 20, 30] {
        let mut builder = ActionsBuilder::default();
        builder.append(&ActionRow { revision, ..action("ls") });
        let rows = [(Table::Actions, builder.finish().unwrap())];
        fixture.store.append_derived(Sequence(revision), &rows).unwrap();
        fixture.store.flush().await.unwrap();
    }
    let engine = fixture.engine(Limits::default()).await;
    let plan = ask(&engine, "explain select * from actions").await.unwrap();
    assert!(plan.contains("files=3, of them mixed=0"), "{plan}");
    assert_eq!(ask(&engine, "select revision from actions").await.unwrap(), "30");
    let all = "select count(*) from actions_revisions";
    assert_eq!(ask(&engine, all).await.unwrap(), "3");
}

/// No tenant sees what was derived for another, under any name.
#[tokio::test(flavor = "multi_thread")]
async fn derived_rows_stay_with_their_tenant() {
    let fixture = fixture().await;
    let engine = fixture.engine(Limits::default()).await;
    for name in ["actions", "actions_revisions", "actions_without_intent"] {
        let sql = format!("select distinct tenant from {name} where tenant <> 'x' or true");
        assert_eq!(ask_text(&engine, Some("other"), &sql).await.unwrap(), "other", "{name}");
        let sql = format!("select count(*) from {name}");
        assert_eq!(ask_text(&engine, Some("nobody"), &sql).await.unwrap(), "0", "{name}");
    }
    let sql = "select count(*) from denied_network";
    assert_eq!(ask_text(&engine, Some("other"), sql).await.unwrap(), "0");
    let sql = "explain select * from actions";
    let plan = ask_text(&engine, Some("default"), sql).await.unwrap();
    assert!(plan.contains("FoldExec") && !plan.contains("other"), "{plan}");
}

/// The statements of the page for people are statements.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_right() {
    let page = include_str!("../README.md");
    let fixture = fixture().await;
    let engine = fixture.engine(Limits::default()).await;
    let statements = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut count = 0;
    for sql in statements {
        ask(&engine, sql).await.unwrap();
        count += 1;
    }
    assert_eq!(count, 6);
}

/// A server whose derived tables are behind.
#[derive(Debug)]
struct Behind {
    snapshot: Arc<Snapshot>,
    asked: Mutex<Vec<(Needs, Duration)>>,
}

#[async_trait]
impl SnapshotSource for Behind {
    async fn snapshot_at_log_end(&self, needs: Needs, wait: Duration) -> (Arc<Snapshot>, Lag) {
        self.asked.lock().unwrap().push((needs, wait));
        let derived_frames = if needs == Needs::Derived { 3 } else { 0 };
        (Arc::clone(&self.snapshot), Lag { frames: 1, derived_frames })
    }
}

/// A statement waits for what it names, its answer says how far behind that is, and one that
/// cannot be read waits for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn statements_wait_for_what_they_name() {
    let fixture = fixture().await;
    let snapshot = fixture.store.snapshot();
    let source = Arc::new(Behind { snapshot, asked: Mutex::default() });
    let limits = Limits { visible: Duration::from_millis(70), ..Limits::default() };
    let engine = Engine::new(Arc::clone(&source) as _, limits).await.unwrap();
    for (sql, needs, derived_frames) in [
        ("select 1 from events", Needs::Received, 0),
        ("select 1 from actions", Needs::Derived, 3),
        ("select 1 from denied_network", Needs::Derived, 3),
    ] {
        let (_, answer) = ask_as(&engine, None, sql).await.unwrap();
        assert_eq!(answer.lag(), Lag { frames: 1, derived_frames }, "{sql}");
        let asked = source.asked.lock().unwrap().pop();
        assert_eq!(asked, Some((needs, Duration::from_millis(70))), "{sql}");
    }
    ask(&engine, "selec * from actions").await.unwrap_err();
    ask(&engine, "drop table actions").await.unwrap_err();
    assert!(source.asked.lock().unwrap().is_empty());
}
