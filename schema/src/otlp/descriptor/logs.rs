//! `logs.proto` and its request.

use super::resource::{ANY_VALUE, KEY_VALUE, RESOURCE, SCOPE};
use super::{Field, Kind, Message, Presence, Record, Role, message, slots};

message! {
    /// `ExportLogsServiceRequest`.
    LOGS_REQUEST = "ExportLogsServiceRequest", Role::Group;
    1 "resource_logs" "resourceLogs" Kind::Message(&RESOURCE_LOGS), Repeated;
}

message! {
    /// `ResourceLogs`.
    RESOURCE_LOGS = "ResourceLogs", Role::Group;
    1 "resource" "resource" Kind::Message(&RESOURCE), Implicit;
    2 "scope_logs" "scopeLogs" Kind::Message(&SCOPE_LOGS), Repeated;
    3 "schema_url" "schemaUrl" Kind::String, Implicit;
}

message! {
    /// `ScopeLogs`.
    SCOPE_LOGS = "ScopeLogs", Role::Group;
    1 "scope" "scope" Kind::Message(&SCOPE), Implicit;
    2 "log_records" "logRecords" Kind::Message(&LOG_RECORD), Repeated;
    3 "schema_url" "schemaUrl" Kind::String, Implicit;
}

message! {
    /// `LogRecord`.
    LOG_RECORD = "LogRecord", Role::Record(Record::Log);
    1 "time_unix_nano" "timeUnixNano" Kind::Fixed64, Implicit;
    2 "severity_number" "severityNumber" Kind::Enum(SEVERITY_NUMBER), Implicit;
    3 "severity_text" "severityText" Kind::String, Implicit;
    5 "body" "body" Kind::Message(&ANY_VALUE), Implicit;
    6 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    7 "dropped_attributes_count" "droppedAttributesCount" Kind::Uint32, Implicit;
    8 "flags" "flags" Kind::Fixed32, Implicit;
    9 "trace_id" "traceId" Kind::HexId, Implicit;
    10 "span_id" "spanId" Kind::HexId, Implicit;
    11 "observed_time_unix_nano" "observedTimeUnixNano" Kind::Fixed64, Implicit;
    12 "event_name" "eventName" Kind::String, Implicit;
}

/// `SeverityNumber`.
const SEVERITY_NUMBER: &[(&str, i32)] = &[
    ("SEVERITY_NUMBER_UNSPECIFIED", 0),
    ("SEVERITY_NUMBER_TRACE", 1),
    ("SEVERITY_NUMBER_TRACE2", 2),
    ("SEVERITY_NUMBER_TRACE3", 3),
    ("SEVERITY_NUMBER_TRACE4", 4),
    ("SEVERITY_NUMBER_DEBUG", 5),
    ("SEVERITY_NUMBER_DEBUG2", 6),
    ("SEVERITY_NUMBER_DEBUG3", 7),
    ("SEVERITY_NUMBER_DEBUG4", 8),
    ("SEVERITY_NUMBER_INFO", 9),
    ("SEVERITY_NUMBER_INFO2", 10),
    ("SEVERITY_NUMBER_INFO3", 11),
    ("SEVERITY_NUMBER_INFO4", 12),
    ("SEVERITY_NUMBER_WARN", 13),
    ("SEVERITY_NUMBER_WARN2", 14),
    ("SEVERITY_NUMBER_WARN3", 15),
    ("SEVERITY_NUMBER_WARN4", 16),
    ("SEVERITY_NUMBER_ERROR", 17),
    ("SEVERITY_NUMBER_ERROR2", 18),
    ("SEVERITY_NUMBER_ERROR3", 19),
    ("SEVERITY_NUMBER_ERROR4", 20),
    ("SEVERITY_NUMBER_FATAL", 21),
    ("SEVERITY_NUMBER_FATAL2", 22),
    ("SEVERITY_NUMBER_FATAL3", 23),
    ("SEVERITY_NUMBER_FATAL4", 24),
];
