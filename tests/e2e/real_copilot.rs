//! A real Copilot CLI, as npm gives it, works for a scripted model and reports to Seam.
//!
//! It needs no account: it is offline and has a model provider of its own. Its home, the model's
//! turns and the MCP server stand in `tests/agents`; its telemetry is what `seam connect` wrote.
//! It sends spans and metrics, no logs.

use seam_tests::agent::Agent;
use seam_tests::connect::{Connected, USER};
use seam_tests::model::Api;
use seam_tests::server::Server;
use serde_json::{Value, json};

const SESSION: &str = "5ea30000-0000-4000-8000-00000000c091";

/// Guarantees: what a real Copilot CLI was asked, forbidden to do, and did, commands and an MCP
/// call, stands in SQL under the id of its session.
#[test]
fn a_real_copilot_shows_up_in_sql() -> anyhow::Result<()> {
    let test = "a_real_copilot_shows_up_in_sql";
    let Some(mut copilot) = Agent::prepare("copilot", Api::ChatCompletions, "calls", test)? else {
        return Ok(());
    };
    let url = format!("{}/v1", copilot.model());
    copilot
        .variable("COPILOT_OFFLINE", "true")
        .variable("COPILOT_PROVIDER_BASE_URL", url)
        .variable("COPILOT_MODEL", "gpt-4.1");
    let server = Server::start()?;
    let connected = Connected::write("copilot", &mut copilot, &server)?;
    let prompt = "Say hello, then use the echo server";
    connected.agent().run(&[
        "--session-id",
        SESSION,
        "--allow-tool",
        "shell(echo)",
        "shell(ls)",
        "echo(echo)",
        "--deny-tool",
        "shell(git push)",
        "--prompt",
        prompt,
    ])?;
    let holds = |statement: &str, expected: Value| {
        let only = format!("session_id = '{SESSION}' and agent = 'copilot'");
        server.holds(&statement.replace("$mine", &only), &expected)
    };

    // Copilot CLI puts the time in front of a prompt, and takes `host.name` out of what it is
    // told about its host, so that the host is the address that it sent from.
    holds(
        &format!(
            "select distinct user_id, host from events \
             where kind = 'prompt' and prompt like '%{prompt}' and $mine"
        ),
        json!([{ "user_id": USER, "host": "127.0.0.1" }]),
    )?;
    holds(
        "select distinct call_id, tool, command, outcome, exit_code, denial_reason from events \
         where kind in ('tool_call', 'tool_result') and command is not null \
         and outcome is not null and signal = 'traces' and $mine order by call_id",
        json!([
            { "call_id": "call_0", "tool": "bash", "command": "echo hello-from-seam", "outcome": "succeeded", "exit_code": 0, "denial_reason": null },
            { "call_id": "call_1", "tool": "bash", "command": "ls no-such-file", "outcome": "failed", "exit_code": 2, "denial_reason": null },
            { "call_id": "call_2", "tool": "bash", "command": "git push origin main", "outcome": "denied", "exit_code": null, "denial_reason": "policy_denied" },
        ]),
    )?;
    // A rule that allows leaves no trace of the decision; one that denies does.
    holds(
        "select distinct call_id, decision from events where decision is not null \
         and call_id is not null and $mine",
        json!([{ "call_id": "call_2", "decision": "deny" }]),
    )?;
    holds(
        "select distinct call_id, mcp_server, mcp_tool, outcome from mcp_calls \
         where signal = 'traces' and call_id is not null and $mine",
        json!([{ "call_id": "call_3", "mcp_server": "echo", "mcp_tool": "echo", "outcome": "succeeded" }]),
    )?;
    holds(
        "select distinct name from metrics where name = 'gen_ai.execute_tool.duration'",
        json!([{ "name": "gen_ai.execute_tool.duration" }]),
    )?;
    connected.undo()
}
