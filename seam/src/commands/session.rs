//! `seam session`: what happened in one conversation.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};

use crate::cli::{Output, SessionArgs, SqlArgs};
use crate::conversations::rows::SessionRow;
use crate::conversations::{
    Document, Found, Listing, condition, find, gather, page, raw_statement,
};
use crate::exit::{Failure, Outcome};
use crate::source::Source;
use crate::terminal::Terminal;

pub(crate) async fn run(args: SessionArgs, environment: &BTreeMap<String, String>) -> Outcome {
    if !args.raw && matches!(args.output, Some(Output::Ndjson | Output::Csv)) {
        let what = "a timeline is printed as table or json; ndjson and csv are for --raw";
        return Err(Failure::Usage(what.to_owned()));
    }
    let source = Source::open(args.data.as_deref(), &args.server, environment).await?;
    let terminal = Terminal::of_stdout(environment);
    let session = match find(&source, &args.id).await? {
        Found::One(session) => *session,
        Found::Several(rows) => return Err(several(&args.id, rows, &terminal)),
        Found::Nothing => {
            return Err(Failure::Failed(anyhow!(
                "no conversation is called `{}` or begins like this; `seam sessions` lists them",
                args.id.escape_debug()
            )));
        }
    };
    if args.raw {
        return raw(args, &source, &session, environment).await;
    }
    let material = gather(&source, session).await?;
    let document = Document::of(material).context("the conversation is gone")?;
    if args.output == Some(Output::Json) {
        let text = format!("{}\n", serde_json::to_string_pretty(&document)?);
        return Ok(super::print(text.as_bytes())?);
    }
    Ok(super::print(page(&document, &terminal).as_bytes())?)
}

/// Prints the events as `seam sql` would.
async fn raw(
    args: SessionArgs,
    source: &Source,
    session: &SessionRow,
    environment: &BTreeMap<String, String>,
) -> Outcome {
    let statement = raw_statement(&condition(source, session).await?);
    let SessionArgs { data, server, output, .. } = args;
    let args = SqlArgs { statement: Some(statement), file: None, data, server, output };
    super::sql::run(args, environment).await
}

fn several(id: &str, rows: Vec<SessionRow>, terminal: &Terminal) -> Failure {
    let table = Listing::of(rows).table(terminal);
    let id = id.escape_debug();
    Failure::Usage(format!("several conversations begin with `{id}`; type more of one:\n{table}"))
}
