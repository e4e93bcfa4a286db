//! A real Apache Kafka (`tests/real/kafka`), with TLS and every way to log in.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use seam_exporters::http::Secret;
use seam_exporters::kafka::{Options, Sasl, Tls};
use seam_tests::process::Running;
use seam_tests::skip::{quick, skip};
use tempfile::TempDir;

const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/real");
/// The user that the broker knows by every mechanism.
pub(crate) const USER: &str = "test";
/// Its password; it must be in no output.
pub(crate) const PASSWORD: &str = "test-secret";

/// Listeners beyond the plain one, and who may do what.
const PROPERTIES: &str = "\
auto.create.topics.enable=false
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_SSL,TLS:SSL
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_test=\"test-secret\";
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"admin\";
listener.name.sasl.ssl.client.auth=none
listener.name.sasl.ssl.keystore.type=PEM
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
";

/// A running broker; it is killed when dropped.
pub(crate) struct Broker {
    folder: TempDir,
    process: Option<Running>,
    /// Where each kind of client goes.
    pub(crate) plain: String,
    pub(crate) sasl: String,
    pub(crate) tls: String,
}

/// The files of a test's own authority.
struct Certificates {
    ca: PathBuf,
    server: PathBuf,
    client: PathBuf,
    client_key: PathBuf,
}

impl Certificates {
    fn at(folder: &Path) -> Self {
        let file = |name| folder.join(name);
        Self {
            ca: file("ca.pem"),
            server: file("server.pem"),
            client: file("client.pem"),
            client_key: file("client.key"),
        }
    }

    fn make(folder: &Path) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "seam test authority");
        let ca = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let leaf = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(names).unwrap();
            params.distinguished_name.push(DnType::CommonName, "seam");
            (params.signed_by(&key, &ca).unwrap().pem(), key.serialize_pem())
        };
        let (server, server_key) = leaf(&["127.0.0.1", "localhost"]);
        let (client, client_key) = leaf(&["client"]);
        let all = Self::at(folder);
        write(&all.ca, &ca.pem());
        write(&all.server, &format!("{server_key}{server}"));
        write(&all.client, &client);
        write(&all.client_key, &client_key);
        all
    }
}

fn write(path: &Path, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    std::fs::write(path, text).unwrap();
}

impl Broker {
    /// Starts one with nothing in it; `None` (said aloud) where it cannot be had. Without `open`
    /// only those of the plain listener may do anything.
    pub(crate) fn start(test: &str, open: bool) -> Option<Self> {
        if quick() {
            skip(test, "the short run starts no broker");
            return None;
        }
        if Command::new("mvn").arg("--version").output().is_err() {
            skip(test, "no broker without maven and java");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        Certificates::make(folder.path());
        let rights =
            if open { "allow.everyone.if.no.acl.found=true" } else { "super.users=User:ANONYMOUS" };
        write(&folder.path().join("rights"), rights);
        let mut broker = Self {
            folder,
            process: None,
            plain: String::new(),
            sasl: String::new(),
            tls: String::new(),
        };
        match broker.run() {
            Ok(()) => Some(broker),
            Err(reason) => {
                skip(test, &reason);
                None
            }
        }
    }

    /// Starts it on the folder it has, at the addresses it had.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        let folder = self.folder.path();
        let certificates = Certificates::at(folder);
        let server = certificates.server.display();
        let rights = std::fs::read_to_string(folder.join("rights")).unwrap();
        let properties =
            format!("{PROPERTIES}{rights}\nlistener.name.sasl.ssl.keystore.location={server}\n");
        let mut start = Command::new(format!("{REAL}/kafka/start"));
        start
            .arg(folder.join("kafka"))
            .env("KAFKA_PROPS", properties)
            .env("KAFKA_SASL", "scram")
            .env("KAFKA_TLS", "1")
            .env("KAFKA_TLS_SERVER_PEM", &certificates.server)
            .env("KAFKA_TLS_CA_PEM", &certificates.ca)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        cache(&mut start);
        let mut process = Running::start(&mut start).map_err(|error| error.to_string())?;
        let mut line = String::new();
        BufReader::new(process.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut words = line.trim().strip_prefix("ready kafka ").unwrap_or_default().split(' ');
        words.next().unwrap_or_default().clone_into(&mut self.plain);
        for word in words {
            match word.split_once('=') {
                Some(("sasl", address)) => address.clone_into(&mut self.sasl),
                Some(("tls", address)) => address.clone_into(&mut self.tls),
                _ => {}
            }
        }
        self.process = Some(process);
        if self.sasl.is_empty() || self.tls.is_empty() {
            let log = std::fs::read_to_string(folder.join("kafka/server.log")).unwrap_or_default();
            let tail = log.char_indices().rev().nth(2000).map_or(0, |(index, _)| index);
            return Err(format!("the broker did not start: {line} {}", &log[tail..]));
        }
        Ok(())
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Trusting this broker alone.
    pub(crate) fn trust(&self) -> Tls {
        Tls { ca_file: Some(Certificates::at(self.folder.path()).ca), ..Tls::default() }
    }

    /// The same, and proving who we are.
    pub(crate) fn identity(&self) -> Tls {
        let certificates = Certificates::at(self.folder.path());
        Tls {
            certificate_file: Some(certificates.client),
            key_file: Some(certificates.client_key),
            ..self.trust()
        }
    }

    /// A client with these credentials.
    pub(crate) fn with_credentials(&self, topic: &str, credentials: Sasl) -> Options {
        let mut options = Options::new(vec![self.sasl.clone()], topic);
        options.tls = Some(self.trust());
        options.sasl = Some(credentials);
        options
    }

    /// A client with the test's user.
    pub(crate) fn with_user(&self, topic: &str, password: &str) -> Options {
        let password = Secret::value(password);
        self.with_credentials(topic, Sasl::ScramSha256 { user: USER.to_owned(), password })
    }
}

/// Where downloads are kept.
fn cache(command: &mut Command) {
    if let Some(cache) = setting("TEST_SEAM_CACHE") {
        command.env("REAL_CACHE", Path::new(&cache).join("real"));
    }
}

pub(crate) fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "`./test` says where things are")]
    let value = std::env::var(name);
    value.ok()
}

/// An OpenTelemetry Collector that reads a topic into `events.json`.
pub(crate) struct Collector {
    folder: TempDir,
    _process: Running,
}

impl Collector {
    /// `None` (said aloud) where it cannot be had.
    pub(crate) fn start(test: &str, brokers: &str, topic: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut start = Command::new(format!("{REAL}/otelcol/start"));
        start
            .args(["kafka-read".as_ref(), folder.path().as_os_str()])
            .env("KAFKA_BROKERS", brokers)
            .env("KAFKA_TOPIC", topic)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        cache(&mut start);
        let mut process = Running::start(&mut start).ok()?;
        let mut line = String::new();
        BufReader::new(process.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if !line.starts_with("ready") {
            skip(test, "no collector could be built or started");
            return None;
        }
        Some(Self { folder, _process: process })
    }

    /// What it has written so far: one export request a line.
    pub(crate) fn events(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("events.json")).unwrap_or_default()
    }
}
