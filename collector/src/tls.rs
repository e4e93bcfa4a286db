//! TLS for every listener: certificates from PEM files, read again when they change.
//!
//! A new pair takes effect for the next connection; a pair that cannot be used is reported
//! once and the old one stays. The cryptography is aws-lc, named explicitly, so that no
//! process-wide default decides.

mod files;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use thiserror::Error;

use files::Stamp;

/// How often changed files are looked for, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where the parts of a TLS configuration lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those between it and a root, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authority that client certificates must come from, PEM; `None` asks for none.
    pub client_ca: Option<PathBuf>,
    /// Whether a client without a certificate is turned away.
    pub client_certificate_required: bool,
}

/// The HTTP versions a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// HTTP/2 alone, as gRPC needs it.
    Http2,
    /// HTTP/2 and HTTP/1.1.
    Any,
}

impl Versions {
    fn alpn(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http2 => vec![b"h2".to_vec()],
            Self::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        }
    }
}

/// A TLS configuration that cannot be used. Never holds key material.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read the {what} {}: {source}; check the path and its permissions", .path.display())]
    Read {
        /// Which file.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not PEM, or holds something else.
    #[error("cannot find a {what} in {}: it must be a PEM file with at least one", .path.display())]
    Empty {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// Certificate and key do not fit, or their kind is not supported.
    #[error("cannot use the certificate {} with the key {}: {reason}", .certificate.display(), .key.display())]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What rustls says.
        reason: String,
    },
    /// The client authority cannot be used.
    #[error("cannot use {} as the authority for client certificates: {reason}", .path.display())]
    ClientCa {
        /// The file.
        path: PathBuf,
        /// What rustls says.
        reason: String,
    },
    /// The library refuses its own defaults.
    #[error("cannot set up tls: {0}")]
    Provider(String),
}

/// A TLS configuration that follows its files.
#[derive(Debug)]
pub struct ServerTls {
    files: TlsFiles,
    versions: Versions,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    config: Arc<ServerConfig>,
    stamp: Stamp,
    looked_at: Instant,
}

impl ServerTls {
    /// Reads the files; all faults of the first reading are errors.
    pub fn load(files: TlsFiles, versions: Versions) -> Result<Self, TlsError> {
        let stamp = Stamp::of(&files);
        let config = Arc::new(build(&files, versions)?);
        let current = Mutex::new(Current { config, stamp, looked_at: Instant::now() });
        Ok(Self { files, versions, current })
    }

    /// The configuration for the next connection.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.config_at(Instant::now())
    }

    fn config_at(&self, now: Instant) -> Arc<ServerConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(current.looked_at) >= LOOK_EVERY {
            current.looked_at = now;
            let stamp = Stamp::of(&self.files);
            if stamp != current.stamp {
                current.stamp = stamp;
                match build(&self.files, self.versions) {
                    Ok(config) => {
                        current.config = Arc::new(config);
                        tracing::info!(certificate = %self.files.certificate.display(), "certificates read again");
                    }
                    Err(error) => {
                        tracing::error!(%error, "the certificates have changed; the old ones stay in use");
                    }
                }
            }
        }
        Arc::clone(&current.config)
    }
}

fn build(files: &TlsFiles, versions: Versions) -> Result<ServerConfig, TlsError> {
    let chain = files::certificates("certificate", &files.certificate)?;
    let key = files::private_key(&files.key)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Provider(error.to_string()))?;
    let builder = match &files.client_ca {
        Some(path) => builder
            .with_client_cert_verifier(client_verifier(path, files.client_certificate_required)?),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| TlsError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        reason: error.to_string(),
    })?;
    config.alpn_protocols = versions.alpn();
    Ok(config)
}

fn client_verifier(
    path: &std::path::Path,
    required: bool,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let refused = |reason: String| TlsError::ClientCa { path: path.to_owned(), reason };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in files::certificates("client authority", path)? {
        roots.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if !required {
        builder = builder.allow_unauthenticated();
    }
    builder.build().map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests;
