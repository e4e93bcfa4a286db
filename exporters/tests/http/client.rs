//! What holds for every destination over HTTP: TLS, limits of an answer, waits with an end.

use std::net::SocketAddr;
use std::time::Duration;

use seam_exporters::http::{self, OptionsError, Secret};
use seam_exporters::splunk::{Options, Splunk};
use seam_exporters::{Destination as _, Outcome};
use seam_tests::mocks::hec::{Hec, Mode, TOKEN};
use seam_tests::mocks::peer::{Peer, Reply};

use crate::drive::{assert_clean, one};
use crate::pki::Pki;
use crate::splunk::options;

async fn tls_peer(pki: &Pki, name: &str, mutual: bool) -> (Hec, Peer, Options) {
    let hec = Hec::new(Mode::Splunkd, true);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let peer = Peer::start_at(any, hec.handler(), Some(pki.acceptor(name, mutual))).await;
    let mut options = options(&peer);
    options.http.url = format!("https://{}", peer.address);
    (hec, peer, options)
}

fn held(outcome: &Outcome, part: &str) {
    let Outcome::Hold { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.starts_with("tls: ") && reason.contains(part), "{reason}");
}

/// Guarantees: a certificate is taken from a named authority and from no other, for its name and for
/// no other; anything else holds and says what is wrong.
#[tokio::test]
async fn certificates_are_checked() {
    let pki = Pki::new();
    let (_hec, _peer, mut options) = tls_peer(&pki, "127.0.0.1", false).await;
    held(&one(&Splunk::new(options.clone()).unwrap()).await, "authority");
    options.http.ca_file = Some(pki.ca_file());
    assert_eq!(one(&Splunk::new(options).unwrap()).await, Outcome::Delivered);
    let (_hec, _peer, mut options) = tls_peer(&pki, "other.example.org", false).await;
    options.http.ca_file = Some(pki.ca_file());
    held(&one(&Splunk::new(options).unwrap()).await, "another name");
    // A server that does not speak TLS where it is expected.
    let peer = Peer::start(Hec::new(Mode::Splunkd, true).handler()).await;
    let mut options = crate::splunk::options(&peer);
    options.http.url = format!("https://{}", peer.address);
    held(&one(&Splunk::new(options).unwrap()).await, "does not speak TLS");
}

/// Guarantees: a client proves who it is by its certificate, without one the destination is held,
/// and a certificate that was replaced is used after a probe, without a restart.
#[tokio::test]
async fn clients_have_certificates() {
    let pki = Pki::new();
    let (_hec, _peer, mut options) = tls_peer(&pki, "127.0.0.1", true).await;
    options.http.ca_file = Some(pki.ca_file());
    held(&one(&Splunk::new(options.clone()).unwrap()).await, "client certificate");
    let (certificate, key) = pki.client();
    options.http.certificate_file = Some(certificate);
    assert!(matches!(Splunk::new(options.clone()).unwrap_err(), OptionsError::HalfIdentity));
    options.http.key_file = Some(key);
    let splunk = Splunk::new(options.clone()).unwrap();
    assert_eq!(one(&splunk).await, Outcome::Delivered);
    options.http.ca_file = Some(pki.file("other.pem", "nothing"));
    let error = Splunk::new(options).unwrap_err();
    assert!(error.to_string().contains("other.pem"), "{error}");
    // Other files under the same names: the next probe reads them, and finds the client refused.
    pki.stranger();
    assert!(splunk.probe().await.is_err());
    held(&one(&splunk).await, "client certificate");
    pki.client();
    assert!(splunk.probe().await.is_ok());
}

/// Guarantees: an answer without end is not read to its end, and one that is too slow is given up.
#[tokio::test]
async fn answers_have_limits() {
    let endless = Peer::start(std::sync::Arc::new(|_| Reply::json(200, "x".repeat(3 << 20)))).await;
    let outcome = one(&Splunk::new(options(&endless)).unwrap()).await;
    assert!(matches!(outcome, Outcome::Ambiguous { .. }), "{outcome:?}");
    let silent = Peer::start(std::sync::Arc::new(|_| Reply::Stall)).await;
    let mut options = options(&silent);
    options.http.request_timeout = Duration::from_millis(100);
    let outcome = one(&Splunk::new(options).unwrap()).await;
    assert_eq!(outcome, Outcome::Ambiguous { reason: "no answer in time".to_owned() });
}

/// Guarantees: a login page behind a redirect, or in place of an answer, holds.
#[tokio::test]
async fn login_pages_hold() {
    let redirect = Peer::start(std::sync::Arc::new(|call| {
        assert_ne!(call.path, "/login", "the redirect was followed");
        Reply::json(302, "").with("location", "/login")
    }))
    .await;
    assert!(matches!(one(&Splunk::new(options(&redirect)).unwrap()).await, Outcome::Hold { .. }));
    let page = Peer::start(std::sync::Arc::new(|_| Reply::Answer {
        status: 200,
        headers: vec![("content-type", "text/html".to_owned())],
        body: "hush".to_owned(),
    }))
    .await;
    assert!(matches!(one(&Splunk::new(options(&page)).unwrap()).await, Outcome::Hold { .. }));
}

/// Guarantees: a proxy is used where one is named, and asked to find the host.
#[tokio::test]
async fn a_proxy_is_used() {
    let proxy = Peer::start(Hec::new(Mode::Splunkd, true).handler()).await;
    let mut options = options(&proxy);
    options.http.url = "http://splunk.invalid:8088".to_owned();
    options.http.proxy = Some(proxy.url());
    assert_eq!(one(&Splunk::new(options.clone()).unwrap()).await, Outcome::Delivered);
    options.http.proxy = None;
    let outcome = one(&Splunk::new(options).unwrap()).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}

/// Guarantees: addresses that cannot be meant are refused, and no form of the options shows a secret.
#[test]
fn options_are_checked() {
    for url in ["", "splunk", "ftp://h", "https://user:hush@h", "https://h/?token=hush", "https://"]
    {
        let made = Splunk::new(Options::new(http::Options::new(url), Secret::value(TOKEN)));
        assert_clean(&made.unwrap_err().to_string());
    }
    let options = Options::new(http::Options::new("https://h/prefix"), Secret::value(TOKEN));
    assert_clean(&format!("{options:?}"));
    assert_clean(&format!("{:?}", Splunk::new(options).unwrap()));
}
