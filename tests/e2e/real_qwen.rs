//! A real Qwen Code, as npm gives it, works for a scripted model and reports to Seam.
//!
//! Its home, the model's turns and the MCP server stand in `tests/agents`; its telemetry is what
//! `seam connect` wrote.

use seam_tests::agent::Agent;
use seam_tests::connect::{Connected, HOST, USER};
use seam_tests::model::Api;
use seam_tests::server::Server;
use serde_json::{Value, json};

const SESSION: &str = "5ea30000-0000-4000-8000-00000000d3e4";

/// Guarantees: what a real Qwen Code was asked, allowed and forbidden to do, and did, commands
/// and an MCP call, stands in SQL under the id of its session.
#[test]
fn a_real_qwen_shows_up_in_sql() -> anyhow::Result<()> {
    let test = "a_real_qwen_shows_up_in_sql";
    let Some(mut qwen) = Agent::prepare("qwen", Api::ChatCompletions, "calls", test)? else {
        return Ok(());
    };
    let url = format!("{}/v1", qwen.model());
    qwen.variable("OPENAI_BASE_URL", url)
        .variable("OPENAI_API_KEY", "none")
        .variable("OPENAI_MODEL", "qwen3-coder");
    let server = Server::start()?;
    let connected = Connected::write("qwen", &mut qwen, &server)?;
    let prompt = "Say hello, then use the echo server";
    // Where nobody can be asked, Qwen Code takes the shell off the model's list unless it is
    // allowed here; a rule of its settings alone does not bring it back.
    connected.agent().run(&[
        "--allowed-tools",
        "run_shell_command(echo)",
        "run_shell_command(ls)",
        "--session-id",
        SESSION,
        "--prompt",
        prompt,
    ])?;
    let holds = |statement: &str, expected: Value| {
        let only = format!("session_id = '{SESSION}' and agent = 'qwen' and signal = 'logs'");
        server.holds(&statement.replace("$mine", &only), &expected)
    };

    holds(
        "select prompt, user_id, host from events where kind = 'prompt' and $mine",
        json!([{ "prompt": prompt, "user_id": USER, "host": HOST }]),
    )?;
    holds(
        "select call_id, tool, command, decision, outcome, exit_code, denial_reason from events \
         where kind = 'tool_result' and command is not null and $mine order by call_id",
        json!([
            { "call_id": "call_0", "tool": "run_shell_command", "command": "echo hello-from-seam", "decision": "allow", "outcome": "succeeded", "exit_code": null, "denial_reason": null },
            { "call_id": "call_1", "tool": "run_shell_command", "command": "ls no-such-file", "decision": "allow", "outcome": "failed", "exit_code": 2, "denial_reason": null },
            { "call_id": "call_2", "tool": "run_shell_command", "command": "git push origin main", "decision": "deny", "outcome": "denied", "exit_code": null, "denial_reason": "policy_denied" },
        ]),
    )?;
    holds(
        "select call_id, mcp_server, mcp_tool, decision, outcome from mcp_calls where $mine",
        json!([{ "call_id": "call_3", "mcp_server": "echo", "mcp_tool": "echo", "decision": "allow", "outcome": "succeeded" }]),
    )?;
    holds(
        "select distinct name from metrics where name = 'qwen-code.tool.call.count'",
        json!([{ "name": "qwen-code.tool.call.count" }]),
    )?;
    connected.undo()
}
