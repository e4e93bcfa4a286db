//! What the check says, and how a credential is repaired.

use std::net::SocketAddr;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use seam_exporters::http::Secret;
use seam_exporters::otlp::{Options, Otlp, Protocol};
use seam_exporters::{Checked, Destination as _, Outcome};
use tonic::Code;

use crate::events::logs;
use crate::server::{Play, Server};

const BOTH: [Protocol; 2] = [Protocol::Grpc, Protocol::Http];

async fn is_bad(options: Options, name: &str, words: &str) {
    let steps = Otlp::new(options).unwrap().check().await;
    let step = steps.last().unwrap();
    let Checked::Bad(text) = &step.result else { panic!("{steps:?}") };
    assert_eq!(step.name, name, "{steps:?}");
    assert!(text.contains(words), "{steps:?}");
    assert!(!format!("{steps:?}").contains("secret"), "{steps:?}");
}

/// The check names what is wrong: nobody there, a wrong token, a signal that is not taken.
#[tokio::test]
async fn what_is_wrong_is_named() {
    for protocol in BOTH {
        is_bad(Options::new("http://127.0.0.1:9", protocol), "reach", "refused").await;
        let no_name = Options::new("http://no-such-host.invalid:4317", protocol);
        is_bad(no_name, "reach", "resolved").await;

        let server = Server::start().await;
        server.authorize("Bearer secret-right");
        let mut options = Options::new(&server.url(), protocol);
        is_bad(options.clone(), "credentials", "").await;
        options.headers = vec![("authorization".to_owned(), Secret::value("Bearer secret-wrong"))];
        is_bad(options.clone(), "credentials", "").await;
        options.headers = vec![("authorization".to_owned(), Secret::value("Bearer secret-right"))];
        let steps = Otlp::new(options.clone()).unwrap().check().await;
        let bad = steps.iter().filter(|step| matches!(step.result, Checked::Bad(_)));
        assert_eq!(bad.count(), 0, "{steps:?}");
        assert_eq!(server.taken()["canary"], 1);

        let absent = match protocol {
            Protocol::Grpc => Play::Grpc(Code::Unimplemented, None),
            Protocol::Http => Play::Http(404, None),
        };
        server.play([absent]);
        is_bad(options, "logs", "takes no logs").await;
    }
}

/// A certificate that is not trusted holds, and is named; with its authority it is taken.
#[tokio::test]
async fn a_stranger_is_not_trusted() {
    for protocol in BOTH {
        let server = Server::start().await;
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("ca.pem");
        let address = tls_in_front_of(server.address, &authority).await;
        let url = format!("https://localhost:{}", address.port());
        let mut options = Options::new(&url, protocol);
        is_bad(options.clone(), "tls", "not trusted").await;
        let outcomes = Otlp::new(options.clone()).unwrap().send(&logs(0..2)).await;
        assert!(outcomes.iter().all(|one| matches!(one, Outcome::Hold { .. })), "{outcomes:?}");
        options.server.ca_file = Some(authority);
        let outcomes = Otlp::new(options).unwrap().send(&logs(0..2)).await;
        assert!(outcomes.iter().all(|one| *one == Outcome::Delivered), "{outcomes:?}");
    }
}

/// Guarantees: an authority that is put right in its file is taken at the next probe, without a
/// restart.
#[tokio::test]
async fn certificates_are_read_again() {
    for protocol in BOTH {
        let server = Server::start().await;
        let folder = tempfile::tempdir().unwrap();
        let (right, file) = (folder.path().join("right.pem"), folder.path().join("ca.pem"));
        let address = tls_in_front_of(server.address, &right).await;
        // The certificate of another server.
        tls_in_front_of(server.address, &file).await;
        let url = format!("https://localhost:{}", address.port());
        let mut options = Options::new(&url, protocol);
        options.server.ca_file = Some(file.clone());
        let otlp = Otlp::new(options).unwrap();
        let outcomes = otlp.send(&logs(0..2)).await;
        assert!(outcomes.iter().all(|one| matches!(one, Outcome::Hold { .. })), "{outcomes:?}");
        assert!(otlp.probe().await.is_err());
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        std::fs::rename(right, file).unwrap();
        otlp.probe().await.unwrap();
        let outcomes = otlp.send(&logs(0..2)).await;
        assert!(outcomes.iter().all(|one| *one == Outcome::Delivered), "{outcomes:?}");
    }
}

/// A TLS door before a plain server, for `localhost`; its authority is written to a file.
async fn tls_in_front_of(server: SocketAddr, authority: &std::path::Path) -> SocketAddr {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    std::fs::write(authority, cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut outside) = acceptor.accept(socket).await else { return };
                let mut inside = tokio::net::TcpStream::connect(server).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
            });
        }
    });
    address
}

/// Guarantees: a wrong token holds, and a file that is put right is taken without a restart.
#[tokio::test]
async fn a_token_is_repaired_in_its_file() {
    for protocol in BOTH {
        let server = Server::start().await;
        server.authorize("Bearer right");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write("Bearer wrong");
        let mut options = Options::new(&server.url(), protocol);
        options.headers = vec![("authorization".to_owned(), Secret::file(&file))];
        let otlp = Otlp::new(options).unwrap();
        let outcomes = otlp.send(&logs(0..3)).await;
        assert!(outcomes.iter().all(|one| matches!(one, Outcome::Hold { .. })), "{outcomes:?}");
        assert!(otlp.probe().await.is_err());
        write("Bearer right");
        otlp.probe().await.unwrap();
        let outcomes = otlp.send(&logs(0..3)).await;
        assert!(outcomes.iter().all(|one| *one == Outcome::Delivered), "{outcomes:?}");
    }
}
