//! Splunk's Common Information Model: tags per meaning, and which member of the format `seam`
//! stands for which field of a dataset. A Splunk app is made from both.

/// A dataset of a data model.
#[derive(Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Model and dataset.
    pub name: &'static str,
    /// The tags that put an event into it.
    pub tags: &'static [&'static str],
}

/// Where a meaning belongs.
#[derive(Debug, Clone, Copy)]
pub struct Cim {
    /// The dataset.
    pub dataset: &'static Dataset,
    /// The field `action`, in the words of the dataset.
    pub action: &'static str,
}

/// One field of a dataset.
#[derive(Debug, Clone, Copy)]
pub struct Alias {
    /// The dataset.
    pub dataset: &'static Dataset,
    /// The field of the model.
    pub field: &'static str,
    /// The members of a document in the format `seam`; the first that is there counts.
    pub members: &'static [&'static str],
}

pub(super) const PROCESSES: &Dataset =
    &Dataset { name: "Endpoint.Processes", tags: &["process", "report"] };
pub(super) const FILESYSTEM: &Dataset =
    &Dataset { name: "Endpoint.Filesystem", tags: &["endpoint", "filesystem"] };
pub(super) const TRAFFIC: &Dataset =
    &Dataset { name: "Network_Traffic.All_Traffic", tags: &["network", "communicate"] };
pub(super) const WEB: &Dataset = &Dataset { name: "Web.Web", tags: &["web", "proxy"] };
pub(super) const AUDITING: &Dataset =
    &Dataset { name: "Change.Auditing_Changes", tags: &["change", "audit"] };
pub(super) const ENDPOINT_CHANGES: &Dataset =
    &Dataset { name: "Change.Endpoint_Changes", tags: &["change", "endpoint"] };
pub(super) const DATA_ACCESS: &Dataset =
    &Dataset { name: "Data_Access.Data_Access", tags: &["data", "access"] };

/// Which member stands for which field. The fields `action` and `vendor_product` are constants: the
/// one of [`Cim::action`], the other `Seam`.
pub const ALIASES: &[Alias] = &aliases();

macro_rules! alias_table {
    ($($dataset:ident: $($field:literal = $($member:literal)+),+;)+) => {
        const fn aliases() -> [Alias; [$($($field),+),+].len()] {
            [$($(Alias { dataset: $dataset, field: $field, members: &[$($member),+] }),+),+]
        }
    };
}

alias_table! {
    PROCESSES: "process" = "command", "dest" = "host", "user" = "user_email" "user_id" "principal",
        "process_id" = "call_id", "parent_process_name" = "agent";
    FILESYSTEM: "file_path" = "path", "dest" = "host", "process_id" = "call_id",
        "user" = "user_email" "user_id" "principal";
    TRAFFIC: "dest" = "net_host" "url", "dest_port" = "net_port", "app" = "net_protocol",
        "src" = "host", "dvc" = "host", "user" = "user_email" "user_id" "principal",
        "session_id" = "session_id", "rule" = "net_source";
    WEB: "url" = "url", "src" = "host", "user" = "user_email" "user_id" "principal",
        "app" = "agent";
    AUDITING: "object" = "call_id", "object_category" = "tool_kind", "command" = "command" "tool",
        "result" = "decision", "user" = "user_email" "user_id" "principal", "dest" = "host",
        "change_type" = "kind";
    ENDPOINT_CHANGES: "object" = "name", "object_category" = "kind",
        "user" = "user_email" "user_id" "principal", "dest" = "host", "change_type" = "kind";
    DATA_ACCESS: "object" = "mcp_tool" "tool", "object_category" = "mcp_server" "tool_kind",
        "app" = "agent", "src" = "host", "user" = "user_email" "user_id" "principal",
        "signature" = "tool";
}
