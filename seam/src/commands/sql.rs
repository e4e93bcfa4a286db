//! `seam sql`: one statement, to a server or to tables.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use seam_queries::format::Format;
use seam_queries::http::{DERIVED_LAG_HEADER, LAG_HEADER, TRUNCATED_HEADER};
use seam_queries::{Engine, Limits, Statement, StaticSource};

use crate::cli::{ServerArgs, SqlArgs};
use crate::client::ApiClient;
use crate::exit::Outcome;
use crate::source::open_tables;

pub(crate) async fn run(args: SqlArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let statement = statement(&args)?;
    let format = super::format(args.output);
    match &args.data {
        Some(place) => from_tables(place, environment, &statement, format).await,
        None => from_server(&args.server, environment, &statement, format).await,
    }
}

fn statement(args: &SqlArgs) -> anyhow::Result<String> {
    if let Some(file) = &args.file {
        return std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()));
    }
    match args.statement.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
            Ok(text)
        }
        given => Ok(given.unwrap_or_default().to_owned()),
    }
}

/// Asks a server, which writes the rows as a folder would.
async fn from_server(
    server: &ServerArgs,
    environment: &BTreeMap<String, String>,
    statement: &str,
    format: Format,
) -> Outcome {
    let client = ApiClient::new(server, environment)?;
    let path = format!("/v1/sql?format={}", format.name());
    let mut response = client.post(&path, "application/sql", statement.to_owned()).await?;
    let header = |name: &str| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let (lag, truncated) = (header(LAG_HEADER), header(TRUNCATED_HEADER));
    let derived_lag = header(DERIVED_LAG_HEADER);
    while let Some(chunk) =
        response.chunk().await.context("the answer broke off: it is not whole")?
    {
        super::print(&chunk)?;
    }
    if lag.as_deref().is_some_and(|frames| frames != "0") {
        note(&format!("the answer is {} frames behind the log", lag.unwrap_or_default()));
    }
    if let Some(frames) = derived_lag.filter(|frames| frames != "0") {
        note(&format!("its derived tables are {frames} frames behind the log"));
    }
    if truncated.as_deref() == Some("true") {
        note("there are more rows than an answer may have; add a limit or a filter");
    }
    Ok(())
}

/// Reads the tables in a folder or an object store, whether a server owns them or not.
async fn from_tables(
    place: &Path,
    environment: &BTreeMap<String, String>,
    statement: &str,
    format: Format,
) -> Outcome {
    let snapshot = open_tables(place, environment).await?;
    let source = Arc::new(StaticSource::new(snapshot));
    let limits = Limits { rows: u64::MAX, deadline: Duration::from_hours(1), ..Limits::default() };
    let engine = Engine::new(source, limits).await?;
    let mut answer = engine.run(Statement { sql: statement.to_owned(), tenant: None }).await?;
    let mut encoder = format.encoder(answer.schema())?;
    let mut text = Vec::new();
    while let Some(batch) = answer.next().await? {
        encoder.encode(&batch, &mut text)?;
        super::print(&text)?;
        text.clear();
    }
    encoder.finish(&mut text)?;
    Ok(super::print(&text)?)
}

#[expect(clippy::print_stderr, reason = "a note for people beside the output")]
fn note(text: &str) {
    eprintln!("seam: {text}");
}
