//! `seam restitch`: derive conversations again, now.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use anyhow::Context as _;

use crate::api::{CONVERSATIONS_HEADER, RestitchAsk};
use crate::cli::RestitchArgs;
use crate::client::ApiClient;
use crate::exit::Outcome;

pub(crate) async fn run(args: &RestitchArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let since_us = match args.since {
        // Before 1970 nothing was received.
        Some(since) => match since.duration_since(UNIX_EPOCH) {
            Ok(since) => Some(i64::try_from(since.as_micros())?),
            Err(_) => Some(0),
        },
        None => None,
    };
    let ask = RestitchAsk { session: args.session.clone(), since_us, dry_run: args.dry_run };
    let client = ApiClient::new(&args.server, environment)?;
    let path = format!("/v1/restitch?format={}", super::format(args.output).name());
    let mut response = client.post(&path, "application/json", serde_json::to_string(&ask)?).await?;
    let conversations = response.headers().get(CONVERSATIONS_HEADER);
    let conversations = conversations.and_then(|value| value.to_str().ok()).map(str::to_owned);
    while let Some(chunk) =
        response.chunk().await.context("the answer broke off: it is not whole")?
    {
        super::print(&chunk)?;
    }
    let written = if args.dry_run { "nothing was written" } else { "the tables are right now" };
    note(&format!(
        "{} conversations were derived again; {written}",
        conversations.as_deref().unwrap_or("some")
    ));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a note for people beside the output")]
fn note(text: &str) {
    eprintln!("seam: {text}");
}
