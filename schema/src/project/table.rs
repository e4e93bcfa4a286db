//! The mapping table: what each meaning is called in OCSF, ECS and Splunk's CIM.
//!
//! Sources: OCSF 1.9.0 (schema.ocsf.io), ECS 9.4.0 (the fields `event.*` and their allowed values),
//! Splunk Common Information Model. Findings, heartbeats and acts on Seam itself are no rows of
//! `events` and have none here.
//!
//! Why some rows read as they do:
//! - Requests to models, calls of MCP servers and reviews have the activity 99: verbs of creating
//!   and reading would be untrue.
//! - OCSF's class for authorisation has no activity for a denial: `status_id` and `disposition_id`
//!   say it.
//! - An action of a shell tool is told with its end, so it is a process that ended; one that was
//!   kept from running is a launch that failed, with the disposition Blocked.
//! - A network attempt has its verdict in ECS's `event.type`, not in `event.outcome`.
//! - No column says how an MCP server is reached. One at an address is a network connection, any
//!   other the start of an application, since a process would need an id.

mod cim;
mod class;
mod rows;

pub use cim::{ALIASES, Alias, Cim, Dataset};
pub use class::{Activity, Class};

use crate::project::meaning::Meaning;
use crate::project::severity::Severity;

/// One row: what one meaning is called everywhere.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The meaning.
    pub meaning: Meaning,
    /// The same for people: what stands in `message`.
    pub caption: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// How grave it is where it failed, was denied, called off, or took too long.
    pub failed: Severity,
    /// Whether an agent that asks nobody makes it graver.
    pub weighs_posture: bool,
    /// OCSF.
    pub ocsf: Ocsf,
    /// ECS.
    pub ecs: Ecs,
    /// CIM; `None` where the model has nothing of the kind.
    pub cim: Option<Cim>,
}

/// Class and state in OCSF.
#[derive(Debug, Clone, Copy)]
pub struct Ocsf {
    /// The class.
    pub class: &'static Class,
    /// The activity in that class.
    pub activity: Activity,
    /// What decides the status.
    pub status: Status,
    /// What the controls did, where the meaning alone says it.
    pub verdict: Option<Verdict>,
}

/// What decides whether a record tells of a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The outcome of the record; unknown without one.
    Outcome,
    /// It is one.
    Success,
    /// It is none.
    Failure,
    /// Nobody knows yet.
    Unknown,
}

/// What a control did: OCSF's `action_id` and `disposition_id`, with their captions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// `action_id`.
    pub action: i64,
    /// `action`.
    pub action_name: &'static str,
    /// `disposition_id`.
    pub disposition: i64,
    /// `disposition`.
    pub disposition_name: &'static str,
}

macro_rules! verdicts {
    ($($(#[$meta:meta])* $name:ident = $action:literal $action_name:literal,
        $disposition:literal $disposition_name:literal;)+) => {
        impl Verdict {
            $($(#[$meta])* pub const $name: Self = Self {
                action: $action,
                action_name: $action_name,
                disposition: $disposition,
                disposition_name: $disposition_name,
            };)+
        }
    };
}

verdicts! {
    /// It went on.
    ALLOWED = 1 "Allowed", 1 "Allowed";
    /// Somebody said yes.
    APPROVED = 1 "Allowed", 8 "Approved";
    /// A control stopped it.
    BLOCKED = 2 "Denied", 2 "Blocked";
    /// Somebody said no, or nobody said yes.
    REJECTED = 2 "Denied", 25 "Rejected";
    /// It was seen.
    LOGGED = 3 "Observed", 17 "Logged";
}

/// Categories in ECS.
#[derive(Debug, Clone, Copy)]
pub struct Ecs {
    /// `event.category`; may be empty.
    pub category: &'static [&'static str],
    /// `event.type`; may be empty.
    pub types: &'static [&'static str],
    /// What decides `event.outcome`; none where it would mean nothing.
    pub outcome: Option<Status>,
}

/// The row of a meaning.
pub fn row(meaning: Meaning) -> &'static Row {
    // A test holds the rows to the order of the meanings.
    rows::ROWS.get(meaning as usize).unwrap_or(&rows::OTHER)
}

/// All rows, in the order of [`Meaning::ALL`].
pub fn rows() -> &'static [Row] {
    rows::ROWS
}
