//! The command line: what a person types, not yet checked.

#![expect(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "these comments are the help that people read on a terminal"
)]

mod backup;
mod conversations;
mod score;
mod sinks;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use backup::BackupArgs;
pub(crate) use conversations::{SessionArgs, SessionsArgs};
pub(crate) use score::ScoreArgs;
pub(crate) use sinks::{DlqCommand, ReplayArgs, SinksArgs, SinksCommand, StepArgs};

/// The address of the API that clients ask when nothing else is said.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:7326";

#[derive(Debug, Parser)]
#[command(
    name = "seam",
    version,
    about = "Flight recorder and SIEM feed for AI coding agents",
    long_about = "Seam takes OpenTelemetry from AI coding agents, acknowledges only what is on stable storage, \
                  normalises it into one schema and answers SQL about it.",
    after_help = "Examples:\n  seam                                   start the server in ./seam-data\n  \
                  seam sql \"select kind, count(*) from events group by kind\"\n  \
                  seam sessions --since 24h --denied     conversations in which something was denied\n  \
                  seam session ID                        what happened in one of them\n  \
                  seam token create laptop-7             a credential for one sender\n  \
                  seam connect codex --write             make Codex send to this server\n\n\
                  Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 nobody answered, 4 checked and it does not hold"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server (what plain `seam` does).
    Serve(ServeArgs),
    /// Send captured OTLP bodies to a collector.
    Send(SendArgs),
    /// Ask SQL.
    Sql(SqlArgs),
    /// Commit everything received so far to the tables, now.
    Flush(ServerArgs),
    /// List conversations with agents, the newest first.
    Sessions(SessionsArgs),
    /// Show what happened in one conversation.
    Session(SessionArgs),
    /// Measure how right the derived tables are, on captures with a known truth.
    Score(ScoreArgs),
    /// Derive conversations again, say in what the tables differ, and put it right.
    Restitch(RestitchArgs),
    /// Say what came in, what became of it, and what looks wrong.
    Doctor(DoctorArgs),
    /// Send records on to a SIEM: list, check, set up, pause, replay, dead letters.
    Sinks(SinksArgs),
    /// Show what redaction would replace in a text, and by which rule.
    Redact(RedactArgs),
    /// Copy the data folder, of a running server or of one that is stopped.
    Backup(BackupArgs),
    /// Make, list and revoke credentials.
    Token(TokenArgs),
    /// Check, show or explain the configuration.
    Config(ConfigArgs),
    /// Connect an agent: print its configuration, write it, take it back.
    Connect(ConnectArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Examples:\n  seam serve\n  seam serve --data /var/lib/seam --otlp-grpc 127.0.0.1:0\n  \
    SEAM_DATA=/var/lib/seam seam serve --config /etc/seam.toml\n  \
    seam serve --data s3://bucket/prefix --state /var/lib/seam\n\n\
    Every key of seam.toml can also be given as SEAM_<KEY>; `seam config reference` lists them."
)]
pub(crate) struct ServeArgs {
    /// Read this file instead of ./seam.toml [env: SEAM_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep everything in this folder, or the tables in this object store [default: ./seam-data] [env: SEAM_DATA]
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) data: Option<String>,
    /// With tables in an object store: keep everything else in this folder [default: ./seam-data] [env: SEAM_STATE]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<String>,
    /// Listen here for OTLP over gRPC [default: 127.0.0.1:4317] [env: SEAM_OTLP_GRPC]
    #[arg(long, value_name = "ADDR")]
    pub(crate) otlp_grpc: Option<String>,
    /// Listen here for OTLP over HTTP [default: 127.0.0.1:4318] [env: SEAM_OTLP_HTTP]
    #[arg(long, value_name = "ADDR")]
    pub(crate) otlp_http: Option<String>,
    /// Listen here for SQL and operations [default: 127.0.0.1:7326] [env: SEAM_API]
    #[arg(long, value_name = "ADDR")]
    pub(crate) api: Option<String>,
    /// Allow addresses beyond loopback without TLS and credentials [env: SEAM_INSECURE]
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Start although acknowledged frames of the log are damaged; they are listed and kept aside [env: SEAM_ACCEPT_DAMAGE]
    #[arg(long)]
    pub(crate) accept_damage: bool,
    /// Store also the records that a rule calls noise [env: SEAM_KEEP_ALL]
    #[arg(long)]
    pub(crate) keep_all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    Grpc,
    Http,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam send captures/\n  seam send captures/codex1 --protocol http\n  \
    seam send captures/ --repeat 100 --rate 50\n\n\
    Files are named NNNN-<logs|traces|metrics>-….pb or .json; others are skipped. JSON always goes over HTTP."
)]
pub(crate) struct SendArgs {
    /// Files, or folders that are searched for files.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Send here [default: 127.0.0.1:4317, over HTTP 127.0.0.1:4318]; https://… for TLS
    #[arg(long, value_name = "ADDR")]
    pub(crate) to: Option<String>,
    /// Send JSON here when --protocol is grpc [default: the address of --to, else 127.0.0.1:4318]
    #[arg(long, value_name = "ADDR")]
    pub(crate) to_http: Option<String>,
    /// How protobuf bodies travel.
    #[arg(long, value_enum, default_value = "grpc")]
    pub(crate) protocol: Protocol,
    /// Send everything N times, each time changed so that it is no repeat.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: u64,
    /// Send at most N requests per second.
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<f64>,
    /// Send the bearer token in this file [env: SEAM_OTLP_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Trust the certificates in this PEM file.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam restitch --session 0199f1c2-7a55-7d31-b9a1-5d0c2f0a1b2c --dry-run\n  \
    seam restitch --since 24h\n\n\
    One row for each row of actions, turns, sessions, links and gaps that differs: tenant, table, session_id, id, \
    change (new, changed, retracted) and the columns. Without --session and --since all conversations are derived again."
)]
pub(crate) struct RestitchArgs {
    /// Derive the conversation with this id again, and all that belong to it.
    #[arg(long, value_name = "ID", conflicts_with = "since")]
    pub(crate) session: Option<String>,
    /// Derive those again of which something was received since: a number and s, m, h or d, or a time (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) since: Option<std::time::SystemTime>,
    /// Write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How rows are printed [default: table on a terminal, json elsewhere]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Reads a moment: a span of time before now, or a time.
fn since(text: &str) -> Result<std::time::SystemTime, String> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(time.into());
    }
    let before_now =
        span(text).map_err(|why| format!("{why}, and no time like 2026-01-31T12:00:00Z"))?;
    std::time::SystemTime::now()
        .checked_sub(before_now)
        .ok_or_else(|| format!("`{text}` is too long ago"))
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    /// Ask this server [default: http://127.0.0.1:7326] [env: SEAM_SERVER]
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Use the token in this file [default: ./seam-data/keys/local-token] [env: SEAM_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Trust the certificates in this PEM file.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam redact build.log\n  env | seam redact --text\n  seam redact --rules\n\n\
    The rules are those of seam.toml. The secrets themselves are never shown."
)]
pub(crate) struct RedactArgs {
    /// Look at this file instead of standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Print the text as it would be stored, instead of what is replaced.
    #[arg(long, conflicts_with = "rules")]
    pub(crate) text: bool,
    /// List the rules, and look at nothing.
    #[arg(long)]
    pub(crate) rules: bool,
    /// Read the rules from this file instead of ./seam.toml [env: SEAM_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How the list is printed [default: table on a terminal, else json]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam doctor\n  seam doctor --since 7d --strict\n  seam doctor --output json\n\n\
    Exit codes: 4 with --strict when there are warnings"
)]
pub(crate) struct DoctorArgs {
    /// Look so far back: a number and s, m, h or d.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span)]
    pub(crate) since: std::time::Duration,
    /// End with 4 when there are warnings.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How the report is printed.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) output: DoctorOutput,
    /// Look at the tables in this folder or object store, read-only, instead of asking a server.
    #[arg(long, value_name = "DIR|URL", conflicts_with = "server")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorOutput {
    /// For people.
    Text,
    /// One object.
    Json,
}

