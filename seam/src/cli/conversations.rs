//! What is typed after `seam sessions` and `seam session`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use seam_schema::vocabulary::{Agent, Outcome, SessionRole};

use super::{Output, ServerArgs};
use crate::conversations::Since;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  seam sessions\n  seam sessions --since 24h --denied\n  \
    seam sessions --agent codex --user dev@example.com --outcome failed\n  \
    seam sessions --host build-7 --since 2026-11-20T14:00:00Z --output json\n\n\
    The newest come first. Times are UTC. `seam session ID` shows one of them; the beginning of an id is enough.")]
pub(crate) struct SessionsArgs {
    /// Those seen since then: a number and s, m, h or d, a day, or a time
    #[arg(long, value_name = "SPAN|TIME")]
    pub(crate) since: Option<Since>,
    /// Those of this agent
    #[arg(long, value_parser = agents())]
    pub(crate) agent: Option<String>,
    /// Those of this person: the e-mail address as claimed, or the principal
    #[arg(long, value_name = "WHO")]
    pub(crate) user: Option<String>,
    /// Those on this machine
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Those with this role
    #[arg(long, value_parser = roles())]
    pub(crate) role: Option<String>,
    /// Those with an action that ended like this
    #[arg(long, value_parser = outcomes())]
    pub(crate) outcome: Option<String>,
    /// Those in which a call or a network attempt was denied
    #[arg(long)]
    pub(crate) denied: bool,
    /// List at most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// Read the tables in this folder or object store, with or without a server
    #[arg(long, value_name = "DIR|URL", conflicts_with = "server")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// How to print: a table on a terminal, else json
    #[arg(long, short, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam session 01a1f8da-5fea\n  seam session 01a1f8da-5fea --output json\n  \
    seam session 01a1f8da-5fea --raw --output csv > events.csv\n\n\
    An edge that was inferred is marked with its confidence and how it was found: ~strong(interval). \
    What could not be told apart says between how many: ?ambiguous: 2 candidates. What is certain has no mark.\n\n\
    Exit codes: 1 there is no such conversation, 2 several begin like this"
)]
pub(crate) struct SessionArgs {
    /// The conversation, as the agent names it; a beginning that only one has is enough
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Print its events in their order instead
    #[arg(long)]
    pub(crate) raw: bool,
    /// Read the tables in this folder or object store, with or without a server
    #[arg(long, value_name = "DIR|URL", conflicts_with = "server")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// How to print: table for people, json for one nested document; with --raw as `seam sql` [default: table]
    #[arg(long, short, value_enum)]
    pub(crate) output: Option<Output>,
}

fn agents() -> PossibleValuesParser {
    PossibleValuesParser::new(Agent::ALL.iter().map(|agent| agent.as_str()))
}

fn roles() -> PossibleValuesParser {
    PossibleValuesParser::new(SessionRole::ALL.iter().map(|role| role.as_str()))
}

fn outcomes() -> PossibleValuesParser {
    PossibleValuesParser::new(Outcome::ALL.iter().map(|outcome| outcome.as_str()))
}
