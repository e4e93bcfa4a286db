//! The rows, in the order of [`Meaning`].

use super::cim::{
    AUDITING, Cim, DATA_ACCESS, Dataset, ENDPOINT_CHANGES, FILESYSTEM, PROCESSES, TRAFFIC, WEB,
};
use super::class::{
    API, AUTHORIZE, Activity, BASE, Class, ERROR, FILE, HTTP, LIFECYCLE, NETWORK, PROCESS,
};
use super::{Ecs, Ocsf, Row, Status, Verdict};
use crate::project::meaning::Meaning;
use crate::project::severity::Severity::{self, Info, Low, Medium};

const fn ocsf(class: &'static Class, id: i64, name: &'static str) -> Ocsf {
    Ocsf { class, activity: Activity { id, name }, status: Status::Outcome, verdict: None }
}

const fn ecs(category: &'static [&'static str], types: &'static [&'static str]) -> Ecs {
    Ecs { category, types, outcome: Some(Status::Outcome) }
}

const fn cim(dataset: &'static Dataset, action: &'static str) -> Cim {
    Cim { dataset, action }
}

impl Ocsf {
    const fn is(self, status: Status) -> Self {
        Self { status, ..self }
    }

    const fn by(self, verdict: Verdict) -> Self {
        Self { verdict: Some(verdict), ..self }
    }
}

impl Ecs {
    const fn always(self, status: Status) -> Self {
        Self { outcome: Some(status), ..self }
    }

    const fn without_outcome(self) -> Self {
        Self { outcome: None, ..self }
    }
}

