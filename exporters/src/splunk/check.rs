//! Going to the event collector and back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::Method;
use serde_json::json;
use tokio::sync::oneshot;

use super::channel::{Lost, Ticket, Told};
use super::verdict::{self, Verdict};
use super::{Acknowledgement, Splunk, acknowledge, send};
use crate::destination::{Checked, Step};
use crate::http::{Answer, Body, Call, Fault};

const HEALTH: &str = "services/collector/health";
/// How long a check waits for the canary's acknowledgement.
const CANARY_WITHIN: Duration = Duration::from_secs(30);

/// Asks whether sending may be tried again, without sending an event: whether the server is well,
/// and whether it takes the token.
pub(crate) async fn probe(splunk: &Splunk) -> Result<(), String> {
    // A certificate or an authority may have been replaced since.
    splunk.wire.client.reload().map_err(|error| error.to_string())?;
    splunk.wire.refused();
    if let Checked::Bad(reason) = health(splunk).await.map_err(|fault| fault.reason().to_owned())? {
        return Err(reason);
    }
    if let (_, Checked::Bad(reason)) = credentials(splunk).await {
        return Err(reason);
    }
    if splunk.options.acknowledgement == Acknowledgement::Required {
        let ticket = splunk.acknowledgements.channel().ticket();
        // An id that nobody was given: asking for it forgets nothing.
        let asked = acknowledge::ask(&splunk.wire, &ticket, &[u64::from(u32::MAX)]).await;
        let (_, asked) = asked.map_err(|fault| fault.reason().to_owned())?;
        if asked == acknowledge::Asked::SwitchedOff {
            return Err("the token has no indexer acknowledgement, which is required".to_owned());
        }
    }
    Ok(())
}

/// Goes there and back; stops after the first bad step.
pub(crate) async fn check(splunk: &Splunk) -> Vec<Step> {
    let mut steps = Vec::new();
    let place = splunk.wire.client.place();
    let health = match health(splunk).await {
        Ok(health) => health,
        Err(fault) => {
            let bad = Checked::Bad(format!("{place}: {}", fault.reason()));
            return vec![Step { name: fault.step(), result: bad }];
        }
    };
    steps.push(Step { name: "reach", result: Checked::Good(place) });
    steps.push(Step { name: "tls", result: splunk.wire.client.said_of_tls() });
    for (name, result) in [("health", health), credentials(splunk).await] {
        let bad = matches!(result, Checked::Bad(_));
        steps.push(Step { name, result });
        if bad {
            return steps;
        }
    }
    let mut indexes: Vec<Option<&str>> = vec![splunk.options.index.as_deref()];
    let others = splunk.options.indexes.values().chain(&splunk.options.fallback_index);
    indexes.extend(others.map(|index| Some(index.as_str())));
    indexes.sort_unstable();
    indexes.dedup();
    for index in indexes {
        if !canary(splunk, index, &mut steps).await {
            return steps;
        }
    }
    steps
}

async fn health(splunk: &Splunk) -> Result<Checked, Fault> {
    let head = splunk.wire.head(None)?;
    let call = Call { method: Method::GET, path: HEALTH, head, body: None };
    let answer = splunk.wire.client.send(call).await?;
    Ok(match (answer.status, verdict::of(&answer)) {
        (200, _) if !answer.is_page() => Checked::Good("the event collector is healthy".to_owned()),
        // Whoever hides its health may still take events.
        (401 | 403 | 404 | 405, _) => Checked::Skipped(format!("http {}", answer.status)),
        (_, verdict) => Checked::Bad(said(verdict)),
    })
}

/// Sends nothing at all: only a good token is told that there is no data. Gives the step and how it
/// went: an answer that is not the event collector's is about the address.
async fn credentials(splunk: &Splunk) -> (&'static str, Checked) {
    // It brings no events, so it gets no id.
    let ticket = send::names_channel(splunk).then(|| splunk.acknowledgements.channel().ticket());
    let answer = match post(splunk, ticket.as_ref(), Vec::new()).await {
        Ok(answer) => answer,
        Err(fault) => return ("credentials", Checked::Bad(fault.reason().to_owned())),
    };
    let detect = splunk.options.acknowledgement == Acknowledgement::Detect;
    let result = match verdict::of(&answer) {
        Verdict::Event { .. } | Verdict::Taken { .. } => valid(),
        Verdict::NoAcknowledgement { .. } | Verdict::NoChannel { .. } if detect => valid(),
        Verdict::NoChannel { reason } => Checked::Bad(format!(
            "{reason}: the token has indexer acknowledgement, which is off in the configuration"
        )),
        Verdict::Hold { reason } if matches!(answer.status, 300..=399 | 404 | 405 | 415) => {
            let reason = format!("{reason}: no event collector stands at this address");
            return ("reach", Checked::Bad(reason));
        }
        verdict => Checked::Bad(said(verdict)),
    };
    ("credentials", result)
}

