//! OAUTHBEARER: tokens from a provider of the tests' own. The real broker takes unsigned tokens
//! (its validator for development), so what is tried is everything but a signature.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use seam_exporters::http::Secret;
use seam_exporters::kafka::{Kafka, NewTopics, Oidc, Options, Sasl};
use seam_exporters::{Checked, Destination as _, Outcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::broker::Broker;
use crate::records::records;

const TOPIC: &str = "seam.tokens";

/// An OpenID provider: gives tokens for one client.
struct Provider {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                // The body is short and ends the request.
                while !String::from_utf8_lossy(&request).contains("grant_type=client_credentials") {
                    let mut part = [0; 4096];
                    let read = socket.read(&mut part).await.unwrap();
                    assert_ne!(read, 0, "the request ended early");
                    request.extend_from_slice(&part[..read]);
                }
                let request = String::from_utf8(request).unwrap();
                let right = STANDARD.encode("client:hush");
                let answer = if request.contains(&format!("Basic {right}")) {
                    let body = format!(r#"{{"access_token":"{}","expires_in":600}}"#, token());
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                } else {
                    "HTTP/1.1 401 Unauthorized\r\ncontent-length: 4\r\n\r\nhush".to_owned()
                };
                heard.lock().unwrap().push(request);
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, asked }
    }

    fn credentials(&self, secret: &str) -> Sasl {
        Sasl::OAuthBearer(Oidc {
            token_url: self.url.clone(),
            client_id: "client".to_owned(),
            client_secret: Secret::value(secret),
            scope: Some("kafka write".to_owned()),
            ca_file: None,
        })
    }
}

/// An unsigned token (RFC 7519 §6).
fn token() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = format!(r#"{{"sub":"client","iat":{now},"exp":{}}}"#, now + 600);
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims))
}

/// Guarantees: a token of the provider lets records in; a client that the provider refuses holds
/// at once, and its secret is in no output.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_and_taken() {
    let Some(broker) = Broker::start("a_token_is_asked_for_and_taken", true) else { return };
    let provider = Provider::start().await;
    let mut plain = Options::new(vec![broker.plain.clone()], TOPIC);
    let settings = std::collections::BTreeMap::new();
    plain.create = Some(NewTopics { partitions: 2, replication: 1, settings });
    Kafka::new(plain).unwrap().set_up(false).await;

    let right = broker.with_credentials(TOPIC, provider.credentials("hush"));
    let kafka = Kafka::new(right).unwrap();
    let outcomes = kafka.send(&records(0..100, 3)).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Delivered), "{outcomes:?}");
    let steps = kafka.check().await;
    assert!(matches!(steps.last().unwrap().result, Checked::Good(_)), "{steps:?}");
    let asked = provider.asked.lock().unwrap().join("\n");
    assert!(asked.contains("scope=kafka+write"), "{asked}");

    let mut wrong = broker.with_credentials(TOPIC, provider.credentials("other"));
    wrong.stall = Duration::from_secs(20);
    let outcomes = Kafka::new(wrong.clone()).unwrap().send(&records(0..3, 1)).await;
    assert!(outcomes.iter().all(|one| matches!(one, Outcome::Hold { .. })), "{outcomes:?}");
    let steps = Kafka::new(wrong).unwrap().check().await;
    let last = steps.last().unwrap();
    assert_eq!(last.name, "credentials", "{steps:?}");
    assert!(format!("{last:?}").contains("the token endpoint answered 401"), "{steps:?}");
    assert!(!format!("{outcomes:?}{steps:?}").contains("hush"));
}
