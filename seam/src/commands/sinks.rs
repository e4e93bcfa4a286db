//! `seam sinks`: the destinations of a server, asked and ordered about.

mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::Context as _;
use seam_schema::project::Observer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{SinkAsk, SinkStep};
use crate::cli::{DlqCommand, Output, ReplayArgs, ServeArgs, ServerArgs, SinksCommand, StepArgs};
use crate::client::ApiClient;
use crate::exit::{Failure, Outcome};
use crate::quote::literal;
use crate::sinks::{ReplayAsk, ReplayReport, SinkView, build};
use crate::source::Source;

pub(crate) async fn run(command: SinksCommand, environment: &BTreeMap<String, String>) -> Outcome {
    match command {
        SinksCommand::List(args) => {
            let client = ApiClient::new(&args.server, environment)?;
            let views: Vec<SinkView> = client.get("/v1/sinks").await?.json().await?;
            Ok(super::print(&rows::views(&views, super::format(args.output))?)?)
        }
        SinksCommand::Check(args) => stepped(&args, Deed::Check, environment).await,
        SinksCommand::Setup(args) => stepped(&args, Deed::SetUp, environment).await,
        SinksCommand::Plan(args) => stepped(&args, Deed::Plan, environment).await,
        SinksCommand::Pause(args) => {
            order(&args.name, "pause", &args.server, environment).await?;
            said(&format!("{}: nothing more is sent, until `seam sinks resume`", args.name))
        }
        SinksCommand::Resume(args) => {
            order(&args.name, "resume", &args.server, environment).await?;
            said(&format!("{}: goes on", args.name))
        }
        SinksCommand::Replay(args) => replay(&args, environment).await,
        SinksCommand::Dlq(args) => match args.command {
            DlqCommand::List { name, output, server } => {
                dead_letters(name.as_deref(), output, &server, environment).await
            }
            DlqCommand::Replay { name, record, server } => {
                let ask = ReplayAsk {
                    sink: name,
                    dead_letters: true,
                    record_id: record,
                    ..ReplayAsk::default()
                };
                let report: ReplayReport = post("replay", &ask, &server, environment).await?;
                let ReplayReport { letters, delivered, duplicates, refused, .. } = report;
                let gone = letters.saturating_sub(delivered + duplicates + refused);
                let rest = match (report.done, gone) {
                    (false, _) => "; it goes on in the background".to_owned(),
                    (true, 0) => String::new(),
                    (true, gone) => format!("; {gone} stand in no table any more"),
                };
                said(&format!(
                    "{letters} dead letters: {} arrived, {refused} were refused again{rest}",
                    delivered + duplicates
                ))
            }
        },
    }
}

fn said(text: &str) -> Outcome {
    Ok(super::print(format!("{text}\n").as_bytes())?)
}

async fn post<T: DeserializeOwned>(
    what: &str,
    ask: &impl Serialize,
    server: &ServerArgs,
    environment: &BTreeMap<String, String>,
) -> Result<T, Failure> {
    let client = ApiClient::new(server, environment)?;
    let body = serde_json::to_string(ask)?;
    let answer = client.post(&format!("/v1/sinks/{what}"), "application/json", body).await?;
    Ok(answer.json().await.context("cannot read the server's answer")?)
}

async fn order(
    name: &str,
    what: &str,
    server: &ServerArgs,
    environment: &BTreeMap<String, String>,
) -> Outcome {
    let ask = SinkAsk { sink: name.to_owned(), dry: false };
    post::<serde_json::Value>(what, &ask, server, environment).await.map(|_| ())
}

