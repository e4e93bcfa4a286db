//! Credentials on the command line.

use crate::redact::rule::{Check, Rule, Tail, place};

pub(super) const RULES: &[Rule] = &[
    place(
        "curl-user",
        "password after curl's -u",
        &["curl", "wget"],
        r#"(?i)\b(?:curl|wget)\b[^\r\n]{0,400}?[\s"',](?:-u|--user|--proxy-user)[ ="',]{0,4}[^\s:"'=]{1,128}:([^\s"'\\]{2,})"#,
        Check::Given,
    )
    .tail(Tail::WordEnd),
    place(
        "mysql-password",
        "password after -p of mysql and its like",
        &["mysql", "mariadb", "sshpass"],
        r#"(?i)\b(?:mysql|mysqldump|mysqladmin|mysqlimport|mariadb|mariadb-dump|sshpass)\b[^\r\n|;&]{0,300}?[\s"']-p(?:["']?, ?["']|[ ]{0,1}["']?)([^\s"'\\|;&-][^\s"'\\|;&]{2,})"#,
        Check::Given,
    ),
    place(
        "login-password",
        "password after -p or -a of docker, podman, helm, redis and others",
        &["docker login", "podman login", "registry login", "redis-cli", "az login", "sqlcmd"],
        r#"(?i)\b(?:(?:docker|podman|registry|az)[ ]login|redis-cli|sqlcmd)\b[^\r\n|;&]{0,300}?[\s](?:-p|-a|-P)[ =]["']?([^\s"'\\|;&-][^\s"'\\|;&]{2,})"#,
        Check::Given,
    ),
    place(
        "secret-flag",
        "value of a flag called password, token, secret or key",
        &[
            "-password", "-passwd", "-pass", "-token", "-secret", "-api-key", "-apikey", "-api_key", "-passphrase",
            "-access-key", "-auth-key", "-authkey", "-private-key",
        ],
        r#"(?i)(?:^|[\s"'`(\[])--?[a-z0-9\-]{0,32}(?:password|passwd|pass|token|secret|api-?key|api_key|passphrase|access-key|auth-?key|private-key)(?:[ =]["'`]?|["'],[ ]{0,4}["'])([^\s"'`\\,;)(<>\[\]{}|]{4,})"#,
        Check::Given,
    )
    .tail(Tail::WordEnd),
];
