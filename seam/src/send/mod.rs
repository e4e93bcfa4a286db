//! `seam send`: captured bodies to a collector.
//!
//! [`bodies`] finds and reads them, [`distinct`] changes a body so that it is no repeat,
//! [`grpc`] and [`http`] carry one body, [`retry`] decides what a good client does next.

pub(crate) mod bodies;
mod distinct;
mod grpc;
mod http;
mod retry;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use seam_schema::otlp;

use crate::cli::{Protocol, SendArgs};
use crate::exit::{Failure, Outcome};
use bodies::{Body, Encoding};
use retry::{Answer, Retry};

const DEFAULT_GRPC: &str = "127.0.0.1:4317";
const DEFAULT_HTTP: &str = "127.0.0.1:4318";

/// What was sent.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    requests: u64,
    records: u64,
    bytes: u64,
    retries: u64,
    /// Each with the reason.
    pub(crate) refused: Vec<String>,
}

/// Sends what the arguments name and prints what became of it.
pub(crate) async fn run(args: SendArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let started = Instant::now();
    let totals = deliver(&args, environment).await?;
    report(&totals, started.elapsed())
}

/// Sends what the arguments name.
async fn deliver(
    args: &SendArgs,
    environment: &BTreeMap<String, String>,
) -> Result<Totals, Failure> {
    let token = token(args, environment)?;
    deliver_as(args, |_| token.as_deref()).await
}

/// Sends what the arguments name, each body with the token of who sends it.
pub(crate) async fn deliver_as<'t>(
    args: &SendArgs,
    token: impl Fn(&Path) -> Option<&'t str>,
) -> Result<Totals, Failure> {
    let bodies = bodies::find(&args.paths)?;
    if bodies.is_empty() {
        return Err(Failure::Usage(
            "found nothing to send: files are named NNNN-<logs|traces|metrics>-….pb or .json"
                .to_owned(),
        ));
    }
    let mut carriers = Carriers::new(args)?;
    let total = args.repeat.saturating_mul(bodies.len() as u64);
    let bar = progress(total);
    let mut totals = Totals::default();
    let mut pace = Pace::new(args.rate);
    for round in 0..args.repeat {
        for body in &bodies {
            pace.wait().await;
            let bytes = body.read()?;
            let bytes = if round == 0 { bytes } else { distinct::changed(body, bytes, round)? };
            carriers.speak_as(token(&body.path));
            send_one(&mut carriers, body, &bytes, &mut totals).await?;
            bar.inc(1);
            bar.set_message(format!("{} records", totals.records));
        }
    }
    bar.finish_and_clear();
    Ok(totals)
}