async fn replay(args: &ReplayArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let since_us = match args.since.map(|since| since.duration_since(UNIX_EPOCH)) {
        Some(Ok(since)) => Some(i64::try_from(since.as_micros())?),
        // Before 1970 nothing was received.
        Some(Err(_)) => Some(0),
        None => None,
    };
    let (sink, session) = (args.name.clone(), args.session.clone());
    let ask = ReplayAsk { sink, since_us, session, ..ReplayAsk::default() };
    let report: ReplayReport = post("replay", &ask, &args.server, environment).await?;
    let ReplayReport { done, delivered, duplicates, refused, .. } = report;
    let rest = if done { "" } else { "; it goes on in the background" };
    said(&format!(
        "{} records were sent again ({duplicates} were there, {refused} refused){rest}",
        delivered + duplicates
    ))
}

/// What is done step by step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Check,
    SetUp,
    Plan,
}

async fn stepped(args: &StepArgs, deed: Deed, environment: &BTreeMap<String, String>) -> Outcome {
    let steps = match &args.config {
        Some(file) => here(args, file, deed, environment).await?,
        None => there(args, deed, environment).await?,
    };
    super::print(&rows::steps(&steps, super::format(args.output))?)?;
    let bad: Vec<&SinkStep> = steps.iter().filter(|step| step.result == "bad").collect();
    match bad.first() {
        None => Ok(()),
        Some(first) => Err(Failure::DoesNotHold(format!(
            "{} is wrong at {}: {}",
            first.step, first.sink, first.what
        ))),
    }
}

/// Has a server do it.
async fn there(
    args: &StepArgs,
    deed: Deed,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<SinkStep>, Failure> {
    let names = if let Some(name) = &args.name {
        vec![name.clone()]
    } else {
        let client = ApiClient::new(&args.server, environment)?;
        let views: Vec<SinkView> = client.get("/v1/sinks").await?.json().await?;
        views.into_iter().map(|view| view.name).collect()
    };
    let mut steps: Vec<SinkStep> = Vec::new();
    for name in names {
        let ask = SinkAsk { sink: name, dry: deed == Deed::Plan };
        let what = if deed == Deed::Check { "check" } else { "setup" };
        steps.extend(post::<Vec<SinkStep>>(what, &ask, &args.server, environment).await?);
    }
    Ok(steps)
}

/// Does it without a server.
async fn here(
    args: &StepArgs,
    file: &Path,
    deed: Deed,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<SinkStep>, Failure> {
    let serve = ServeArgs { config: Some(file.to_owned()), ..ServeArgs::default() };
    let config = super::config::checked(&serve, environment)?;
    let wanted = |name: &str| args.name.as_deref().is_none_or(|wanted| wanted == name);
    let mut steps = Vec::new();
    let mut found = false;
    for sink in config.sinks.iter().filter(|sink| wanted(&sink.name)) {
        found = true;
        let Some(built) = build(sink, &Observer::default())? else { continue };
        let destination = built.destination;
        let of_sink = match deed {
            Deed::Check => destination.check().await,
            Deed::SetUp => destination.set_up(false).await,
            Deed::Plan => destination.set_up(true).await,
        };
        destination.close().await;
        steps.extend(SinkStep::all(&sink.name, of_sink));
    }
    match &args.name {
        Some(name) if !found => {
            Err(Failure::Usage(format!("there is no sink `{name}` in {}", file.display())))
        }
        _ => Ok(steps),
    }
}

async fn dead_letters(
    name: Option<&str>,
    output: Option<Output>,
    server: &ServerArgs,
    environment: &BTreeMap<String, String>,
) -> Outcome {
    let of = name.map_or(String::new(), |name| format!(" and sink = {}", literal(name)));
    let sql = format!(
        "select sink, record_table, record_id, tenant, session_id, reason, attempts, format, document_bytes, \
         received_at as dead_since from (select *, row_number() over (partition by sink, record_id \
         order by received_at desc, offset_sequence desc, offset_index desc) as newest from dead_letters) \
         where newest = 1 and state = 'dead'{of} order by received_at, record_id"
    );
    let source = Source::open(None, server, environment).await?;
    Ok(super::print(&source.answer(&sql, super::format(output)).await?)?)
}
