//! Files of a known form that hold credentials.

use crate::redact::rule::{Check, Rule, place};

pub(super) const RULES: &[Rule] = &[
    place(
        "netrc-password",
        "password in a .netrc",
        &["machine "],
        r#"(?i)\bmachine[ \t]+\S+\s+(?:login\s+\S+\s+)?(?:account\s+\S+\s+)?password\s+([^\s"'\\]{3,})"#,
        Check::Given,
    ),
    place(
        "pgpass-password",
        "password in a .pgpass",
        &[":5432:", ":5433:", ":6432:"],
        r#"(?:^|[\s"'=&])[A-Za-z0-9_.*\-]{1,128}:(?:5432|5433|6432):[^:\s"'\\]{1,64}:[^:\s"'\\]{1,64}:([^\s:"'\\]{3,})"#,
        Check::Given,
    ),
    place(
        "docker-config-auth",
        "credential in a Docker configuration",
        &["auth\"", "auth\\", "auth\x12"],
        r#"["']auth["'][ \t]{0,4}:[ \t]{0,4}["']([A-Za-z0-9+/=_\-]{8,})"#,
        Check::Pair,
    ),
    place(
        "kubeconfig-key",
        "client key in a kubeconfig",
        &["client-key-data"],
        r#"client-key-data["']?[ \t]{0,4}:[ \t]{0,4}["']?([A-Za-z0-9+/=]{20,})"#,
        Check::None,
    )
    .entropy(3.5),
    place(
        "connection-string-password",
        "password in a connection string",
        &["password=", "pwd="],
        r#"(?i)(?:server|host|data source|user id|uid|user|username|database|initial catalog)=[^;\s"']{1,128};(?:[^"'\r\n]{0,256};)?[ ]?(?:password|pwd)=([^;"'\s\\]{3,})"#,
        Check::Given,
    ),
];
