//! Who and what sends: names, users, versions; and types that change.

use super::{A, B, I, Is, S, bare_log, log};

/// The common attributes stand in columns; the time and the name that are said twice cost
/// nothing.
#[test]
fn common_attributes() {
    let more = [("agent_id", S("a845")), ("parent_agent_id", S("a100")), ("request_id", S("r1"))];
    log("user_prompt", &more)
        .has(&[
            ("agent", "claude-code"),
            ("agent_version", "2.1.329"),
            ("client", "claude-code"),
            ("name", "claude_code.user_prompt"),
            ("body", "claude_code.user_prompt"),
            ("session_id", "4be32e1a-0431-47a2-8f9e-b54f489862ce"),
            ("turn_id", "60b53c0e-76a9-4b27-b453-48ffad5fabe1"),
            ("source_sequence", "8"),
            ("user_id", "b86f6443"),
            ("provider", "anthropic"),
            ("agent_path", "a845"),
            ("request_id", "r1"),
            ("time_source", "record"),
            ("time_unix_nano", "1795174413221000000"),
        ])
        .keeps(&["parent_agent_id"]);
}

/// The name is the body's; without one the attribute's, with its prefix; else the field's.
#[test]
fn names() {
    let named = [("event.name", S("auth")), ("success", S("true"))];
    for (body, attributes, name, kind) in [
        ("claude_code.auth", &named[1..], "claude_code.auth", "session"),
        ("", &named[..], "claude_code.auth", "session"),
        ("logged in", &named[..], "claude_code.auth", "session"),
        ("claude_code.tool_result", &named[..], "claude_code.tool_result", "tool_result"),
        ("claude_code.quantum_leap", &[], "claude_code.quantum_leap", "other"),
        ("", &[("event.name", S("claude_code.auth"))], "claude_code.auth", "session"),
        ("", &[("event.name", I(5))], "", "other"),
        ("hello", &[], "", "other"),
    ] {
        let row = bare_log(body, attributes);
        row.has(&[("agent", "claude-code"), ("name", name), ("kind", kind), ("body", body)]);
    }
}

fn with(own: &[(&str, Is)]) -> super::Row {
    log("at_mention", own)
}

/// The launcher's name counts before the account, that before the installation's number; a
/// gateway's subject counts first. All of them stay.
#[test]
fn users() {
    let account = [("user.account_uuid", S("acc-1")), ("user.account_id", S("user_1"))];
    let launcher = [("enduser.id", S("dev-17"))];
    let gateway = [("identity.source", S("gateway-oidc")), ("user.groups", S("platform"))];
    with(&[]).has(&[("user_id", "b86f6443"), ("user_email", ""), ("org_id", "")]);
    with(&account).has(&[("user_id", "acc-1")]).keeps(&["user.account_uuid", "user.account_id"]);
    with(&account[1..]).has(&[("user_id", "user_1")]);
    with(&[&launcher[..], &account].concat()).has(&[("user_id", "dev-17")]).keeps(&[
        "enduser.id",
        "user.account_uuid",
        "user.account_id",
    ]);
    with(&[&gateway[..], &launcher, &account].concat()).has(&[("user_id", "b86f6443")]);
    let login = [
        ("user.email", S("a@example.org")),
        ("organization.id", S("org-1")),
        ("vcs.repository.url.full", S("https://git.example.org/payments/api")),
        ("vcs.owner.name", S("payments")),
        ("vcs.repository.name", S("api")),
        ("vcs.provider.name", S("git")),
    ];
    with(&login)
        .has(&[("user_email", "a@example.org"), ("org_id", "org-1")])
        .has(&[("repository", "https://git.example.org/payments/api")])
        .keeps(&login.map(|(key, _)| key));
    with(&[("team.id", S("build"))]).has(&[("org_id", "build")]).keeps(&["team.id"]);
}

/// Version and front end are off by default; a cloud's name for the model stays as it is.
#[test]
fn origin() {
    let sent = [("app.version", S("2.1.400")), ("app.entrypoint", S("claude-vscode"))];
    with(&sent)
        .has(&[("agent_version", "2.1.400"), ("client", "claude-vscode")])
        .keeps(&["app.version", "app.entrypoint"]);
    let cloud = [("anthropic.provider", S("bedrock"))];
    bare_log("claude_code.auth", &cloud).has(&[("provider", "bedrock")]).keeps(&["otlp.derived"]);
    bare_log("claude_code.auth", &[]).has(&[("provider", ""), ("session_id", "")]);
    let rest = [
        ("ccr.session.id", S("c1")),
        ("workflow.run_id", S("w1")),
        ("workflow.name", S("nightly")),
        ("workspace.host_paths", A(&["/home/dev"])),
    ];
    with(&rest).keeps(&rest.map(|(key, _)| key));
}

/// Numbers and truth values are read whichever way they are sent; what is not exact is kept.
#[test]
fn types_may_change() {
    log("mcp_server_connection", &[("duration_ms", I(9))])
        .has(&[("duration_ms", "9")])
        .keeps(&["duration_ms"]);
    log("compaction", &[("duration_ms", S("9")), ("success", B(false))])
        .has(&[("duration_ms", "9"), ("outcome", "failed")])
        .keeps(&["duration_ms", "success"]);
    let odd = [("prompt.id", Is::Null), ("session.id", I(5)), ("event.sequence", S("7"))];
    bare_log("claude_code.auth", &odd)
        .has(&[("turn_id", ""), ("session_id", ""), ("source_sequence", "7")])
        .keeps(&["prompt.id", "session.id", "event.sequence", "otlp.derived"]);
}
