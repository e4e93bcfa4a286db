//! Rows of the derived tables as JSON gives them: the columns that are worked with by name, and
//! the others carried along.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

/// A time of a table.
pub(crate) type Moment = DateTime<Utc>;
/// The columns that are not worked with.
pub(crate) type Rest = Map<String, Value>;

/// Writes a time as all output for programs does.
#[expect(clippy::ref_option, reason = "serde gives the field as it is")]
fn six_digits<S: Serializer>(time: &Option<Moment>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true)).serialize(to)
}

/// A row of `sessions`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct SessionRow {
    pub(crate) session_id: String,
    pub(crate) tenant: String,
    pub(crate) root_session_id: Option<String>,
    pub(crate) parent_session_id: Option<String>,
    pub(crate) parent_confidence: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) agent_version: Option<String>,
    pub(crate) client: Option<String>,
    pub(crate) principal: String,
    pub(crate) user_email: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) repository: Option<String>,
    pub(crate) cwd: Option<String>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) started_at: Option<Moment>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) ended_at: Option<Moment>,
    pub(crate) turns: i64,
    pub(crate) actions: i64,
    pub(crate) denied: i64,
    pub(crate) failed: i64,
    pub(crate) net_denied: i64,
    pub(crate) approval_policy: Option<String>,
    pub(crate) sandbox_policy: Option<String>,
    pub(crate) mode: Option<String>,
    pub(crate) posture_changes: Option<Vec<String>>,
    pub(crate) mcp_servers: Option<Vec<String>>,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cost_usd: Option<f64>,
    pub(crate) gaps: i64,
    #[serde(flatten)]
    pub(crate) rest: Rest,
}

impl SessionRow {
    /// From the first of it to the last, in milliseconds.
    pub(crate) fn duration_ms(&self) -> Option<i64> {
        Some((self.ended_at? - self.started_at?).num_milliseconds())
    }

    /// Who it is for: the person as claimed, else who sent it.
    pub(crate) fn who(&self) -> &str {
        self.user_email.as_deref().unwrap_or(&self.principal)
    }
}

/// A row of `turns`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct TurnRow {
    pub(crate) turn_id: String,
    pub(crate) session_id: String,
    pub(crate) prompt: Option<String>,
    pub(crate) prompt_origin: Option<String>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) started_at: Option<Moment>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) ended_at: Option<Moment>,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cost_usd: Option<f64>,
    pub(crate) response: Option<String>,
    #[serde(flatten)]
    pub(crate) rest: Rest,
}

/// A row of `actions`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ActionRow {
    pub(crate) action_id: String,
    pub(crate) session_id: String,
    pub(crate) role: Option<String>,
    pub(crate) turn_id: Option<String>,
    pub(crate) agent_path: Option<String>,
    pub(crate) call_id: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) tool_kind: Option<String>,
    pub(crate) mcp_server: Option<String>,
    pub(crate) mcp_tool: Option<String>,
    pub(crate) command: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) intent: Option<String>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) requested_at: Option<Moment>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) decided_at: Option<Moment>,
    pub(crate) decision: Option<String>,
    pub(crate) decided_by: Option<String>,
    pub(crate) grant_scope: Option<String>,
    pub(crate) risk_level: Option<String>,
    pub(crate) rationale: Option<String>,
    pub(crate) denial_reason: Option<String>,
    pub(crate) wait_ms: Option<i64>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) started_at: Option<Moment>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) ended_at: Option<Moment>,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) outcome: Option<String>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) exit_code: Option<i64>,
    pub(crate) error: Option<String>,
    pub(crate) cancelled_by: Option<String>,
    pub(crate) evidence: Option<Vec<EvidenceItem>>,
    #[serde(flatten)]
    pub(crate) rest: Rest,
}

impl ActionRow {
    /// The first moment that shows it.
    pub(crate) fn time(&self) -> Option<Moment> {
        [self.requested_at, self.decided_at, self.started_at, self.ended_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether this event is among those it was made from.
    pub(crate) fn is_shown_by(&self, event_id: &str) -> bool {
        self.evidence.iter().flatten().any(|item| item.event_id.as_deref() == Some(event_id))
    }
}

/// An event an action was made from.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(crate) struct EvidenceItem {
    pub(crate) event_id: Option<String>,
    pub(crate) role: Option<String>,
}

/// A row of `links`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct LinkRow {
    pub(crate) link_id: String,
    pub(crate) session_id: String,
    pub(crate) relation: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) action_id: Option<String>,
    pub(crate) to_session_id: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) confidence: Option<String>,
    pub(crate) candidates: Option<Vec<String>>,
    pub(crate) reasons: Option<Vec<String>>,
    #[serde(flatten)]
    pub(crate) rest: Rest,
}

impl LinkRow {
    /// Whether it says this of its event or conversation.
    pub(crate) fn is(&self, relation: &str) -> bool {
        self.relation.as_deref() == Some(relation)
    }
}

/// A row of `gaps`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct GapRow {
    pub(crate) gap_id: String,
    pub(crate) session_id: String,
    pub(crate) kind: Option<String>,
    pub(crate) from_sequence: Option<i64>,
    pub(crate) to_sequence: Option<i64>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) detected_at: Option<Moment>,
    pub(crate) detail: Option<String>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) closed_at: Option<Moment>,
    #[serde(flatten)]
    pub(crate) rest: Rest,
}

/// A network attempt: a row of `events`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct AttemptRow {
    pub(crate) event_id: String,
    pub(crate) session_id: Option<String>,
    pub(crate) turn_id: Option<String>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) time: Option<Moment>,
    pub(crate) net_host: Option<String>,
    pub(crate) net_port: Option<i64>,
    pub(crate) net_protocol: Option<String>,
    pub(crate) net_method: Option<String>,
    pub(crate) net_verdict: Option<String>,
    pub(crate) net_reason: Option<String>,
}

/// What a record says of a request to a model: a row of `events`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct RequestRow {
    pub(crate) session_id: Option<String>,
    pub(crate) turn_id: Option<String>,
    #[serde(serialize_with = "six_digits")]
    pub(crate) time: Option<Moment>,
    pub(crate) signal: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
}

/// How many events of a kind belong to no action.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OtherEvents {
    pub(crate) session_id: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) events: i64,
}
