//! TLS on every listener, and clients known by their certificates.

use std::path::PathBuf;

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use seam_tests::captures;
use seam_tests::server::{Folder, Options, Server};

/// An authority, a server certificate and a client certificate, as PEM files.
struct Pki {
    ca: PathBuf,
    server: (PathBuf, PathBuf),
    client: String,
}

fn pki(folder: &Folder) -> anyhow::Result<Pki> {
    let write = |name: &str, text: &str| -> anyhow::Result<PathBuf> {
        let path = folder.path().join(name);
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let ca_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&ca_key)?;
    let issuer = Issuer::new(params, ca_key);
    let server_key = KeyPair::generate()?;
    let server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?
        .signed_by(&server_key, &issuer)?;
    let client_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["build-7.example.org".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "build-7");
    let client = params.signed_by(&client_key, &issuer)?;
    Ok(Pki {
        ca: write("ca.pem", &ca.pem())?,
        server: (
            write("server.pem", &server.pem())?,
            write("server.key", &server_key.serialize_pem())?,
        ),
        client: format!("{}{}", client.pem(), client_key.serialize_pem()),
    })
}

fn options(pki: &Pki) -> Options {
    let (cert, key) = &pki.server;
    Options {
        config: format!(
            "[tls]
cert = '{}'
key = '{}'
client_ca = '{}'
",
            cert.display(),
            key.display(),
            pki.ca.display()
        ),
        ..Options::default()
    }
}

/// Guarantees: with a certificate in the configuration all three doors speak TLS, and nothing else.
#[test]
fn every_listener_speaks_tls() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let pki = pki(&folder)?;
    let server = Server::start_with(folder, &options(&pki))?;
    let ca = pki.ca.to_str().context("a path")?;
    let capture = captures::folder().join("codex1");
    let capture = capture.to_str().context("a path")?;
    let https = |address: std::net::SocketAddr| format!("https://localhost:{}", address.port());
    server.seam_ok(&["send", capture, "--to", &https(server.grpc_addr()), "--ca", ca])?;
    server.seam_ok(&[
        "send",
        capture,
        "--protocol",
        "http",
        "--to",
        &https(server.http_addr()),
        "--ca",
        ca,
    ])?;
    let rows = server.seam_ok(&[
        "sql",
        "select count(*) as n from events",
        "--output",
        "ndjson",
        "--server",
        &https(server.api_addr()),
        "--ca",
        ca,
    ])?;
    assert_ne!(rows, "{\"n\":0}\n");
    let plain = server.seam(&[
        "send",
        capture,
        "--protocol",
        "http",
        "--to",
        &server.http_addr().to_string(),
    ])?;
    assert!(!plain.status.success(), "plain text must not be answered");
    Ok(())
}

/// Guarantees: a client certificate is an identity: its name is the principal, its host the host.
#[test]
fn client_certificates_are_identities() -> anyhow::Result<()> {
    let folder = Folder::fresh()?;
    let pki = pki(&folder)?;
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&pki.ca)?)?;
    let server = Server::start_with(folder, &options(&pki))?;
    let client = reqwest::Client::builder()
        .tls_certs_only([ca])
        .identity(reqwest::Identity::from_pem(pki.client.as_bytes())?)
        .build()?;
    let url = format!("https://localhost:{}/v1/logs", server.http_addr().port());
    let body = seam_tests::raw::one_record(
        "1",
        opentelemetry_proto::tonic::logs::v1::LogRecord::default(),
    );
    let request = client.post(url).header("content-type", "application/x-protobuf").body(body);
    let status = tokio::runtime::Runtime::new()?.block_on(request.send())?.status();
    assert!(status.is_success(), "{status}");
    let ca = pki.ca.to_str().context("a path")?;
    let rows = server.seam_ok(&[
        "sql",
        "select principal, host, host_source from events",
        "--output",
        "json",
        "--server",
        &format!("https://localhost:{}", server.api_addr().port()),
        "--ca",
        ca,
    ])?;
    let rows: serde_json::Value = serde_json::from_str(&rows)?;
    let expected = serde_json::json!([{
        "principal": "build-7", "host": "build-7.example.org", "host_source": "certificate"
    }]);
    assert_eq!(rows, expected);
    Ok(())
}
