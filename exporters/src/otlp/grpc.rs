//! OTLP/gRPC.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use bytes::Bytes;
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use super::class::{Class, Reply, of_grpc};
use super::codec::RawCodec;
use super::document::Signal;
use super::isolate::Carrier;
use super::options::Options;
use super::response;
use crate::http::{Fault, OptionsError, read_file};

/// An answer is a handful of bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A connection that comes and goes by itself.
pub(super) struct Client {
    options: Options,
    // Made anew from its files when the server is probed: certificates change while a server runs.
    channel: RwLock<Channel>,
}

impl Client {
    /// To be made in a runtime. Connects at the first request. Reads the files that TLS needs.
    pub(super) fn new(options: &Options) -> Result<Self, OptionsError> {
        let channel = RwLock::new(connect(options)?);
        Ok(Self { options: options.clone(), channel })
    }
}

fn connect(options: &Options) -> Result<Channel, OptionsError> {
    let server = &options.server;
    let wrong = || OptionsError::Url("it must be `https://HOST:PORT` or `http://HOST:PORT`");
    let mut endpoint = Endpoint::from_shared(server.url.clone())
        .map_err(|_| wrong())?
        .connect_timeout(server.connect_timeout)
        .timeout(server.request_timeout)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(std::time::Duration::from_secs(30))
        .user_agent(concat!("seam/", env!("CARGO_PKG_VERSION")))
        .map_err(|_| wrong())?;
    if endpoint.uri().scheme_str() == Some("https") {
        endpoint = endpoint
            .tls_config(tls(options)?)
            .map_err(|_| OptionsError::Client("tls cannot be set up".to_owned()))?;
    }
    Ok(endpoint.connect_lazy())
}

fn tls(options: &Options) -> Result<ClientTlsConfig, OptionsError> {
    let server = &options.server;
    let mut tls = ClientTlsConfig::new();
    tls = match &server.ca_file {
        Some(path) => tls.ca_certificate(Certificate::from_pem(read_file(path)?)),
        None => tls.with_enabled_roots(),
    };
    match (&server.certificate_file, &server.key_file) {
        (None, None) => Ok(tls),
        (Some(certificate), Some(key)) => {
            Ok(tls.identity(Identity::from_pem(read_file(certificate)?, read_file(key)?)))
        }
        _ => Err(OptionsError::HalfIdentity),
    }
}

#[async_trait]
impl Carrier for Client {
    async fn post(&self, signal: Signal, body: Bytes) -> Reply {
        let path = PathAndQuery::from_static(match signal {
            Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        });
        let mut request = Request::new(body);
        for (name, secret) in &self.options.headers {
            let hold = |reason: String| Reply::failed(Class::Hold, reason);
            let value = match secret.read() {
                Ok(value) => value,
                Err(error) => return hold(error.to_string()),
            };
            let (Ok(name), Ok(mut value)) = (
                AsciiMetadataKey::from_bytes(name.as_bytes()),
                AsciiMetadataValue::try_from(&*value),
            ) else {
                return hold(format!("header `{name}` cannot be sent"));
            };
            value.set_sensitive(true);
            request.metadata_mut().insert(name, value);
        }
        let channel = self.channel.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut grpc = Grpc::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
        if self.options.gzip {
            // Servers built on Go answer as they were asked.
            grpc = grpc
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip);
        }
        if let Err(error) = grpc.ready().await {
            return unanswered(&error);
        }
        match grpc.unary(request, path, RawCodec).await {
            Ok(response) => response::of_grpc(&response.into_inner()),
            Err(status) => self.failed(&status),
        }
    }

    fn reload(&self) -> Result<(), OptionsError> {
        let fresh = connect(&self.options)?;
        *self.channel.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

impl Client {
    fn failed(&self, status: &Status) -> Reply {
        // What has a source was never said by the server.
        if std::error::Error::source(status).is_some() {
            return unanswered(status);
        }
        let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
        let class = of_grpc(status.code(), after.is_some());
        if class == Class::Hold {
            self.options.headers.iter().for_each(|(_, secret)| secret.forget());
        }
        Reply::Failed { class, reason: format!("grpc {:?}", status.code()), after }
    }
}

fn unanswered(error: &(dyn std::error::Error + 'static)) -> Reply {
    let fault = Fault::of_grpc(error);
    let class = match &fault {
        Fault::Unreached(_) => Class::Retry,
        Fault::Misconfigured(_) => Class::Hold,
        Fault::Unanswered(_) => Class::Ambiguous,
    };
    Reply::failed(class, fault.reason())
}
