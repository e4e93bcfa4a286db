//! A real Gemini CLI, as npm gives it, works for a scripted model and reports to Seam.
//!
//! Its home, its policy, the model's turns and the MCP server stand in `tests/agents`; its
//! telemetry is what `seam connect` wrote.

use seam_tests::agent::Agent;
use seam_tests::connect::{Connected, USER, hostname};
use seam_tests::model::Api;
use seam_tests::server::Server;
use serde_json::{Value, json};

const SESSION: &str = "5ea30000-0000-4000-8000-00000000ce11";

/// Guarantees: what a real Gemini CLI was asked, allowed and forbidden to do, and did, commands
/// and an MCP call, stands in SQL under the id of its session.
#[test]
fn a_real_gemini_shows_up_in_sql() -> anyhow::Result<()> {
    let test = "a_real_gemini_shows_up_in_sql";
    let Some(mut gemini) = Agent::prepare("gemini", Api::Gemini, "calls", test)? else {
        return Ok(());
    };
    let url = gemini.model();
    gemini.variable("GOOGLE_GEMINI_BASE_URL", url).variable("GEMINI_API_KEY", "none");
    let server = Server::start()?;
    let connected = Connected::write("gemini", &mut gemini, &server)?;
    let prompt = "Say hello, then use the echo server";
    connected.agent().run(&[
        "--skip-trust",
        "--model",
        "gemini-2.5-pro",
        "--session-id",
        SESSION,
        "--prompt",
        prompt,
    ])?;
    let holds = |statement: &str, expected: Value| {
        let only = format!("session_id = '{SESSION}' and agent = 'gemini' and signal = 'logs'");
        server.holds(&statement.replace("$mine", &only), &expected)
    };

    // Gemini CLI finds the host's name out itself, and puts it over what it is told.
    holds(
        "select prompt, user_id, host from events where kind = 'prompt' and $mine",
        json!([{ "prompt": prompt, "user_id": USER, "host": hostname()? }]),
    )?;
    holds(
        "select tool, command, decision, outcome, exit_code, denial_reason from events \
         where kind = 'tool_result' and command is not null and $mine order by command",
        json!([
            { "tool": "run_shell_command", "command": "echo hello-from-seam", "decision": "allow", "outcome": "succeeded", "exit_code": null, "denial_reason": null },
            { "tool": "run_shell_command", "command": "git push origin main", "decision": "deny", "outcome": "denied", "exit_code": null, "denial_reason": "policy_denied" },
            { "tool": "run_shell_command", "command": "ls no-such-file", "decision": "allow", "outcome": "failed", "exit_code": 2, "denial_reason": null },
        ]),
    )?;
    holds(
        "select mcp_server, mcp_tool, decision, outcome from mcp_calls where $mine",
        json!([{ "mcp_server": "echo", "mcp_tool": "echo", "decision": "allow", "outcome": "succeeded" }]),
    )?;
    holds(
        "select distinct name from metrics where name = 'gemini_cli.tool.call.count'",
        json!([{ "name": "gemini_cli.tool.call.count" }]),
    )?;
    connected.undo()
}
