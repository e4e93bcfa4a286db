//! A real Codex, as npm gives it, works for a scripted model and reports to Seam.
//!
//! Its configuration, the model's turns and the MCP server stand in `tests/agents`. What it
//! reports comes in by three ways: logs over gRPC, traces as JSON and metrics as protobuf over
//! HTTP. Every answer is looked for by the conversation id that Codex printed.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use seam_tests::server::{Server, wait_until};
use seam_tests::skip::{quick, skip};
use serde_json::{Value, json};
use tempfile::TempDir;

const AGENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/agents");
/// How long Codex may take; it needs about one second.
const RUN: Duration = Duration::from_secs(45);
/// How long what it sent may take to be in an answer.
const VISIBLE: Duration = Duration::from_secs(30);
/// Variables of the caller that would change what Codex does or says.
const FOREIGN_VARIABLES: &[&str] = &[
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "CODEX_API_KEY",
    "OPENAI_API_KEY",
    "OTEL_RESOURCE_ATTRIBUTES",
    "TRACEPARENT",
    "TRACESTATE",
];

/// A process of this test, killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        if self.0.kill().is_ok() {
            drop(self.0.wait());
        }
    }
}

/// A scripted model on loopback.
struct Model {
    address: SocketAddr,
    _process: Running,
}

impl Model {
    fn start(turns: &str) -> anyhow::Result<Self> {
        let mut child = Command::new("python3")
            .arg(Path::new(AGENTS).join("scripted_model.py"))
            .arg(Path::new(AGENTS).join("codex/turns").join(turns))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start python3")?;
        let stdout = child.stdout.take();
        let process = Running(child);
        let mut line = String::new();
        BufReader::new(stdout.context("no standard output")?).read_line(&mut line)?;
        let port = line.trim().parse().context("the scripted model printed no port")?;
        Ok(Self { address: (Ipv4Addr::LOCALHOST, port).into(), _process: process })
    }
}

/// The path of Codex, installed if it was not; `None` (said aloud) where it cannot be had.
fn installed(test: &str) -> anyhow::Result<Option<PathBuf>> {
    if quick() {
        skip(test, "the short run starts no real agent");
        return Ok(None);
    }
    let output = Command::new(Path::new(AGENTS).join("install")).output()?;
    if !output.status.success() {
        skip(test, &format!("no Codex: {}", String::from_utf8_lossy(&output.stderr)));
        return Ok(None);
    }
    Ok(Some(PathBuf::from(String::from_utf8(output.stdout)?.trim())))
}

/// What a run of Codex left.
struct Ended {
    success: bool,
    stdout: String,
    stderr: String,
}

/// Codex with a home of its own, configured for one server and one model.
struct Codex {
    program: PathBuf,
    folder: TempDir,
}

impl Codex {
    fn configure(program: PathBuf, server: &Server, model: &Model) -> anyhow::Result<Self> {
        // Not below the system's temporary folder: Codex gives programs there less trust.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        std::fs::create_dir(folder.path().join("work"))?;
        let template = Path::new(AGENTS).join("codex/config.toml.template");
        let config = std::fs::read_to_string(template)?
            .replace("@MODEL@", &model.address.to_string())
            .replace("@OTLP_GRPC@", &server.grpc_addr().to_string())
            .replace("@OTLP_HTTP@", &server.http_addr().to_string())
            .replace("@MCP_ECHO@", &format!("{AGENTS}/mcp_echo.py"));
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        std::fs::write(folder.path().join("config.toml"), config)?;
        Ok(Self { program, folder })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(self.folder.path().join("work"))
            .env("CODEX_HOME", self.folder.path())
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        for variable in FOREIGN_VARIABLES {
            command.env_remove(variable);
        }
        command
    }

    /// Runs a command to its end, at the latest to the deadline.
    fn run(&self, args: &[&str]) -> anyhow::Result<Ended> {
        // Files, not pipes: nobody has to read along.
        let stdout = self.folder.path().join("stdout");
        let stderr = self.folder.path().join("stderr");
        let mut command = self.command();
        command.args(args).stdout(File::create(&stdout)?).stderr(File::create(&stderr)?);
        let mut process = Running(command.spawn().context("cannot start codex")?);
        let mut status = None;
        let ended = wait_until("codex ends", RUN, || {
            status = process.0.try_wait()?;
            Ok(status.is_some())
        });
        let stdout = std::fs::read_to_string(stdout)?;
        let stderr = std::fs::read_to_string(stderr)?;
        ended.with_context(|| format!("codex {args:?} said: {stdout}\n{stderr}"))?;
        Ok(Ended { success: status.is_some_and(|status| status.success()), stdout, stderr })
    }

