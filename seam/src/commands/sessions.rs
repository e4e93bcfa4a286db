//! `seam sessions`: which conversations there were.

use std::collections::BTreeMap;

use seam_queries::format::Format;

use crate::cli::SessionsArgs;
use crate::conversations::{Filter, list};
use crate::exit::Outcome;
use crate::source::Source;
use crate::terminal::Terminal;

pub(crate) async fn run(args: SessionsArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let source = Source::open(args.data.as_deref(), &args.server, environment).await?;
    let filter = Filter {
        since: args.since,
        agent: args.agent,
        user: args.user,
        host: args.host,
        role: args.role,
        outcome: args.outcome,
        denied: args.denied,
    };
    let listing = list(&source, &filter, usize::try_from(args.limit)?).await?;
    match super::format(args.output) {
        Format::Table => {
            let terminal = Terminal::of_stdout(environment);
            super::print(listing.table(&terminal).as_bytes())?;
        }
        format => super::print(&listing.encode(format)?)?,
    }
    if listing.is_cut {
        note(&format!("there are more than {}; say --limit or a filter", args.limit));
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a note for people beside the output")]
fn note(text: &str) {
    eprintln!("seam: {text}");
}