impl Row {
    const fn graver(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    const fn by_posture(self) -> Self {
        Self { weighs_posture: true, ..self }
    }
}

const fn row(
    meaning: Meaning,
    caption: &'static str,
    ocsf: Ocsf,
    ecs: Ecs,
    cim: Option<Cim>,
) -> Row {
    Row { meaning, caption, severity: Info, failed: Low, weighs_posture: false, ocsf, ecs, cim }
}

/// A decision about a call.
const fn approval(status: Status, verdict: Verdict) -> (Ocsf, Ecs) {
    (
        ocsf(AUTHORIZE, 1, "Assign Privileges").is(status).by(verdict),
        ecs(&["iam"], &["info"]).always(status),
    )
}

const REQUESTED: (Ocsf, Ecs) = approval(Status::Unknown, Verdict::LOGGED);
const GRANTED: (Ocsf, Ecs) = approval(Status::Success, Verdict::APPROVED);
const REJECTED: (Ocsf, Ecs) = approval(Status::Failure, Verdict::REJECTED);
const NO_CATEGORY: Ecs = ecs(&[], &[]);
const API_ACCESS: Ecs = ecs(&["api"], &["access"]);

/// A record that no mapper knows.
pub(super) const OTHER: Row = row(
    Meaning::OtherRecorded,
    "A record that no mapper knows",
    ocsf(BASE, 99, "Record"),
    NO_CATEGORY,
    None,
);

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(Meaning::SessionStarted, "A conversation began",
        ocsf(LIFECYCLE, 3, "Start"), ecs(&["session"], &["start"]), None).by_posture(),
    row(Meaning::SessionEnded, "A conversation ended",
        ocsf(LIFECYCLE, 4, "Stop"), ecs(&["session"], &["end"]), None),
    row(Meaning::SessionUpdated, "A conversation changed or was measured",
        ocsf(LIFECYCLE, 99, "Progress"), ecs(&["session"], &["info"]), None),
    row(Meaning::SubagentStarted, "A subagent began",
        ocsf(LIFECYCLE, 3, "Start"), ecs(&["session"], &["start"]), None).by_posture(),
    row(Meaning::SubagentEnded, "A subagent ended",
        ocsf(LIFECYCLE, 4, "Stop"), ecs(&["session"], &["end"]), None),
    row(Meaning::PromptSubmitted, "The agent was asked",
        ocsf(API, 1, "Create"), NO_CATEGORY, None),
    row(Meaning::ResponseGiven, "The agent answered",
        ocsf(API, 99, "Response"), NO_CATEGORY, None),
    row(Meaning::ModelRequested, "A model was asked",
        ocsf(API, 99, "Inference"), ecs(&["api"], &["info"]), None),
    row(Meaning::ModelRefused, "A model refused",
        ocsf(API, 99, "Inference").is(Status::Failure).by(Verdict::REJECTED),
        ecs(&["api"], &["denied"]).always(Status::Failure), None).graver(Low),
    row(Meaning::ApprovalRequested, "Somebody is asked about a call",
        REQUESTED.0, REQUESTED.1, Some(cim(AUDITING, "requested"))),
    row(Meaning::ApprovalGranted, "A call was allowed",
        GRANTED.0, GRANTED.1, Some(cim(AUDITING, "allowed"))).by_posture(),
    row(Meaning::ApprovalDenied, "A call was denied",
        REJECTED.0, REJECTED.1, Some(cim(AUDITING, "denied"))).graver(Low),
    row(Meaning::ApprovalCancelled, "The question about a call was called off",
        REJECTED.0, REJECTED.1, Some(cim(AUDITING, "denied"))).graver(Low),
    row(Meaning::ApprovalTimedOut, "Nobody answered about a call in time",
        REJECTED.0, REJECTED.1, Some(cim(AUDITING, "denied"))).graver(Low),
    row(Meaning::ApprovalNoted, "Something of a decision about a call",
        REQUESTED.0, REQUESTED.1, Some(cim(AUDITING, "requested"))),
    row(Meaning::CommandCalled, "A command is to run",
        ocsf(PROCESS, 1, "Launch"), ecs(&["process"], &["start"]), Some(cim(PROCESSES, "allowed"))),
    row(Meaning::CommandEnded, "A command ended",
        ocsf(PROCESS, 2, "Terminate"), ecs(&["process"], &["end"]), Some(cim(PROCESSES, "allowed"))),
    row(Meaning::CommandPrevented, "A command was kept from running",
        ocsf(PROCESS, 1, "Launch").is(Status::Failure).by(Verdict::BLOCKED),
        ecs(&["process"], &["info"]).always(Status::Failure),
        Some(cim(PROCESSES, "blocked"))).graver(Low),
    row(Meaning::FileRead, "A file is read",
        ocsf(FILE, 2, "Read"), ecs(&["file"], &["access"]), Some(cim(FILESYSTEM, "read"))),
    row(Meaning::FileCreated, "A file is written",
        ocsf(FILE, 1, "Create"), ecs(&["file"], &["creation"]), Some(cim(FILESYSTEM, "created"))),
    row(Meaning::FileChanged, "A file is changed",
        ocsf(FILE, 3, "Update"), ecs(&["file"], &["change"]), Some(cim(FILESYSTEM, "modified"))),
    row(Meaning::FileDeleted, "A file is deleted",
        ocsf(FILE, 4, "Delete"), ecs(&["file"], &["deletion"]), Some(cim(FILESYSTEM, "deleted"))),
    row(Meaning::FileUsed, "A file is used",
        ocsf(FILE, 99, "Use"), ecs(&["file"], &["info"]), Some(cim(FILESYSTEM, "read"))),
    row(Meaning::WebFetched, "An address is fetched",
        ocsf(HTTP, 3, "Get"), ecs(&["web"], &["access"]), Some(cim(WEB, "allowed"))),
    row(Meaning::WebSearched, "The web is searched",
        ocsf(API, 2, "Read"), API_ACCESS, Some(cim(DATA_ACCESS, "read"))),
    row(Meaning::McpCalled, "A tool of an MCP server is called",
        ocsf(API, 99, "Invoke"), API_ACCESS, Some(cim(DATA_ACCESS, "read"))),
    row(Meaning::SubagentCalled, "Another agent is called",
        ocsf(API, 99, "Invoke"), API_ACCESS, None),
    row(Meaning::ToolCalled, "A tool is called",
        ocsf(API, 99, "Invoke"), API_ACCESS, Some(cim(DATA_ACCESS, "read"))),
    row(Meaning::NetworkAllowed, "A network attempt was allowed",
        ocsf(NETWORK, 1, "Open").is(Status::Success).by(Verdict::ALLOWED),
        ecs(&["network"], &["connection", "allowed"]).without_outcome(), Some(cim(TRAFFIC, "allowed"))),
    row(Meaning::NetworkDenied, "A network attempt was denied",
        ocsf(NETWORK, 5, "Refuse").is(Status::Failure).by(Verdict::BLOCKED),
        ecs(&["network"], &["connection", "denied"]).without_outcome(),
        Some(cim(TRAFFIC, "blocked"))).graver(Low),
    row(Meaning::NetworkAttempted, "A network attempt",
        ocsf(NETWORK, 6, "Traffic"), ecs(&["network"], &["connection"]).without_outcome(),
        Some(cim(TRAFFIC, "allowed"))),
    row(Meaning::McpServerConnected, "An MCP server was reached",
        ocsf(NETWORK, 1, "Open"), ecs(&["network"], &["connection", "start"]),
        Some(cim(TRAFFIC, "allowed"))),
    row(Meaning::McpServerStarted, "An MCP server works",
        ocsf(LIFECYCLE, 3, "Start"), ecs(&["api"], &["start"]), None),
    row(Meaning::McpServerFailed, "An MCP server does not work",
        ocsf(LIFECYCLE, 3, "Start").is(Status::Failure),
        ecs(&["api"], &["start"]).always(Status::Failure), None).graver(Low),
    row(Meaning::HookStarted, "A hook began",
        ocsf(PROCESS, 1, "Launch"), ecs(&["process"], &["start"]), Some(cim(PROCESSES, "allowed"))),
    row(Meaning::HookEnded, "A hook ended",
        ocsf(PROCESS, 2, "Terminate"), ecs(&["process"], &["end"]), Some(cim(PROCESSES, "allowed"))),
    row(Meaning::ReviewerWorked, "An automatic reviewer worked",
        ocsf(API, 99, "Review"), ecs(&["api"], &["info"]), None),
    row(Meaning::ConfigStated, "The configuration, or a change of it",
        ocsf(LIFECYCLE, 8, "Update"), ecs(&["configuration"], &["change"]),
        Some(cim(ENDPOINT_CHANGES, "modified"))).by_posture(),
    row(Meaning::ErrorOccurred, "Something went wrong",
        ocsf(ERROR, 1, "General Error").is(Status::Failure),
        NO_CATEGORY.always(Status::Failure), None).graver(Low),
    row(Meaning::SpanRecorded, "A span", ocsf(BASE, 99, "Span"), NO_CATEGORY, None),
    OTHER,
    row(Meaning::Undecoded, "A request that could not be read",
        ocsf(ERROR, 2, "Translation Error").is(Status::Failure), NO_CATEGORY.always(Status::Failure),
        None).graver(Medium),
];