async fn send_one(
    carriers: &mut Carriers,
    body: &Body,
    bytes: &[u8],
    totals: &mut Totals,
) -> Result<(), Failure> {
    let mut retry = Retry::new(totals.requests > 0);
    loop {
        let answer = carriers.send(body, bytes).await?;
        match answer {
            Answer::Accepted => {
                totals.requests += 1;
                totals.bytes += bytes.len() as u64;
                totals.records += records(body, bytes);
                return Ok(());
            }
            Answer::Refused(why) => {
                totals.refused.push(format!("{}: {why}", body.path.display()));
                return Ok(());
            }
            Answer::Later { why, after } => {
                let Some(wait) = retry.next(after) else {
                    totals.refused.push(format!("{}: gave up: {why}", body.path.display()));
                    return Ok(());
                };
                totals.retries += 1;
                tokio::time::sleep(wait).await;
            }
            Answer::Unreachable(why) => {
                let Some(wait) = retry.after_silence() else {
                    return Err(Failure::Unreachable(why));
                };
                totals.retries += 1;
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// How many records a body holds; 0 for one that cannot be read, which its receiver will say.
fn records(body: &Body, bytes: &[u8]) -> u64 {
    let limits = otlp::Limits::default();
    let transcoded;
    let message = match body.encoding {
        Encoding::Protobuf => bytes,
        Encoding::Json => match otlp::transcode(body.signal, bytes, &limits) {
            Ok(message) => {
                transcoded = message;
                &transcoded
            }
            Err(_) => return 0,
        },
    };
    otlp::check(body.signal, message, &limits).map_or(0, |checked| checked.records)
}

#[expect(clippy::print_stdout, reason = "the totals are the command's output")]
fn report(totals: &Totals, took: Duration) -> Outcome {
    let seconds = took.as_secs_f64().max(1e-6);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let (rate, mib) = (totals.records as f64 / seconds, totals.bytes as f64 / f64::from(1 << 20));
    println!(
        "sent {} requests, {} records, {mib:.1} MiB in {seconds:.2} s ({rate:.0} records/s), {} retries, {} refused",
        totals.requests,
        totals.records,
        totals.retries,
        totals.refused.len(),
    );
    if totals.refused.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = totals.refused.iter().take(20).map(String::as_str).collect();
    Err(Failure::Failed(anyhow!(
        "{} requests were refused:\n  {}",
        totals.refused.len(),
        shown.join("\n  ")
    )))
}

fn token(
    args: &SendArgs,
    environment: &BTreeMap<String, String>,
) -> anyhow::Result<Option<String>> {
    let file = args
        .token_file
        .clone()
        .or_else(|| environment.get("SEAM_OTLP_TOKEN_FILE").map(PathBuf::from));
    let Some(file) = file else { return Ok(None) };
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("cannot read the token in {}", file.display()))?;
    Ok(Some(text.trim().to_owned()))
}

fn progress(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} requests, {per_sec}, {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// The two ways to an address, made when first needed.
struct Carriers {
    grpc_to: Option<String>,
    http_to: String,
    token: Option<String>,
    ca: Option<Vec<u8>>,
    grpc: Option<grpc::Carrier>,
    http: Option<http::Carrier>,
}

impl Carriers {
    fn new(args: &SendArgs) -> anyhow::Result<Self> {
        let ca = match &args.ca {
            Some(file) => Some(
                std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
            ),
            None => None,
        };
        let (grpc_to, http_to) = match args.protocol {
            Protocol::Grpc => {
                let to = args.to.clone().unwrap_or_else(|| DEFAULT_GRPC.to_owned());
                let http = args.to_http.clone().or_else(|| args.to.clone());
                (Some(to), http.unwrap_or_else(|| DEFAULT_HTTP.to_owned()))
            }
            Protocol::Http => {
                let http = args.to_http.clone().or_else(|| args.to.clone());
                (None, http.unwrap_or_else(|| DEFAULT_HTTP.to_owned()))
            }
        };
        Ok(Self {
            grpc_to: grpc_to.map(|to| with_scheme(&to)),
            http_to: with_scheme(&http_to),
            token: None,
            ca,
            grpc: None,
            http: None,
        })
    }

    /// Sends the next bodies with this token.
    fn speak_as(&mut self, token: Option<&str>) {
        if self.token.as_deref() == token {
            return;
        }
        self.token = token.map(str::to_owned);
        if let Some(carrier) = &mut self.grpc {
            carrier.token.clone_from(&self.token);
        }
        if let Some(carrier) = &mut self.http {
            carrier.token.clone_from(&self.token);
        }
    }

    async fn send(&mut self, body: &Body, bytes: &[u8]) -> Result<Answer, Failure> {
        if let (Some(to), Encoding::Protobuf) = (&self.grpc_to, body.encoding) {
            let carrier = match &mut self.grpc {
                Some(carrier) => carrier,
                empty => {
                    empty.insert(grpc::Carrier::new(to, self.token.as_deref(), self.ca.as_deref())?)
                }
            };
            Ok(carrier.send(body.signal, bytes).await)
        } else {
            let carrier = match &mut self.http {
                Some(carrier) => carrier,
                empty => empty.insert(http::Carrier::new(
                    &self.http_to,
                    self.token.as_deref(),
                    self.ca.as_deref(),
                )?),
            };
            Ok(carrier.send(body.signal, body.encoding, bytes).await)
        }
    }
}

fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
}

/// Keeps to a number of requests per second.
struct Pace {
    step: Option<Duration>,
    next: Instant,
}

impl Pace {
    fn new(rate: Option<f64>) -> Self {
        let step = rate.filter(|rate| *rate > 0.0).map(|rate| Duration::from_secs_f64(1.0 / rate));
        Self { step, next: Instant::now() }
    }

    async fn wait(&mut self) {
        let Some(step) = self.step else { return };
        tokio::time::sleep_until(self.next.into()).await;
        self.next += step;
    }
}
