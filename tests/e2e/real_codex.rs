//! A real Codex, as npm gives it, works for a scripted model and reports to Seam.
//!
//! Its home, the model's turns and the MCP server stand in `tests/agents`; its telemetry is what
//! `seam connect` wrote. Every answer is looked for by the conversation id that Codex printed.

use anyhow::Context as _;
use seam_tests::agent::Agent;
use seam_tests::connect::{Connected, USER, hostname};
use seam_tests::model::Api;
use seam_tests::server::Server;
use seam_tests::skip::skip;
use serde_json::{Value, json};

/// Codex with a home of its own, working for a model with these turns.
fn prepare(turns: &str, test: &str) -> anyhow::Result<Option<Agent>> {
    let Some(mut codex) = Agent::prepare("codex", Api::Responses, turns, test)? else {
        return Ok(None);
    };
    let home = codex.home().join(".codex");
    codex.variable("CODEX_HOME", home.to_str().context("a path")?);
    Ok(Some(codex))
}

/// Gives Codex a prompt, waits until it is done, and gives the conversation's id.
fn exec(codex: &Agent, prompt: &str, args: &[&str]) -> anyhow::Result<String> {
    let always = ["exec", "--strict-config", "--skip-git-repo-check", "--json"];
    let printed = codex.run(&[&always, args, &[prompt]].concat())?;
    printed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|event| event["type"] == "thread.started")
        .and_then(|event| event["thread_id"].as_str().map(str::to_owned))
        .with_context(|| format!("codex printed no conversation id: {printed}"))
}

/// Guarantees: what a real Codex was asked, allowed and forbidden to do, and did, commands and an
/// MCP call, stands in SQL under the id of the conversation that Codex itself printed.
#[test]
fn a_real_codex_shows_up_in_sql() -> anyhow::Result<()> {
    let Some(mut codex) = prepare("calls", "a_real_codex_shows_up_in_sql")? else { return Ok(()) };
    let server = Server::start()?;
    let connected = Connected::write("codex", &mut codex, &server)?;
    let prompt = "Say hello, then use the echo server";
    let id = exec(connected.agent(), prompt, &["--sandbox", "danger-full-access"])?;
    let holds = |statement: &str, expected: Value| {
        let only = format!("session_id = '{id}' and signal = 'logs'");
        server.holds(&statement.replace("$mine", &only), &expected)
    };

    holds(
        "select prompt, user_id, host from events where kind = 'prompt' and $mine",
        json!([{ "prompt": prompt, "user_id": USER, "host": hostname()? }]),
    )?;
    holds(
        "select call_id, tool, decision, decided_by from events where kind = 'approval' and $mine \
         order by call_id",
        json!([
            { "call_id": "call_0", "tool": "exec_command", "decision": "allow", "decided_by": "policy" },
            { "call_id": "call_1", "tool": "exec_command", "decision": "allow", "decided_by": "policy" },
        ]),
    )?;
    holds(
        "select call_id, command, mcp_server, outcome, exit_code, denial_reason from events \
         where kind = 'tool_result' and $mine order by call_id",
        json!([
            { "call_id": "call_0", "command": "echo hello-from-seam", "mcp_server": null, "outcome": "succeeded", "exit_code": 0, "denial_reason": null },
            { "call_id": "call_1", "command": "ls no-such-file", "mcp_server": null, "outcome": "failed", "exit_code": 2, "denial_reason": null },
            { "call_id": "call_2", "command": "git push origin main", "mcp_server": null, "outcome": "denied", "exit_code": null, "denial_reason": "policy_denied" },
            { "call_id": "call_3", "command": null, "mcp_server": "echo", "outcome": "succeeded", "exit_code": null, "denial_reason": null },
        ]),
    )?;
    holds(
        "select distinct call_id, mcp_server, mcp_tool from mcp_calls where agent = 'codex' and $mine",
        json!([{ "call_id": "call_3", "mcp_server": "echo", "mcp_tool": "echo" }]),
    )?;
    holds(
        "select distinct session_id from events where signal = 'logs' \
         and kind in ('session', 'prompt', 'approval', 'tool_result')",
        json!([{ "session_id": id }]),
    )?;
    holds(
        "select distinct signal from events where agent = 'codex' and signal in ('logs', 'traces') \
         order by signal",
        json!([{ "signal": "logs" }, { "signal": "traces" }]),
    )?;
    holds(
        "select distinct name from metrics where name = 'codex.tool.call'",
        json!([{ "name": "codex.tool.call" }]),
    )?;
    connected.undo()
}

/// Guarantees: a host that Codex's network proxy refused stands in SQL, with the command that
/// asked for it in the same conversation.
#[test]
fn a_real_codex_reports_a_blocked_host() -> anyhow::Result<()> {
    let test = "a_real_codex_reports_a_blocked_host";
    let Some(mut codex) = prepare("network", test)? else { return Ok(()) };
    let server = Server::start()?;
    let connected = Connected::write("codex", &mut codex, &server)?;
    let codex = connected.agent();
    let sandbox = codex.try_run(&["sandbox", "--", "curl", "--version"])?;
    if !sandbox.success {
        skip(test, &format!("Codex's sandbox does not run here: {}", sandbox.stderr));
        return Ok(());
    }
    let id = exec(codex, "Fetch the page", &[])?;
    let decisions = format!(
        "select net_host, net_port, net_protocol, net_method, net_verdict, net_reason \
         from network_decisions where session_id = '{id}' and signal = 'logs'"
    );
    let denied = json!([{
        "net_host": "blocked.example.org", "net_port": 80, "net_protocol": "http",
        "net_method": "GET", "net_verdict": "deny", "net_reason": "denied",
    }]);
    server.holds(&decisions, &denied)?;
    let results = format!(
        "select command, outcome from tool_results where session_id = '{id}' and signal = 'logs'"
    );
    let failed = json!([{
        "command": "curl -sS -m 5 http://blocked.example.org/", "outcome": "failed",
    }]);
    server.holds(&results, &failed)
}
