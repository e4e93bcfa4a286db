//! The format `ecs`: Elastic Common Schema 9.4.0, and `seam.*` for what it has no field for.
//!
//! Source: the released field list, <https://www.elastic.co/docs/reference/ecs>. Release 9.4.0 has
//! `gen_ai.system` for the provider of a model, and no field for messages or arguments: these stand
//! under `seam.*`.

use crate::project::Observer;
use crate::project::json::Json;
use crate::project::own;
use crate::project::table::{Row, Status};
use crate::project::told::{Source, Told, file_name, given, is_ip, program, scheme_and_host};
use crate::vocabulary::{DenialReason, FailureReason, Outcome, ToolKind};

const VERSION: &str = "9.4.0";
const NS_PER_MS: i64 = 1_000_000;

/// Writes the members of a document.
pub(super) fn document(told: &Told<'_>, observer: &Observer, json: &mut Json<'_>) {
    let row = told.row();
    json.time("@timestamp", told.time_us);
    json.word("message", row.caption);
    json.object("ecs", |json| json.word("version", VERSION));
    json.object("event", |json| event(told, row, json));
    who(told, observer, json);
    model(told, json);
    what(told, json);
    where_to(told, json);
    related(told, json);
    json.object("seam", |json| own::own(told, json));
}

fn event(told: &Told<'_>, row: &Row, json: &mut Json<'_>) {
    match told.source {
        Source::Event(event) => {
            json.id("id", &event.columns.event_id);
            json.word("dataset", "seam.event");
            json.time("created", event.columns.received_at.0);
        }
        Source::Action(action) => {
            json.numbered_id("id", &action.action_id, action.revision);
            json.word("dataset", "seam.action");
            json.time("created", action.revision);
        }
    }
    json.word("kind", "event");
    json.words("category", row.ecs.category);
    json.words("type", row.ecs.types);
    json.word("action", row.meaning.as_str());
    if let Some(outcome) = outcome(told, row) {
        json.word("outcome", outcome);
    }
    json.word("module", "seam");
    json.word("provider", told.agent_name());
    json.text_if("code", told.name);
    json.int_if("sequence", told.source_sequence);
    json.int("severity", told.severity(row).ecs());
    let denial = told.denial_reason.map(DenialReason::as_str);
    if let Some(reason) = denial.or(told.failure_reason.map(FailureReason::as_str)) {
        json.word("reason", reason);
    }
    if let Some(end) = told.end_us {
        json.time("end", end);
    }
    json.int_if("duration", told.duration_ms.and_then(|ms| ms.checked_mul(NS_PER_MS)));
}

fn outcome(told: &Told<'_>, row: &Row) -> Option<&'static str> {
    match row.ecs.outcome? {
        Status::Success => Some("success"),
        Status::Failure => Some("failure"),
        Status::Unknown => Some("unknown"),
        Status::Outcome => told.outcome.map(|outcome| match outcome {
            Outcome::Succeeded => "success",
            Outcome::Unknown => "unknown",
            _ => "failure",
        }),
    }
}

/// User, machine, agent, collector.
fn who(told: &Told<'_>, observer: &Observer, json: &mut Json<'_>) {
    json.object("user", |json| {
        json.text("name", told.user_name());
        json.text_if("id", told.user_id);
        json.text_if("email", told.user_email);
    });
    json.object("organization", |json| json.text_if("id", told.org_id));
    json.object("host", |json| {
        json.text_if("name", told.host);
        json.text_if("hostname", told.host);
    });
    json.object("source", |json| json.text_if("ip", told.peer_ip()));
    json.object("service", |json| {
        json.word("name", told.agent_name());
        json.text_if("version", told.agent_version);
    });
    json.object("agent", |json| {
        json.word("type", "seam");
        json.text_if("name", given(&observer.name));
        json.text_if("id", given(&observer.instance_id));
        json.text_if("version", given(&observer.version));
    });
    json.object("observer", |json| {
        json.word("vendor", "Seam");
        json.word("product", "Seam");
        json.text_if("hostname", given(&observer.name));
        json.text_if("version", given(&observer.version));
    });
}

/// The model and the tool.
fn model(told: &Told<'_>, json: &mut Json<'_>) {
    json.object("gen_ai", |json| {
        json.object("agent", |json| json.word("name", told.agent_name()));
        json.text_if("system", told.provider);
        json.object("request", |json| json.text_if("model", told.model));
        json.object("usage", |json| {
            // The type of these two has 32 bits; the whole number stands under `seam`.
            let fits = |tokens: Option<i64>| tokens.filter(|tokens| i32::try_from(*tokens).is_ok());
            json.int_if("input_tokens", fits(told.input_tokens));
            json.int_if("output_tokens", fits(told.output_tokens));
        });
        json.object("tool", |json| {
            json.text_if("name", told.tool);
            if let Some(kind) = told.tool_kind {
                json.word("type", if kind == ToolKind::Mcp { "extension" } else { "function" });
            }
            json.object("call", |json| json.text_if("id", told.call_id));
        });
    });
    if let Source::Event(event) = told.source {
        json.object("trace", |json| json.id_if("id", event.columns.trace_id.as_ref()));
        json.object("span", |json| json.id_if("id", event.columns.span_id.as_ref()));
    }
}

/// What was done to what.
fn what(told: &Told<'_>, json: &mut Json<'_>) {
    json.object("process", |json| {
        json.text_if("command_line", told.command);
        json.text_if("name", told.command.and_then(program));
        json.text_if("entity_id", told.command.and(told.call_id));
        json.int_if("exit_code", told.exit_code);
        json.text_if("working_directory", told.cwd);
    });
    json.object("file", |json| {
        json.text_if("path", told.path);
        json.text_if("name", told.path.map(file_name));
    });
    json.object("error", |json| {
        if let Some(reason) = told.failure_reason {
            json.word("type", reason.as_str());
        }
        json.text_if("message", told.policy.open(told.error));
    });
}

/// Addresses and networks.
fn where_to(told: &Told<'_>, json: &mut Json<'_>) {
    let parts = told.url.and_then(scheme_and_host);
    json.object("url", |json| {
        json.text_if("full", told.url);
        json.text_if("scheme", parts.map(|(scheme, _)| scheme));
        json.text_if("domain", parts.map(|(_, host)| host));
    });
    json.object("http", |json| {
        json.object("request", |json| json.text_if("method", told.net_method));
    });
    json.object("destination", |json| {
        json.text_if("address", told.net_host);
        json.text_if("ip", told.net_host.filter(|host| is_ip(host)));
        json.text_if("domain", told.net_host.filter(|host| !is_ip(host)));
        json.int_if("port", told.net_port);
    });
    json.object("network", |json| {
        json.text_if("protocol", told.net_protocol);
        if told.net_host.is_some() {
            json.word("direction", "outbound");
        }
    });
    json.object("rule", |json| json.text_if("name", told.net_source));
}

/// What people pivot on.
fn related(told: &Told<'_>, json: &mut Json<'_>) {
    json.object("related", |json| {
        json.array("user", |json| {
            let users =
                [Some(told.user_name()), told.user_id.filter(|_| told.user_email.is_some())];
            users.into_iter().flatten().for_each(|user| json.item(user));
        });
        json.array("hosts", |json| {
            [told.host, told.net_host].into_iter().flatten().for_each(|host| json.item(host));
        });
        json.array("ip", |json| told.peer_ip().into_iter().for_each(|ip| json.item(ip)));
    });
}
