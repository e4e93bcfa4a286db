//! The format `ocsf`: Open Cybersecurity Schema Framework 1.9.0.
//!
//! Classes are closed: an attribute that a class does not have is an error, so what has no place
//! stands in `unmapped`. Attributes that come from a profile are written only with that profile in
//! `metadata.profiles`. Source: <https://schema.ocsf.io/1.9.0>.
//!
//! Not written: `delegation`, since no signal carries the id of a grant, and deprecated attributes,
//! except `app` beside `application`: consumers of 1.8 read the one, those of 1.9 the other.

mod body;
mod parts;

use crate::project::Observer;
use crate::project::json::Json;
use crate::project::own;
use crate::project::table::{Row, Status, Verdict};
use crate::project::told::{Source, Told, given};
use crate::vocabulary::{Decision, Outcome};

const VERSION: &str = "1.9.0";
const US_PER_MS: i64 = 1_000;
/// The class that knows nothing of agents.
const BASE_EVENT: i64 = 0;

/// Writes the members of a record.
pub(super) fn record(told: &Told<'_>, observer: &Observer, json: &mut Json<'_>) {
    let row = told.row();
    let verdict = verdict(told, row);
    json.int("time", milliseconds(told.time_us));
    classification(told, row, json);
    status(told, row, json);
    json.object("metadata", |json| metadata(told, row, verdict.is_some(), observer, json));
    json.word("message", row.caption);
    if let Some(end) = told.end_us {
        json.int("end_time", milliseconds(end));
    }
    json.int_if("duration", told.duration_ms);
    if let Some(verdict) = verdict {
        controls(told, verdict, json);
    }
    json.object("actor", |json| parts::actor(told, json));
    json.object("device", |json| parts::device(told, observer, json));
    if row.ocsf.class.uid != BASE_EVENT {
        json.object("ai_agent", |json| parts::ai_agent(told, json));
        if told.session_id.is_some() || told.input_tokens.is_some() {
            json.object("message_context", |json| parts::message_context(told, row, json));
        }
    }
    body::body(told, row, observer, json);
    json.object("unmapped", |json| {
        own::own(told, json);
        body::left_over(told, row, json);
    });
}

fn milliseconds(us: i64) -> i64 {
    us.div_euclid(US_PER_MS)
}

fn classification(told: &Told<'_>, row: &Row, json: &mut Json<'_>) {
    let (class, activity) = (row.ocsf.class, row.ocsf.activity);
    json.int("class_uid", class.uid);
    json.word("class_name", class.name);
    json.int("category_uid", class.category);
    json.word("category_name", class.category_name);
    json.int("activity_id", activity.id);
    json.word("activity_name", activity.name);
    json.int("type_uid", class.type_uid(activity));
    let severity = told.severity(row);
    json.int("severity_id", severity.ocsf());
    json.word("severity", severity.ocsf_name());
}

/// `status_id`, and why.
fn status(told: &Told<'_>, row: &Row, json: &mut Json<'_>) {
    let (id, name) = match (row.ocsf.status, told.outcome) {
        (Status::Success, _) | (Status::Outcome, Some(Outcome::Succeeded)) => (1, "Success"),
        (Status::Unknown, _) | (Status::Outcome, None | Some(Outcome::Unknown)) => (0, "Unknown"),
        (Status::Failure, _) | (Status::Outcome, Some(_)) => (2, "Failure"),
    };
    json.int("status_id", id);
    json.word("status", name);
    if let Some(reason) = told.failure_reason {
        json.word("status_code", reason.as_str());
    } else if let Some(reason) = told.denial_reason {
        json.word("status_code", reason.as_str());
    }
    json.text_if("status_detail", told.policy.open(told.error));
}

/// What the controls did: by the meaning, else by how a call ended and how it was decided.
fn verdict(told: &Told<'_>, row: &Row) -> Option<Verdict> {
    row.ocsf.verdict.or(match (told.outcome, told.decision) {
        (Some(Outcome::Denied), _) => Some(Verdict::BLOCKED),
        (_, Some(Decision::Allow)) => Some(Verdict::ALLOWED),
        (_, Some(Decision::Deny | Decision::Cancel | Decision::Timeout)) => Some(Verdict::REJECTED),
        _ => None,
    })
}

fn metadata(
    told: &Told<'_>,
    row: &Row,
    has_verdict: bool,
    observer: &Observer,
    json: &mut Json<'_>,
) {
    json.word("version", VERSION);
    match told.source {
        Source::Event(event) => {
            json.id("uid", &event.columns.event_id);
            json.word("log_name", "seam.event");
            json.int("logged_time", milliseconds(event.columns.received_at.0));
        }
        Source::Action(action) => {
            json.numbered_id("uid", &action.action_id, action.revision);
            json.word("log_name", "seam.action");
            json.int("logged_time", milliseconds(action.revision));
        }
    }
    json.array("profiles", |json| {
        // `actor` and `device` are of this profile in most classes.
        json.item("host");
        if row.ocsf.class.uid != BASE_EVENT {
            json.item("ai_operation");
        }
        if has_verdict {
            json.item("security_control");
        }
        if body::has_trace(told, row) {
            json.item("trace");
        }
    });
    json.object("product", |json| {
        json.word("name", "Seam");
        json.word("vendor_name", "Seam");
        json.text_if("version", given(&observer.version));
    });
    json.text_if("correlation_uid", told.session_id);
    json.text("tenant_uid", told.tenant);
    json.word("log_provider", told.agent_name());
    json.text_if("event_code", told.name);
    json.int_if("sequence", told.source_sequence);
}

/// The profile `security_control`.
fn controls(told: &Told<'_>, verdict: Verdict, json: &mut Json<'_>) {
    json.int("action_id", verdict.action);
    json.word("action", verdict.action_name);
    json.int("disposition_id", verdict.disposition);
    json.word("disposition", verdict.disposition_name);
    json.array("authorizations", |json| {
        json.element(|json| {
            if let Some(decision) = told.decision.or(told.net_verdict) {
                json.word("decision", decision.as_str());
            }
            json.object("policy", |json| {
                json.text_if("name", told.approval_policy.or(told.net_source));
            });
        });
    });
}
