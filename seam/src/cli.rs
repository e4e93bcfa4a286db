//! The command line: what a person types, not yet checked.

#![expect(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "these comments are the help that people read on a terminal"
)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
                  seam token create laptop-7             a credential for one sender\n\n\
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
    /// Make, list and revoke credentials.
    Token(TokenArgs),
    /// Check, show or explain the configuration.
    Config(ConfigArgs),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Examples:\n  seam serve\n  seam serve --data /var/lib/seam --otlp-grpc 127.0.0.1:0\n  \
    SEAM_DATA=/var/lib/seam seam serve --config /etc/seam.toml\n\n\
    Every key of seam.toml can also be given as SEAM_<KEY>; `seam config reference` lists them."
)]
pub(crate) struct ServeArgs {
    /// Read this file instead of ./seam.toml [env: SEAM_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep everything in this folder [default: ./seam-data] [env: SEAM_DATA]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<String>,
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
    Tables: events, metrics, ledger, audit. Views: prompts, approvals, tool_results, mcp_calls, network_decisions, \
    model_requests, errors. `describe events` lists the columns."
)]
pub(crate) struct SqlArgs {
    /// The statement; `-` reads standard input.
    #[arg(value_name = "STATEMENT", required_unless_present = "file", conflicts_with = "file")]
    pub(crate) statement: Option<String>,
    /// Read the statement from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Read the tables in this folder, with or without a server.
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
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
    /// The server's data folder [default: ./seam-data] [env: SEAM_DATA]
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
