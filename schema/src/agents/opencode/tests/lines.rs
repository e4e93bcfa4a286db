//! Log lines: permissions, sessions, and what has no meaning of its own.

use super::{I, OPENCODE, Row, S, line};

fn info(texts: &[&str]) -> Row {
    line(texts, "Info", &[("fiberId", I(7))])
}

/// `evaluated`: the rule that was found, and what it was found for.
#[test]
fn evaluated() {
    for (rule, decision, by, reason, rationale) in [
        (
            r#"{"permission":"bash","pattern":"*","action":"allow"}"#,
            "allow",
            "policy",
            "",
            "rule bash *: allow",
        ),
        (
            r#"{"permission":"bash","pattern":"git push*","action":"deny"}"#,
            "deny",
            "policy",
            "policy_denied",
            "rule bash git push*: deny",
        ),
        (r#"{"permission":"*","pattern":"*","action":"ask"}"#, "ask", "", "", "rule * *: ask"),
        (r#""deny""#, "deny", "policy", "policy_denied", ""),
        ("undefined", "", "", "", ""),
        (r#"{"action":"ponder"}"#, "", "", "", ""),
    ] {
        let fields = format!(r#"{{"permission":"bash","pattern":"git push -f","action":{rule}}}"#);
        let row = info(&["evaluated", &fields]);
        row.has(&[
            ("agent", "opencode"),
            ("agent_version", "1.18.33"),
            ("client", "cli"),
            ("name", "evaluated"),
            ("kind", "approval"),
            ("tool", "bash"),
            ("tool_kind", "shell"),
            ("command", "git push -f"),
            ("decision", decision),
            ("decided_by", by),
            ("denial_reason", reason),
            ("rationale", rationale),
            ("severity_text", "Info"),
        ])
        .keeps_beside(&[], &["fiberId"]);
        assert!(row.get("body").starts_with(r#"["evaluated","#));
    }
}

/// What a permission is for, by its name.
#[test]
fn subjects() {
    for (permission, pattern, kind, server, place) in [
        ("read", "src/app.py", "file", "", "path"),
        ("edit", "src/app.py", "file", "", "path"),
        ("webfetch", "https://x/", "web", "", "url"),
        ("tickets_get_ticket", "*", "mcp", "tickets", ""),
        ("task", "general", "subagent", "", ""),
        ("external_directory", "/etc/*", "other", "", ""),
    ] {
        let fields = format!(r#"{{"permission":"{permission}","pattern":"{pattern}"}}"#);
        let row = info(&["evaluated", &fields]);
        row.has(&[("tool", permission), ("tool_kind", kind), ("mcp_server", server)]);
        for column in ["command", "path", "url"] {
            let expected = if column == place { pattern } else { "" };
            assert_eq!(row.get(column), expected, "{permission}");
        }
    }
}

/// `asking`: somebody is asked.
#[test]
fn asking() {
    let fields = r#"{"id":"per_1","permission":"bash","patterns":["curl x","ls"]}"#;
    info(&["asking", fields]).has(&[
        ("kind", "approval"),
        ("name", "asking"),
        ("decision", "ask"),
        ("decided_by", ""),
        ("tool", "bash"),
        ("command", "curl x"),
    ]);
}

/// `created`: a session, its parent, and what it may do.
#[test]
fn created() {
    let rules = r#"[{"action":"deny","pattern":"*","permission":"question"}]"#;
    let fields = format!(
        r#"{{"id":"ses_2","directory":"/x","workspaceID":undefined,"parentID":"ses_1","agent":undefined,"permission":{rules},"cost":0}}"#
    );
    info(&["created", &fields]).has(&[
        ("kind", "session"),
        ("session_id", "ses_2"),
        ("parent_session_id", "ses_1"),
        ("cwd", "/x"),
        ("approval_policy", rules),
    ]);
    info(&["created", r#"{"id":"ses_2","slug":"shiny","direc"#]).has(&[
        ("kind", "session"),
        ("session_id", "ses_2"),
        ("cwd", ""),
    ]);
    info(&["created", r#"{"id":"pty_1"}"#]).has(&[("kind", "other"), ("session_id", "")]);
}

/// The lines of a conversation at work.
#[test]
fn session_lines() {
    for name in ["loop", "process", "exiting loop"] {
        info(&[name, r#"{"session.id":"ses_1","step":0}"#]).has(&[
            ("kind", "session"),
            ("name", name),
            ("session_id", "ses_1"),
        ]);
    }
    let fields = r#"{"providerID":"mock","modelID":"m1","session.id":"ses_1","small":"true","agent":"title","mode":"primary"}"#;
    info(&["stream", fields]).has(&[
        ("kind", "session"),
        ("session_id", "ses_1"),
        ("provider", "mock"),
        ("model", "m1"),
        ("agent_path", "title"),
        ("mode", "primary"),
    ]);
    info(&["loading", r#"{"path":"/x/opencode.json"}"#]).has(&[("kind", "config"), ("path", "")]);
    info(&["touching file", r#"{"file":"/x"}"#]).has(&[("kind", "other")]);
    info(&["x", r#"{"sessionID":"ses_1"}"#]).has(&[("kind", "other"), ("session_id", "ses_1")]);
    line(&["x"], "Info", &[("session.id", S("ses_3"))])
        .has(&[("session_id", "ses_3")])
        .keeps_beside(&[], &[]);
}

/// A line of a failure is an error, whatever it is about.
#[test]
fn failures() {
    line(&["process", r#"{"session.id":"ses_1","error":"no route"}"#], "Error", &[]).has(&[
        ("kind", "error"),
        ("error", "no route"),
        ("session_id", "ses_1"),
    ]);
    line(&["no luck"], "Error", &[]).has(&[("kind", "error"), ("error", "no luck")]);
}

/// A message is a name only if it stands so in the source; any body is stored.
#[test]
fn names() {
    OPENCODE.log("all LSPs are disabled", &[]).has(&[("name", "all LSPs are disabled")]);
    for message in ["took 5 ms", "", "a 'quoted' word"] {
        OPENCODE.log(message, &[]).has(&[("kind", "other"), ("name", ""), ("body", message)]);
    }
    let long = "word ".repeat(20);
    info(&[&long]).has(&[("name", "")]);
    for fields in ["[1]", "7", "{", "nonsense"] {
        info(&["evaluated", fields]).has(&[("kind", "approval"), ("decision", ""), ("tool", "")]);
    }
    info(&[]).has(&[("kind", "other"), ("body", "[]")]);
}