/// Reads a span of time: a number and s, m, h or d.
pub(crate) fn span(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || format!("`{text}` is not a number and s, m, h or d, like 24h");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    number
        .checked_mul(seconds)
        .filter(|seconds| (1..=3_650 * 86_400).contains(seconds))
        .map(std::time::Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is not between a second and ten years"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Table,
    Json,
    Ndjson,
    Csv,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam sql \"select kind, count(*) from events where agent = 'codex' group by kind\"\n  \
    seam sql --file report.sql --output csv > report.csv\n  seam sql --data ./seam-data \"select * from ledger\"\n\n\
    Tables: events, metrics, ledger, audit; actions, turns, sessions, links, gaps, which are derived from events. \
    Views: prompts, approvals, tool_results, mcp_calls, network_decisions, model_requests, errors, metric_sums, \
    denied_network, reviewer_allowed_network, approval_waits, actions_without_intent. `describe events` lists the columns."
)]
pub(crate) struct SqlArgs {
    /// The statement; `-` reads standard input.
    #[arg(value_name = "STATEMENT", required_unless_present = "file", conflicts_with = "file")]
    pub(crate) statement: Option<String>,
    /// Read the statement from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Read the tables in this folder or at this s3://, gs:// or az:// address, with or without a server.
    #[arg(long, value_name = "DIR|URL", conflicts_with = "server")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// How to print: a table on a terminal, else json.
    #[arg(long, short, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
    /// The server's data folder, or its --state [default: ./seam-data] [env: SEAM_DATA, SEAM_STATE]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoorArg {
    /// Send telemetry.
    Otlp,
    /// Ask SQL and operate.
    Api,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is shown once.
    #[command(
        after_help = "Examples:\n  seam token create laptop-7\n  seam token create gateway --relay\n  \
        seam token create grafana --for api --tenant acme"
    )]
    Create {
        /// Whose token it is: the principal of everything sent with it.
        name: String,
        /// The tenant of everything sent with it.
        #[arg(long, default_value = "default")]
        tenant: String,
        /// Which door it opens.
        #[arg(long = "for", value_enum, default_value = "otlp")]
        door: DoorArg,
        /// It may speak for other principals.
        #[arg(long)]
        relay: bool,
    },
    /// List the tokens, without their secrets.
    List {
        /// How to print: a table on a terminal, else json.
        #[arg(long, short, value_enum)]
        output: Option<Output>,
    },
    /// End a token at once.
    Revoke {
        /// The name it was made with.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether the server would start with this configuration, and every fault if not.
    Check(ServeArgs),
    /// Print what is in force, and where each value comes from.
    Show(ServeArgs),
    /// Print every key with its default, its variable and its meaning.
    Reference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AgentArg {
    /// OpenAI Codex.
    Codex,
    /// Claude Code.
    ClaudeCode,
    /// Gemini CLI.
    Gemini,
    /// Qwen Code.
    Qwen,
    /// GitHub Copilot CLI.
    Copilot,
    /// Anything that follows the OpenTelemetry environment variables.
    Otel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam connect codex                                  what to put where\n  \
    seam connect codex --write                          show the changes, ask, make them\n  \
    seam connect codex --undo                           take exactly that back\n  \
    seam connect claude-code --write --endpoint https://seam.example.org --token-file seam.token\n  \
    seam connect claude-code --managed > managed-settings.json\n\n\
    With --prompts no, what people and models write is left out as far as the agent can; commands, arguments and \
    decisions are always recorded. What an agent takes from the environment only is written to \
    ~/.config/seam/connect/AGENT.env; the command says how to load it. What was there before is remembered beside it."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that people type")]
