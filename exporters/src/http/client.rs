//! The client itself: one request, one answer, both bounded.

use std::io::Write as _;
use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Identity, Method, tls};

use crate::destination::Checked;

use super::{ANSWER_BYTES_MAX, Answer, Fault, Options, OptionsError};

/// Bodies below this many bytes are sent as they are: they fit into a packet.
const GZIP_FROM_BYTES: usize = 1024;
/// How long an idle connection is kept. Splunk closes one after 12 s; a request that meets that
/// moment would be ambiguous.
const IDLE: Duration = Duration::from_secs(8);
/// Idle connections that are kept, per host.
const IDLE_MAX: usize = 32;

/// Asks one server.
#[derive(Debug)]
pub(crate) struct Client {
    options: Options,
    base: reqwest::Url,
    // Made anew from its files when the server is probed: certificates change while a server runs.
    inner: RwLock<reqwest::Client>,
}

/// What every request of one destination carries. The credential is marked as sensitive.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head(HeaderMap);

/// One request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// The path and query below the base, without a slash in front.
    pub(crate) path: &'a str,
    pub(crate) head: Head,
    pub(crate) body: Option<Body>,
}

/// A body, compressed where that pays.
#[derive(Clone)]
pub(crate) struct Body {
    bytes: Bytes,
    content_type: &'static str,
    gzip: bool,
}

impl Body {
    /// Compresses a body. Takes milliseconds for a megabyte: not for the async threads.
    pub(crate) fn new(plain: Vec<u8>, content_type: &'static str, gzip: bool) -> Self {
        if !gzip || plain.len() < GZIP_FROM_BYTES {
            return Self { bytes: plain.into(), content_type, gzip: false };
        }
        let room = Vec::with_capacity(plain.len() / 6);
        let mut encoder = GzEncoder::new(room, Compression::fast());
        // Writing to a vector cannot fail; if it did, the plain body is as good.
        match encoder.write_all(&plain).and_then(|()| encoder.finish()) {
            Ok(bytes) => Self { bytes: bytes.into(), content_type, gzip: true },
            Err(_) => Self { bytes: plain.into(), content_type, gzip: false },
        }
    }

    /// A small JSON body.
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::new(value.to_string().into_bytes(), "application/json", false)
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.bytes.len())
    }
}

impl Head {
    /// With a credential: `scheme secret`. A value that fits no header is left out; secrets are
    /// checked when they are read.
    pub(crate) fn authorized(mut self, scheme: &str, secret: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(&format!("{scheme} {secret}")) {
            value.set_sensitive(true);
            self.0.insert(AUTHORIZATION, value);
        }
        self
    }

    /// With a header that the options name. `None` if it cannot be sent.
    pub(crate) fn secret(mut self, name: &str, secret: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(secret).ok()?;
        value.set_sensitive(true);
        self.0.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        Some(self)
    }

    /// With a user and a password (RFC 7617).
    pub(crate) fn basic(self, user: &str, password: &str) -> Self {
        self.authorized("Basic", &BASE64.encode(format!("{user}:{password}")))
    }

    /// With a header of ours.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.insert(name, value);
        }
        self
    }
}

impl Client {
    /// A client for one server. Reads the files that TLS needs.
    pub(crate) fn new(options: Options) -> Result<Self, OptionsError> {
        let base = base(&options.url)?;
        let inner = RwLock::new(build(&options)?);
        Ok(Self { options, base, inner })
    }

    /// Reads the files that TLS needs again, and drops idle connections.
    pub(crate) fn reload(&self) -> Result<(), OptionsError> {
        let fresh = build(&self.options)?;
        *self.inner.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// What a check that came through says of TLS.
    pub(crate) fn said_of_tls(&self) -> Checked {
        if self.base.scheme() == "https" {
            Checked::Good("the server's certificate is trusted".to_owned())
        } else {
            let reason = "the address says http: credentials travel in the clear";
            Checked::Skipped(reason.to_owned())
        }
    }

    /// Where the server is, for people: host and port.
    pub(crate) fn place(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Sends one request and reads the answer, up to the limit.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, Fault> {
        let url = self.base.join(call.path);
        let url = url.map_err(|_| Fault::Misconfigured("the url cannot be built".to_owned()))?;
        let client = self.inner.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = client.request(call.method, url).headers(call.head.0);
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, body.content_type);
            if body.gzip {
                request = request.header(CONTENT_ENCODING, "gzip");
            }
            request = request.body(body.bytes);
        }
        let mut response = request.send().await?;
        let status = response.status().as_u16();
        let peer = response.remote_addr();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Some(Vec::new());
        while let Some(chunk) = response.chunk().await? {
            // A status that is no success says enough without its body.
            let Some(read) = &mut body else { break };
            if read.len() + chunk.len() > ANSWER_BYTES_MAX {
                body = None;
            } else {
                read.extend_from_slice(&chunk);
            }
        }
        Ok(Answer { status, headers, body, peer })
    }
}

fn base(url: &str) -> Result<reqwest::Url, OptionsError> {
    let mut base = reqwest::Url::parse(url).map_err(|_| OptionsError::Url("it is not a url"))?;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(OptionsError::Url("it must be `https://HOST[:PORT]` or `http://HOST[:PORT]`"));
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(OptionsError::Url("credentials have options of their own"));
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err(OptionsError::Url("it must end with the path"));
    }
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    Ok(base)
}

fn build(options: &Options) -> Result<reqwest::Client, OptionsError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        .redirect(Policy::none())
        .tls_version_min(tls::Version::TLS_1_2)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_MAX)
        .user_agent(concat!("seam/", env!("CARGO_PKG_VERSION")));
    builder = match &options.proxy {
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy).map_err(|_| OptionsError::Proxy)?),
        None => builder.no_proxy(),
    };
    if let Some(path) = &options.ca_file {
        let authorities = Certificate::from_pem_bundle(&read_file(path)?);
        let authorities = authorities
            .ok()
            .filter(|authorities| !authorities.is_empty())
            .ok_or_else(|| unusable(path, "there is no certificate in it"))?;
        builder = builder.tls_certs_only(authorities);
    }
    match (&options.certificate_file, &options.key_file) {
        (None, None) => {}
        (Some(certificate), Some(key)) => {
            let mut pem = read_file(certificate)?;
            pem.push(b'\n');
            pem.extend_from_slice(&read_file(key)?);
            let identity = Identity::from_pem(&pem)
                .map_err(|_| unusable(certificate, "it is no certificate with its key"))?;
            builder = builder.identity(identity);
        }
        _ => return Err(OptionsError::HalfIdentity),
    }
    // The error of a builder names no secret, but its debug form holds the options.
    builder.build().map_err(|error| OptionsError::Client(error.without_url().to_string()))
}

/// A file that TLS needs.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, OptionsError> {
    std::fs::read(path).map_err(|error| unusable(path, &error.kind().to_string()))
}

fn unusable(path: &Path, reason: &str) -> OptionsError {
    OptionsError::TlsFile { path: path.to_owned(), reason: reason.to_owned() }
}
