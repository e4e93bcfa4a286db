//! A real Claude Code, as npm gives it, works for a scripted model and reports to Seam.
//!
//! It needs no account: a key that nobody checks and the address of a model are enough. Its home,
//! the model's turns and the MCP server stand in `tests/agents`; its telemetry is what
//! `seam connect` wrote.

use anyhow::Context as _;
use seam_tests::agent::Agent;
use seam_tests::connect::{Connected, HOST, USER};
use seam_tests::model::Api;
use seam_tests::server::Server;
use serde_json::{Value, json};

const SESSION: &str = "5ea30000-0000-4000-8000-00000000c1a0";

/// Guarantees: what a real Claude Code was asked, allowed and forbidden to do, and did, commands
/// and an MCP call, stands in SQL under the id of its session.
#[test]
fn a_real_claude_shows_up_in_sql() -> anyhow::Result<()> {
    let test = "a_real_claude_shows_up_in_sql";
    let Some(mut claude) = Agent::prepare("claude", Api::Messages, "calls", test)? else {
        return Ok(());
    };
    let url = claude.model();
    claude.variable("ANTHROPIC_BASE_URL", url).variable("ANTHROPIC_API_KEY", "none");
    let server = Server::start()?;
    let connected = Connected::write("claude-code", &mut claude, &server)?;
    let prompt = "Say hello, then use the echo server";
    let mcp = connected.agent().home().join("mcp.json");
    connected.agent().run(&[
        "--print",
        "--session-id",
        SESSION,
        "--mcp-config",
        mcp.to_str().context("a path")?,
        "--strict-mcp-config",
        prompt,
    ])?;
    let holds = |statement: &str, expected: Value| {
        let only = format!("session_id = '{SESSION}' and agent = 'claude-code'");
        server.holds(&statement.replace("$mine", &only), &expected)
    };

    holds(
        "select prompt, resource['enduser.id'] as enduser, host from events \
         where kind = 'prompt' and signal = 'logs' and $mine",
        json!([{ "prompt": prompt, "enduser": USER, "host": HOST }]),
    )?;
    holds(
        "select call_id, tool, command, decision, decided_by, denial_reason from events \
         where kind = 'approval' and signal = 'logs' and command is not null and $mine \
         order by call_id",
        json!([
            { "call_id": "toolu_0", "tool": "Bash", "command": "echo hello-from-seam", "decision": "allow", "decided_by": "policy", "denial_reason": null },
            { "call_id": "toolu_1", "tool": "Bash", "command": "ls no-such-file", "decision": "allow", "decided_by": "policy", "denial_reason": null },
            { "call_id": "toolu_2", "tool": "Bash", "command": "git push origin main", "decision": "deny", "decided_by": "policy", "denial_reason": "policy_denied" },
        ]),
    )?;
    holds(
        "select call_id, command, outcome from events \
         where kind = 'tool_result' and signal = 'logs' and $mine order by call_id",
        json!([
            { "call_id": "toolu_0", "command": "echo hello-from-seam", "outcome": "succeeded" },
            { "call_id": "toolu_1", "command": "ls no-such-file", "outcome": "failed" },
            { "call_id": "toolu_3", "command": null, "outcome": "succeeded" },
        ]),
    )?;
    holds(
        "select distinct call_id, mcp_server, mcp_tool from mcp_calls \
         where signal = 'logs' and call_id is not null and $mine",
        json!([{ "call_id": "toolu_3", "mcp_server": "echo", "mcp_tool": "echo" }]),
    )?;
    holds(
        "select distinct signal from events where signal in ('logs', 'traces') and $mine \
         order by signal",
        json!([{ "signal": "logs" }, { "signal": "traces" }]),
    )?;
    holds(
        "select distinct name from metrics where name = 'claude_code.token.usage'",
        json!([{ "name": "claude_code.token.usage" }]),
    )?;
    connected.undo()
}
