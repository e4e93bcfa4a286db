//! What a record of OCSF 1.9 must be, as far as we know it by hand: what every record needs, what
//! each class that is written needs beyond that, which objects need which members, and the values of
//! the ids. Written from our own notes on the schema, class by class.
//!
//! It is not the released schema. What it does not say is not checked here: the members of most
//! objects, their types, the profiles of each class. Attributes that are optional stand here because
//! they are written (`paths` lists them all, and says what they were compared with).

/// A class that is written.
pub(super) struct Class {
    /// `class_uid`.
    pub(super) uid: i64,
    pub(super) name: &'static str,
    /// `category_uid`.
    pub(super) category: i64,
    /// `activity_id`, besides [`OTHER_ACTIVITY`].
    pub(super) activities: &'static [i64],
    /// What it requires beyond [`REQUIRED`].
    pub(super) required: &'static [&'static str],
    /// At least one of these is there, if there are any.
    pub(super) one_of: &'static [&'static str],
    /// What else it has beyond [`EVERYWHERE`].
    pub(super) more: &'static [&'static str],
    /// The profiles that each of its records has.
    pub(super) profiles: &'static [&'static str],
}

/// What an object needs, by the name of the attribute that it is the value of.
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) required: &'static [&'static str],
    /// At least one of these is there, if there are any.
    pub(super) one_of: &'static [&'static str],
}

/// `metadata.version`.
pub(super) const VERSION: &str = "1.9.0";

/// The activity of every class that needs a name of its own.
pub(super) const OTHER_ACTIVITY: i64 = 99;

/// What every record has.
pub(super) const REQUIRED: &[&str] =
    &["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"];

/// What a record of any class may have besides. A class is closed: everything else goes to
/// `unmapped`.
pub(super) const EVERYWHERE: &[&str] = &[
    "activity_name",
    "actor",
    "category_name",
    "class_name",
    "device",
    "duration",
    "end_time",
    "message",
    "severity",
    "status",
    "status_code",
    "status_detail",
    "status_id",
    "unmapped",
];

/// What a record may have with a profile only.
pub(super) const PROFILES: &[(&str, &[&str])] = &[
    ("host", &[]),
    ("ai_operation", &["ai_agent", "ai_model", "message_context"]),
    (
        "security_control",
        &["action", "action_id", "authorizations", "disposition", "disposition_id"],
    ),
    ("trace", &["trace"]),
];

const AGENTS: &[&str] = &["ai_operation", "host"];

/// The classes that are written. The class 0 is of records that are no activity of an agent: it
/// knows nothing of agents.
pub(super) const CLASSES: &[Class] = &[
    Class {
        uid: 0,
        name: "Base Event",
        category: 0,
        activities: &[],
        required: &[],
        one_of: &[],
        more: &[],
        profiles: &["host"],
    },
    Class {
        uid: 1001,
        name: "File System Activity",
        category: 1,
        activities: &[1, 2, 3, 4, 5, 14],
        required: &["actor", "device", "file"],
        one_of: &[],
        more: &[],
        profiles: AGENTS,
    },
    Class {
        uid: 1007,
        name: "Process Activity",
        category: 1,
        activities: &[1, 2, 3, 4, 5],
        required: &["actor", "device", "process"],
        one_of: &[],
        more: &["exit_code"],
        profiles: AGENTS,
    },
    Class {
        uid: 3003,
        name: "Authorize Session",
        category: 3,
        activities: &[1, 2, 3],
        required: &["user"],
        one_of: &["privileges", "groups", "iam_roles"],
        more: &["session"],
        profiles: AGENTS,
    },
    Class {
        uid: 4001,
        name: "Network Activity",
        category: 4,
        activities: &[1, 2, 3, 4, 5, 6, 7],
        required: &[],
        one_of: &["src_endpoint", "dst_endpoint"],
        more: &["app_protocol_name"],
        profiles: AGENTS,
    },
    Class {
        uid: 4002,
        name: "HTTP Activity",
        category: 4,
        activities: &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        required: &[],
        one_of: &["http_request", "http_response"],
        more: &[],
        profiles: AGENTS,
    },
    Class {
        uid: 6002,
        name: "Application Lifecycle",
        category: 6,
        activities: &[1, 2, 3, 4, 5, 6, 7, 8],
        required: &["app"],
        one_of: &[],
        more: &["application"],
        profiles: AGENTS,
    },
    Class {
        uid: 6003,
        name: "API Activity",
        category: 6,
        activities: &[1, 2, 3, 4],
        required: &["actor", "api", "src_endpoint"],
        one_of: &[],
        more: &[],
        profiles: AGENTS,
    },
    Class {
        uid: 6008,
        name: "Application Error",
        category: 6,
        activities: &[1, 2],
        required: &[],
        one_of: &[],
        more: &[],
        profiles: AGENTS,
    },
];

/// The objects of which we know what they need.
pub(super) const OBJECTS: &[Object] = &[
    Object { name: "metadata", required: &["product", "version"], one_of: &[] },
    Object {
        name: "actor",
        required: &[],
        one_of: &["process", "user", "iam_role", "invoked_by", "session"],
    },
    // It needs an identifier: these are the ones that are written.
    Object { name: "device", required: &["type_id"], one_of: &["hostname", "ip", "uid", "name"] },
    Object { name: "ai_agent", required: &[], one_of: &["name", "uid"] },
    Object { name: "ai_model", required: &["ai_provider", "name"], one_of: &[] },
    Object { name: "message_context", required: &[], one_of: &["application", "service"] },
    Object { name: "process", required: &[], one_of: &["pid", "uid", "cpid"] },
    Object { name: "file", required: &["name", "type_id"], one_of: &[] },
    Object { name: "api", required: &["operation"], one_of: &[] },
];

/// The values of ids, by path.
pub(super) const VALUES: &[(&str, &[i64])] = &[
    ("severity_id", &[1, 2, 3, 4, 5]),
    ("status_id", &[0, 1, 2]),
    ("action_id", &[1, 2, 3, 4]),
    ("disposition_id", &[1, 2, 8, 15, 16, 17, 19, 25, 26, 27]),
    ("ai_agent.type_id", &[0, 1, 2, 3, 4, 99]),
    ("message_context.ai_role_id", &[1, 2, 3, 4, 5, 6]),
];

/// Milliseconds since 1970, by path.
pub(super) const TIMES: &[&str] = &["time", "end_time", "metadata.logged_time"];
