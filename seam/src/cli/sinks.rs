//! What is typed after `seam sinks`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Output, ServerArgs, since};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam sinks list\n  seam sinks check siem\n  seam sinks check --config seam.toml        before the server is started\n  \
    seam sinks plan siem && seam sinks setup siem\n  seam sinks pause siem\n  seam sinks replay siem --since 2h\n  \
    seam sinks dlq list\n  seam sinks dlq replay siem\n\n\
    Destinations stand in seam.toml under [[sinks]]; `seam config reference` lists their keys.\n\n\
    Exit codes: 4 when a check or a setup finds something wrong"
)]
pub(crate) struct SinksArgs {
    #[command(subcommand)]
    pub(crate) command: SinksCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SinksCommand {
    /// List the destinations: how far each is, what it took, why it is held.
    List(ListArgs),
    /// Go to a destination and back, and name what is wrong.
    Check(StepArgs),
    /// Make what a destination needs before the first record: templates, lifecycle, topics.
    Setup(StepArgs),
    /// Say what setup would do.
    Plan(StepArgs),
    /// Send nothing more to a destination; its cursor stays, also over a restart.
    Pause(OrderArgs),
    /// Go on after a pause.
    Resume(OrderArgs),
    /// Send again what was sent before, under the same ids.
    Replay(ReplayArgs),
    /// Dead letters: records that a destination will not take.
    Dlq(DlqArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How rows are printed [default: table on a terminal, json elsewhere]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StepArgs {
    /// The destination; all, if none is named.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Ask no server: take the destinations from this file, with the variables of this shell.
    #[arg(long, value_name = "FILE", conflicts_with = "server")]
    pub(crate) config: Option<PathBuf>,
    /// How rows are printed [default: table on a terminal, json elsewhere]
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    /// The destination.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam sinks replay siem --since 2h\n  seam sinks replay siem --session 0199-…\n\n\
    Records keep their ids and say that they were sent before. A replay that a restart interrupts is not taken up again."
)]
pub(crate) struct ReplayArgs {
    /// The destination.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Send what was received since then: a number and s, m, h or d, or a time (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = since, required_unless_present = "session")]
    pub(crate) since: Option<std::time::SystemTime>,
    /// Send what is of this conversation.
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DlqArgs {
    #[command(subcommand)]
    pub(crate) command: DlqCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DlqCommand {
    /// List the records that are dead, with the reason.
    List {
        /// Of this destination only.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// How rows are printed [default: table on a terminal, json elsewhere]
        #[arg(long, value_enum)]
        output: Option<Output>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Read them from their tables again and send them once more.
    Replay {
        /// The destination.
        #[arg(value_name = "NAME")]
        name: String,
        /// The record with this id only.
        #[arg(long, value_name = "ID")]
        record: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
}
