//! OTLP/HTTP with protobuf.

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Method;

use super::class::{Class, Reply, of_http};
use super::document::Signal;
use super::isolate::Carrier;
use super::options::Options;
use super::response;
use crate::http::{self, Body, Call, Fault, Head, OptionsError};

/// What carries a request.
pub(super) struct Client {
    options: Options,
    client: http::Client,
}

impl Client {
    pub(super) fn new(options: &Options) -> Result<Self, OptionsError> {
        let client = http::Client::new(options.server.clone())?;
        Ok(Self { options: options.clone(), client })
    }

    fn head(&self) -> Result<Head, String> {
        let mut head = Head::default();
        for (name, secret) in &self.options.headers {
            let value = secret.read().map_err(|error| error.to_string())?;
            head = head
                .secret(name, &value)
                .ok_or_else(|| format!("header `{name}` cannot be sent"))?;
        }
        Ok(head)
    }
}

#[async_trait]
impl Carrier for Client {
    async fn post(&self, signal: Signal, body: Bytes) -> Reply {
        let head = match self.head() {
            Ok(head) => head,
            Err(reason) => return Reply::failed(Class::Hold, reason),
        };
        let path = match signal {
            Signal::Logs => "v1/logs",
            Signal::Traces => "v1/traces",
        };
        let gzip = self.options.gzip;
        let body = tokio::task::spawn_blocking(move || {
            Body::new(body.into(), "application/x-protobuf", gzip)
        });
        let Ok(body) = body.await else {
            return Reply::failed(Class::Retry, "the request was not compressed");
        };
        let answer = match self
            .client
            .send(Call { method: Method::POST, path, head, body: Some(body) })
            .await
        {
            Ok(answer) => answer,
            Err(fault) => return unanswered(&fault),
        };
        if (200..300).contains(&answer.status) && !answer.is_page() {
            return response::of_http(&answer);
        }
        let class = if answer.is_page() { Class::Hold } else { of_http(answer.status) };
        if class == Class::Hold {
            self.options.headers.iter().for_each(|(_, secret)| secret.forget());
        }
        let after = answer.retry_after();
        Reply::Failed { class, reason: format!("http {}", answer.status), after }
    }

    fn reload(&self) -> Result<(), OptionsError> {
        self.client.reload()
    }
}

fn unanswered(fault: &Fault) -> Reply {
    let class = match fault {
        Fault::Unreached(_) => Class::Retry,
        Fault::Misconfigured(_) => Class::Hold,
        Fault::Unanswered(_) => Class::Ambiguous,
    };
    Reply::failed(class, fault.reason())
}
