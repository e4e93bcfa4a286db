//! Alarms: to the log always, and to the webhooks that the configuration names.
//!
//! A webhook gets `POST` with one JSON object: `alarm` (`held`, `ended`, `disk`, `damage`, `silent`,
//! and `released` when one is over), `sink` where it is about one, `what` for people, `at` (RFC
//! 3339), `host`. Nothing in it is content. An alarm that cannot be delivered is tried again for a
//! while, and then only stands in the log: who must know also watches `/metrics`. Each webhook has
//! a queue of its own, so one that is dead keeps no other waiting.

use std::time::Duration;

use seam_exporters::delivery::{Alarm, Alarms};
use seam_exporters::http::Secret;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::build::of_http;
use crate::config::sinks::{SinkConfig, SinkKind};

/// Alarms that wait for one webhook; more are only in the log.
const WAITING_MAX: usize = 256;
/// How often one is sent before it is given up.
const TRIES: u32 = 8;
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// Takes alarms from anywhere.
#[derive(Debug, Clone)]
pub(crate) struct AlarmBell {
    to: Vec<mpsc::Sender<Value>>,
    host: String,
}

/// Where alarms are sent.
struct Webhook {
    name: String,
    url: String,
    token: Option<Secret>,
    client: reqwest::Client,
}

impl AlarmBell {
    /// A bell that rings at every webhook of the configuration.
    pub(crate) fn hang(
        sinks: &[SinkConfig],
        host: &str,
        threads: &tokio::runtime::Handle,
    ) -> anyhow::Result<Self> {
        let hooks = sinks.iter().filter(|sink| sink.kind == SinkKind::Webhook);
        let hooks = hooks.map(webhook).collect::<anyhow::Result<Vec<_>>>()?;
        let queue = |hook: Webhook| {
            let (to, from) = mpsc::channel(WAITING_MAX);
            threads.spawn(hook.serve(from));
            to
        };
        Ok(Self { to: hooks.into_iter().map(queue).collect(), host: host.to_owned() })
    }

    /// Sends an alarm on its way; never waits.
    pub(crate) fn ring(&self, alarm: &str, sink: Option<&str>, what: &str) {
        tracing::warn!(alarm, sink, what, "alarm");
        self.send(alarm, sink, what);
    }

    /// The same where somebody else has written it to the log.
    fn send(&self, alarm: &str, sink: Option<&str>, what: &str) {
        let at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let said =
            json!({ "alarm": alarm, "sink": sink, "what": what, "at": at, "host": self.host });
        for to in &self.to {
            if to.try_send(said.clone()).is_err() {
                tracing::warn!(alarm, sink, "too many alarms wait for a webhook");
            }
        }
    }
}

impl Alarms for AlarmBell {
    fn raise(&self, alarm: Alarm) {
        match alarm {
            Alarm::Held { sink, reason } => self.send("held", Some(&sink), &reason),
            Alarm::Released { sink } => {
                self.send("released", Some(&sink), "it takes records again");
            }
        }
    }
}

fn webhook(sink: &SinkConfig) -> anyhow::Result<Webhook> {
    let options = of_http(sink);
    let ca = match &options.ca_file {
        Some(file) => Some(std::fs::read(file)?),
        None => None,
    };
    let client = crate::client::builder(ca.as_deref())?
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        .build()?;
    Ok(Webhook { name: sink.name.clone(), url: options.url, token: sink.secret("token"), client })
}

impl Webhook {
    async fn serve(self, mut from: mpsc::Receiver<Value>) {
        while let Some(said) = from.recv().await {
            self.send(&said).await;
        }
    }

    async fn send(&self, said: &Value) {
        let mut pause = RETRY_FIRST;
        for _ in 0..TRIES {
            match self.try_once(said).await {
                Ok(()) => return,
                Err(why) => tracing::warn!(webhook = self.name, why, "an alarm was not taken"),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        tracing::error!(webhook = self.name, "an alarm is given up");
    }

    async fn try_once(&self, said: &Value) -> Result<(), String> {
        let mut request = self.client.post(&self.url).json(said);
        if let Some(token) = &self.token {
            let token = token.read().map_err(|error| error.to_string())?;
            request = request.bearer_auth(token.as_ref());
        }
        // The address of a webhook may be its credential.
        let answer = request.send().await;
        let answer = answer.map_err(|error| crate::client::root(&error.without_url()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("status {}", status.as_u16())) }
    }
}
