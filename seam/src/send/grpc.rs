//! One body over OTLP/gRPC: the bytes as they are, without decoding them.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::uri::PathAndQuery;
use seam_exporters::otlp::RawCodec;
use seam_schema::otlp::Signal;
use tonic::client::Grpc;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::retry::Answer;

/// A client of one address.
pub(crate) struct Carrier {
    grpc: Grpc<Channel>,
    to: String,
    /// The bearer token of who sends; it may change between two bodies.
    pub(super) token: Option<String>,
}

impl Carrier {
    pub(crate) fn new(to: &str, token: Option<&str>, ca: Option<&[u8]>) -> anyhow::Result<Self> {
        let mut endpoint = Endpoint::from_shared(to.to_owned())
            .with_context(|| format!("`{to}` is not an address"))?
            .connect_timeout(Duration::from_secs(10));
        if to.starts_with("https://") {
            let mut tls = ClientTlsConfig::new();
            if let Some(ca) = ca {
                tls = tls.ca_certificate(Certificate::from_pem(ca));
            }
            endpoint =
                endpoint.tls_config(tls).with_context(|| format!("cannot use tls with {to}"))?;
        }
        Ok(Self {
            grpc: Grpc::new(endpoint.connect_lazy()).max_decoding_message_size(1 << 20),
            to: to.to_owned(),
            token: token.map(str::to_owned),
        })
    }

    pub(crate) async fn send(&mut self, signal: Signal, bytes: &[u8]) -> Answer {
        let path = PathAndQuery::from_static(match signal {
            Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        });
        if let Err(error) = self.grpc.ready().await {
            return Answer::Unreachable(format!(
                "nobody answered at {}: {}",
                self.to,
                crate::client::root(&error)
            ));
        }
        let mut request = Request::new(Bytes::copy_from_slice(bytes));
        if let Some(token) = &self.token {
            match format!("Bearer {token}").parse() {
                Ok(value) => {
                    request.metadata_mut().insert("authorization", value);
                }
                Err(_) => return Answer::Refused("the token cannot stand in a header".to_owned()),
            }
        }
        match self.grpc.unary(request, path, RawCodec).await {
            Ok(_) => Answer::Accepted,
            Err(status) => self.answer(&status),
        }
    }

    /// What OTLP/gRPC calls retryable; `RESOURCE_EXHAUSTED` only where it says when.
    fn answer(&self, status: &Status) -> Answer {
        let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
        let why = format!("the collector answered {:?}: {}", status.code(), status.message());
        match status.code() {
            Code::Unavailable if after.is_none() && std::error::Error::source(status).is_some() => {
                Answer::Unreachable(format!(
                    "nobody answered at {}: {}",
                    self.to,
                    crate::client::root(status)
                ))
            }
            Code::ResourceExhausted if after.is_none() => Answer::Refused(why),
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
            | Code::ResourceExhausted => Answer::Later { why, after },
            _ => Answer::Refused(why),
        }
    }
}