    /// Gives Codex a prompt, waits until it is done, and gives the conversation's id.
    fn exec(&self, prompt: &str, args: &[&str]) -> anyhow::Result<String> {
        let always = ["exec", "--strict-config", "--skip-git-repo-check", "--json"];
        let Ended { success, stdout, stderr } = self.run(&[&always, args, &[prompt]].concat())?;
        ensure!(success, "codex failed: {stdout}\n{stderr}");
        stdout
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|event| event["type"] == "thread.started")
            .and_then(|event| event["thread_id"].as_str().map(str::to_owned))
            .with_context(|| format!("codex printed no conversation id: {stdout}\n{stderr}"))
    }

    /// Whether commands can run in Codex's sandbox on this machine; if not, why.
    fn sandbox_works(&self) -> anyhow::Result<Result<(), String>> {
        let ended = self.run(&["sandbox", "--", "curl", "--version"])?;
        Ok(if ended.success { Ok(()) } else { Err(ended.stderr) })
    }
}

/// Waits until a statement answers exactly these rows.
fn answers(server: &Server, statement: &str, expected: &Value) -> anyhow::Result<()> {
    let mut last = Value::Null;
    wait_until("the rows in SQL", VISIBLE, || {
        last = server.sql_json(statement)?;
        Ok(last == *expected)
    })
    .with_context(|| {
        format!("`{statement}` answers {last}\nbut should {expected}\n{}", server.log())
    })
}

/// Guarantees: what a real Codex was asked, allowed to do, and did, a command and an MCP call,
/// stands in SQL under the id of the conversation that Codex itself printed.
#[test]
fn a_real_codex_shows_up_in_sql() -> anyhow::Result<()> {
    let Some(program) = installed("a_real_codex_shows_up_in_sql")? else { return Ok(()) };
    let server = Server::start()?;
    let model = Model::start("shell_and_mcp.json")?;
    let codex = Codex::configure(program, &server, &model)?;
    let prompt = "Say hello, then use the echo server";
    let id = codex.exec(prompt, &["--sandbox", "danger-full-access"])?;
    let holds = |statement: &str, expected: Value| {
        let only = format!("session_id = '{id}' and signal = 'logs'");
        answers(&server, &statement.replace("$mine", &only), &expected)
    };

    holds(
        "select prompt from events where kind = 'prompt' and $mine",
        json!([{ "prompt": prompt }]),
    )?;
    holds(
        "select call_id, tool, decision, decided_by from events where kind = 'approval' and $mine",
        json!([{ "call_id": "call_0", "tool": "exec_command", "decision": "allow", "decided_by": "policy" }]),
    )?;
    holds(
        "select call_id, command, mcp_server, outcome from events \
         where kind = 'tool_result' and $mine order by call_id",
        json!([
            { "call_id": "call_0", "command": "echo hello-from-seam", "mcp_server": null, "outcome": "succeeded" },
            { "call_id": "call_1", "command": null, "mcp_server": "echo", "outcome": "succeeded" },
        ]),
    )?;
    holds(
        "select call_id, mcp_server, mcp_tool from mcp_calls where agent = 'codex' and $mine",
        json!([{ "call_id": "call_1", "mcp_server": "echo", "mcp_tool": "echo" }]),
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
    )
}

/// Guarantees: a host that Codex's network proxy refused stands in SQL, with the command that
/// asked for it in the same conversation.
#[test]
fn a_real_codex_reports_a_blocked_host() -> anyhow::Result<()> {
    let test = "a_real_codex_reports_a_blocked_host";
    let Some(program) = installed(test)? else { return Ok(()) };
    let server = Server::start()?;
    let model = Model::start("network.json")?;
    let codex = Codex::configure(program, &server, &model)?;
    if let Err(why) = codex.sandbox_works()? {
        skip(test, &format!("Codex's sandbox does not run here: {why}"));
        return Ok(());
    }
    let id = codex.exec("Fetch the page", &[])?;
    let decisions = format!(
        "select net_host, net_port, net_protocol, net_method, net_verdict, net_reason \
         from network_decisions where session_id = '{id}' and signal = 'logs'"
    );
    let denied = json!([{
        "net_host": "blocked.example.org", "net_port": 80, "net_protocol": "http",
        "net_method": "GET", "net_verdict": "deny", "net_reason": "denied",
    }]);
    answers(&server, &decisions, &denied)?;
    let results = format!(
        "select command, outcome from tool_results where session_id = '{id}' and signal = 'logs'"
    );
    let failed = json!([{
        "command": "curl -sS -m 5 http://blocked.example.org/", "outcome": "failed",
    }]);
    answers(&server, &results, &failed)
}