fn valid() -> Checked {
    Checked::Good("the token is valid".to_owned())
}

/// Writes an event that says that it is none, and has it acknowledged where that is possible.
async fn canary(splunk: &Splunk, index: Option<&str>, steps: &mut Vec<Step>) -> bool {
    let named = index.unwrap_or("the token's default");
    let detect = splunk.options.acknowledgement == Acknowledgement::Detect;
    let mut written = write(splunk, index, send::names_channel(splunk)).await;
    if detect && matches!(written, Ok((Verdict::NoAcknowledgement { .. }, _))) {
        written = write(splunk, index, false).await;
    }
    let mut step = |name, result| steps.push(Step { name, result });
    let (verdict, told) = match written {
        Ok(written) => written,
        Err(fault) => {
            step("write", Checked::Bad(fault.reason().to_owned()));
            return false;
        }
    };
    match verdict {
        Verdict::Taken { .. } => {}
        Verdict::Index { reason } => {
            let what = "create it, or let the token write to it";
            step("index", Checked::Bad(format!("{reason}: {named}; {what}")));
            return false;
        }
        verdict => {
            step("write", Checked::Bad(said(verdict)));
            return false;
        }
    }
    step("index", Checked::Good(named.to_owned()));
    step("write", Checked::Good("a canary was taken, sourcetype seam:check".to_owned()));
    let result = match told {
        Some(told) => acknowledged(told).await,
        None if splunk.options.acknowledgement == Acknowledgement::Required => {
            Checked::Bad("the token has no indexer acknowledgement, which is required".to_owned())
        }
        None => Checked::Skipped(
            "the token has no indexer acknowledgement, and the event collector cannot be read"
                .to_owned(),
        ),
    };
    let good = !matches!(result, Checked::Bad(_));
    step("read back", result);
    good
}

/// What waits for the acknowledgement of the canary, if it has an id.
type Acknowledged = Option<Result<oneshot::Receiver<Told>, Lost>>;

async fn write(
    splunk: &Splunk,
    index: Option<&str>,
    with_channel: bool,
) -> Result<(Verdict, Acknowledged), Fault> {
    static CANARIES: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let id = format!("seam-check-{}-{}", now.as_micros(), CANARIES.fetch_add(1, Ordering::Relaxed));
    let mut event = json!({
        "sourcetype": "seam:check",
        "source": splunk.options.source,
        "fields": { "event_id": id },
        "event": { "event_id": id, "message": "seam sinks check: a canary, not an event" },
    });
    if let (Some(index), Some(event)) = (index, event.as_object_mut()) {
        event.insert("index".to_owned(), index.into());
    }
    let under_way = with_channel.then(|| splunk.acknowledgements.start());
    let ticket = under_way.as_ref().map(|under_way| &under_way.ticket);
    let answer = post(splunk, ticket, event.to_string().into_bytes()).await?;
    let verdict = verdict::of(&answer);
    let told = match (&verdict, ticket) {
        (Verdict::Taken { ack: Some(id), .. }, Some(ticket)) => {
            Some(splunk.acknowledgements.register(&splunk.wire, ticket, *id, &answer))
        }
        _ => None,
    };
    if let Some(under_way) = under_way {
        under_way.answered();
    }
    Ok((verdict, told))
}

async fn post(splunk: &Splunk, ticket: Option<&Ticket>, body: Vec<u8>) -> Result<Answer, Fault> {
    let head = splunk.wire.head(ticket)?;
    let body = Some(Body::new(body, "application/json", false));
    splunk.wire.client.send(Call { method: Method::POST, path: send::PATH, head, body }).await
}

async fn acknowledged(told: Result<oneshot::Receiver<Told>, Lost>) -> Checked {
    let told = match told {
        Ok(told) => tokio::time::timeout(CANARY_WITHIN, told).await,
        Err(lost) => return Checked::Bad(lost.reason().to_owned()),
    };
    match told {
        Ok(Ok(Ok(()))) => Checked::Good("an indexer acknowledged the canary".to_owned()),
        Ok(Ok(Err(lost))) => Checked::Bad(lost.reason().to_owned()),
        Ok(Err(_)) | Err(_) => {
            Checked::Bad(format!("no indexer acknowledged within {} s", CANARY_WITHIN.as_secs()))
        }
    }
}

/// What a verdict says, for people.
fn said(verdict: Verdict) -> String {
    match verdict {
        Verdict::Taken { .. } => "taken".to_owned(),
        Verdict::Event { reason, .. }
        | Verdict::Index { reason }
        | Verdict::NoChannel { reason }
        | Verdict::NoAcknowledgement { reason }
        | Verdict::TooLarge { reason }
        | Verdict::Retry { reason, .. }
        | Verdict::Hold { reason }
        | Verdict::Ambiguous { reason } => reason,
    }
}
