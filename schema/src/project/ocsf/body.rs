//! What each class adds to a record.

use crate::project::Observer;
use crate::project::json::Json;
use crate::project::meaning::Meaning;
use crate::project::ocsf::parts;
use crate::project::table::Row;
use crate::project::told::{Source, Told, file_name, is_ip, program, scheme_and_host};

const FILE: i64 = 1001;
const PROCESS: i64 = 1007;
const AUTHORIZE: i64 = 3003;
const NETWORK: i64 = 4001;
const HTTP: i64 = 4002;
const LIFECYCLE: i64 = 6002;
const API: i64 = 6003;

/// Writes the attributes that the class has and others have not.
pub(super) fn body(told: &Told<'_>, row: &Row, observer: &Observer, json: &mut Json<'_>) {
    match row.ocsf.class.uid {
        FILE => file(told, json),
        PROCESS => process(told, json),
        AUTHORIZE => authorize(told, json),
        NETWORK => network(told, observer, json),
        HTTP => http(told, json),
        LIFECYCLE => lifecycle(told, row, json),
        API => api(told, row, observer, json),
        _ => {}
    }
    if has_trace(told, row) {
        json.object("trace", |json| trace(told, json));
    }
}

/// Writes what the class has no attribute for, so that no record loses it.
pub(super) fn left_over(told: &Told<'_>, row: &Row, json: &mut Json<'_>) {
    let class = row.ocsf.class.uid;
    if class != PROCESS {
        json.text_if("command", told.command);
        json.text_if("cwd", told.cwd);
        json.int_if("exit_code", told.exit_code);
    }
    if class != FILE {
        json.text_if("path", told.path);
    }
    if class != HTTP {
        json.text_if("url", told.url);
        json.text_if("net_method", told.net_method);
    }
    if class != NETWORK {
        json.text_if("net_host", told.net_host);
        json.int_if("net_port", told.net_port);
        json.text_if("net_protocol", told.net_protocol);
    }
    if class == 0 {
        json.word("agent", told.agent_name());
        json.text_if("agent_version", told.agent_version);
    }
    json.text_if("model", told.model);
    json.text_if("provider", told.provider);
    json.text_if("tool", told.tool);
    if !has_trace(told, row)
        && let Source::Event(event) = told.source
    {
        json.id_if("trace_id", event.columns.trace_id.as_ref());
        json.id_if("span_id", event.columns.span_id.as_ref());
    }
}

/// Whether the record says which trace it belongs to: only these classes have the profile.
pub(super) fn has_trace(told: &Told<'_>, row: &Row) -> bool {
    let traced = matches!(told.source, Source::Event(event) if event.columns.trace_id.is_some());
    traced && matches!(row.ocsf.class.uid, HTTP | API)
}

fn trace(told: &Told<'_>, json: &mut Json<'_>) {
    if let Source::Event(event) = told.source {
        json.id_if("uid", event.columns.trace_id.as_ref());
    }
}

/// The id of the call, or of the record where the call has none: a process must have one.
fn call_uid(told: &Told<'_>, key: &'static str, json: &mut Json<'_>) {
    match (told.call_id, told.source) {
        (Some(call), _) => json.text(key, call),
        (None, Source::Event(event)) => json.id(key, &event.columns.event_id),
        (None, Source::Action(action)) => json.id(key, &action.action_id),
    }
}

fn file(told: &Told<'_>, json: &mut Json<'_>) {
    let path = told.path.unwrap_or_default();
    json.object("file", |json| {
        json.text("name", file_name(path));
        json.text("path", path);
        json.int("type_id", 0);
        json.word("type", "Unknown");
    });
}

fn process(told: &Told<'_>, json: &mut Json<'_>) {
    json.object("process", |json| {
        call_uid(told, "uid", json);
        json.text_if("cmd_line", told.command);
        json.text_if("name", told.command.and_then(program));
        json.text_if("working_directory", told.cwd);
    });
    json.int_if("exit_code", told.exit_code);
}

fn authorize(told: &Told<'_>, json: &mut Json<'_>) {
    json.object("user", |json| parts::user(told, json));
    json.object("session", |json| json.text_if("uid", told.session_id));
    json.array("privileges", |json| {
        let kind = told.tool_kind.map_or("tool", |kind| kind.as_str());
        json.joined_item(kind, told.tool.or(told.mcp_tool).unwrap_or("*"));
    });
}

fn network(told: &Told<'_>, observer: &Observer, json: &mut Json<'_>) {
    json.object("src_endpoint", |json| parts::endpoint(told, observer, json));
    json.object("dst_endpoint", |json| {
        let of_url = told.url.and_then(scheme_and_host).map(|(_, host)| host);
        let host = told.net_host.or(of_url);
        json.text_if("ip", host.filter(|host| is_ip(host)));
        json.text_if("hostname", host.filter(|host| !is_ip(host)));
        if host.is_some() {
            let is_port = |port: &i64| u16::try_from(*port).is_ok();
            json.int_if("port", told.net_port.filter(is_port));
        }
    });
    json.text_if("app_protocol_name", told.net_protocol);
}

fn http(told: &Told<'_>, json: &mut Json<'_>) {
    json.object("http_request", |json| {
        json.object("url", |json| {
            json.text_if("url_string", told.url);
            if let Some((scheme, host)) = told.url.and_then(scheme_and_host) {
                json.text("scheme", scheme);
                json.text("hostname", host);
            }
        });
    });
}

/// The application is the agent, except where an MCP server starts.
fn lifecycle(told: &Told<'_>, row: &Row, json: &mut Json<'_>) {
    let server = matches!(row.meaning, Meaning::McpServerStarted | Meaning::McpServerFailed);
    for key in ["app", "application"] {
        json.object(key, |json| {
            if let Some(server) = told.mcp_server.filter(|_| server) {
                json.text("name", server);
            } else {
                json.word("name", if server { "MCP server" } else { told.agent_name() });
                json.text_if("version", told.agent_version.filter(|_| !server));
            }
        });
    }
}

fn api(told: &Told<'_>, row: &Row, observer: &Observer, json: &mut Json<'_>) {
    json.object("api", |json| {
        let operation = match row.meaning {
            Meaning::PromptSubmitted => "prompt",
            Meaning::ResponseGiven => "response",
            Meaning::ModelRequested | Meaning::ModelRefused => "inference",
            Meaning::ReviewerWorked => "review",
            _ => told.mcp_tool.or(told.tool).unwrap_or("tool"),
        };
        json.text("operation", operation);
        json.object("service", |json| {
            json.text_if("name", told.mcp_server.or(told.provider));
        });
        json.object("request", |json| {
            json.text_if("uid", told.request_id.or(told.call_id));
        });
        json.object("response", |json| {
            if let Some(reason) = told.failure_reason {
                json.word("error", reason.as_str());
            }
            json.text_if("error_message", told.policy.open(told.error));
        });
    });
    json.object("src_endpoint", |json| parts::endpoint(told, observer, json));
}
