//! Tests of `tls`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::disallowed_methods, reason = "certificates are files outside the data folder")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use ::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use seam_schema::frame::FrameMeta;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::*;
use crate::credentials::{Authenticator, Door};
use crate::http::OtlpHttp;
use crate::limits::Limits;
use crate::listener::{ListenOptions, Listener, StopSignal, stop_signal};
use crate::testing::{Rig, logs};

/// An authority, and a folder for what it signs.
struct Authority {
    dir: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { dir, issuer }
    }

    fn sign(&self, common_name: &str, host: &str) -> Pair {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// Puts a server's pair into its place.
    fn install(&self) {
        let pair = self.sign("seam", "localhost");
        fs::write(self.dir.path().join("cert.pem"), pair.certificate).unwrap();
        fs::write(self.dir.path().join("key.pem"), pair.key).unwrap();
    }

    fn files(&self, client_ca: bool, client_certificate_required: bool) -> TlsFiles {
        let at = |name: &str| self.dir.path().join(name);
        TlsFiles {
            certificate: at("cert.pem"),
            key: at("key.pem"),
            client_ca: client_ca.then(|| at("ca.pem")),
            client_certificate_required,
        }
    }

    /// A client that trusts this authority and shows a certificate if it has one.
    fn client(&self, pair: Option<&Pair>, alpn: &[&[u8]]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain =
                    vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }
}

async fn serve(rig: &Rig, files: TlsFiles) -> (SocketAddr, StopSignal) {
    let options = ListenOptions {
        name: "otlp-http",
        address: "127.0.0.1:0".parse().unwrap(),
        tls: Some(Arc::new(ServerTls::load(files, Versions::Any).unwrap())),
        versions: Versions::Any,
        limits: Limits::default(),
    };
    let listener = Listener::bind(options, Arc::clone(&rig.metrics)).await.unwrap();
    let address = listener.local_address();
    let authenticator = Authenticator::new(Door::Otlp, Arc::clone(&rig.tokens), false);
    let door = OtlpHttp::new(Arc::clone(&rig.ingest), authenticator);
    let (stop, stopped) = stop_signal();
    tokio::spawn(listener.serve(move |peer| door.service(peer), stopped, Duration::ZERO));
    (address, stop)
}

/// Sends a request over TLS; `None` if the handshake or the connection fails.
async fn send(address: SocketAddr, client: &TlsConnector, body: Bytes) -> Option<StatusCode> {
    let stream = TcpStream::connect(address).await.unwrap();
    let stream = client.connect(ServerName::try_from("localhost").unwrap(), stream).await.ok()?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    let request = Request::post("/v1/logs").header("host", "localhost");
    let request =
        request.header("content-type", "application/x-protobuf").body(Full::new(body)).unwrap();
    Some(sender.send_request(request).await.ok()?.status())
}

/// A client that trusts the authority is served; one that does not is not.
#[tokio::test]
async fn requests_come_over_tls() {
    let (authority, other) = (Authority::new(), Authority::new());
    authority.install();
    let rig = Rig::new(Limits::default());
    let (address, _stop) = serve(&rig, authority.files(false, false)).await;
    let client = authority.client(None, &[b"http/1.1"]);
    assert_eq!(send(address, &client, logs(&["x"])).await, Some(StatusCode::OK));
    assert_eq!(send(address, &other.client(None, &[]), logs(&["x"])).await, None);
    assert_eq!(rig.frames().len(), 1);
}

/// A client certificate gives principal and host; a foreign or nameless one gives nothing; none
/// is an error only where one is required.
#[tokio::test]
async fn client_certificates_name_the_sender() {
    let (authority, other) = (Authority::new(), Authority::new());
    authority.install();
    let rig = Rig::new(Limits::default());
    let (address, _stop) = serve(&rig, authority.files(true, false)).await;
    let laptop = authority.sign("laptop-7", "laptop-7.example.org");
    let with = |pair| authority.client(Some(pair), &[]);
    assert_eq!(send(address, &with(&laptop), logs(&["one"])).await, Some(StatusCode::OK));
    assert_eq!(
        send(address, &authority.client(None, &[]), logs(&["two"])).await,
        Some(StatusCode::OK)
    );
    let nameless = authority.sign("no principal: (spaces)", "x.example.org");
    assert_eq!(
        send(address, &with(&nameless), logs(&["three"])).await,
        Some(StatusCode::UNAUTHORIZED)
    );
    let foreign = other.sign("laptop-7", "laptop-7.example.org");
    assert_eq!(send(address, &with(&foreign), logs(&["four"])).await, None);
    let metas: Vec<_> =
        rig.frames().iter().map(|frame| FrameMeta::decode(&frame.meta).unwrap()).collect();
    let names: Vec<_> = metas
        .iter()
        .map(|meta| (meta.principal.as_str(), meta.certificate_host.as_str()))
        .collect();
    assert_eq!(names, [("laptop-7", "laptop-7.example.org"), ("local", "")]);

    let (address, _stop) = serve(&rig, authority.files(true, true)).await;
    assert_eq!(send(address, &authority.client(None, &[]), logs(&["five"])).await, None);
    assert_eq!(send(address, &with(&laptop), logs(&["six"])).await, Some(StatusCode::OK));
}

/// A new pair is used without a restart; a broken one changes nothing.
#[tokio::test]
async fn certificates_are_read_again() {
    let authority = Authority::new();
    authority.install();
    let tls = ServerTls::load(authority.files(false, false), Versions::Any).unwrap();
    let first = tls.config();
    let later = |seconds| Instant::now() + Duration::from_secs(seconds);
    assert!(Arc::ptr_eq(&first, &tls.config_at(later(2))));
    fs::write(authority.dir.path().join("cert.pem"), "no certificate any more").unwrap();
    assert!(Arc::ptr_eq(&first, &tls.config_at(later(4))));
    authority.install();
    assert!(!Arc::ptr_eq(&first, &tls.config_at(later(6))));
}

/// What cannot be used is named by file, and no key shows in the error.
#[test]
fn faults_name_the_file() {
    let authority = Authority::new();
    authority.install();
    let path = |name: &str| authority.dir.path().join(name);
    let fault = |files: TlsFiles| ServerTls::load(files, Versions::Any).unwrap_err().to_string();
    let missing = fault(TlsFiles { key: path("none.pem"), ..authority.files(false, false) });
    assert!(missing.contains("none.pem") && missing.contains("private key"), "{missing}");
    let empty = fault(TlsFiles { certificate: path("key.pem"), ..authority.files(false, false) });
    assert!(empty.contains("key.pem") && empty.contains("certificate"), "{empty}");
    let pair = authority.sign("other", "localhost");
    fs::write(path("other-key.pem"), &pair.key).unwrap();
    let mismatch = fault(TlsFiles { key: path("other-key.pem"), ..authority.files(false, false) });
    assert!(mismatch.contains("other-key.pem"), "{mismatch}");
    let line = pair.key.lines().nth(1).unwrap();
    assert!(!mismatch.contains(line));
    assert!(Path::new(&path("ca.pem")).exists());
}

/// Each listener offers the versions it speaks.
#[test]
fn versions_are_offered() {
    let authority = Authority::new();
    authority.install();
    let alpn = |versions| {
        ServerTls::load(authority.files(false, false), versions)
            .unwrap()
            .config()
            .alpn_protocols
            .clone()
    };
    assert_eq!(alpn(Versions::Http2), [b"h2".to_vec()]);
    assert_eq!(alpn(Versions::Any), [b"h2".to_vec(), b"http/1.1".to_vec()]);
}