pub(crate) struct ConnectArgs {
    /// The agent.
    #[arg(value_enum)]
    pub(crate) agent: AgentArg,
    /// Merge it into the agent's own file, after showing what changes.
    #[arg(long)]
    pub(crate) write: bool,
    /// Take back what --write did.
    #[arg(long, conflicts_with = "write")]
    pub(crate) undo: bool,
    /// Print the form that administrators roll out.
    #[arg(long, conflicts_with_all = ["write", "undo"])]
    pub(crate) managed: bool,
    /// Make the changes without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Replace settings that send the telemetry elsewhere.
    #[arg(long, requires = "write")]
    pub(crate) force: bool,
    /// Send to this host, at the usual ports; https://HOST for TLS [default: 127.0.0.1]
    #[arg(long, value_name = "HOST")]
    pub(crate) endpoint: Option<String>,
    /// Where OTLP over gRPC is taken [default: http://127.0.0.1:4317]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_grpc: Option<String>,
    /// Where OTLP over HTTP is taken [default: http://127.0.0.1:4318]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_http: Option<String>,
    /// Send the bearer token in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Trust the certificates in this PEM file.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Show this certificate to the collector.
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The key of that certificate.
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// Whether to record what people and models write.
    #[arg(long, value_enum, default_value = "no")]
    pub(crate) prompts: YesNo,
    /// Who works with the agent: enduser.id [default: the user of this machine]
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<String>,
    /// The machine: host.name [default: its name]
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
}
