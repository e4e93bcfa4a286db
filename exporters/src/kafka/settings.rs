//! From options to settings of librdkafka.
//!
//! Names and defaults: librdkafka 2.12, CONFIGURATION.md.

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::options::{Compression, Options, Sasl};
use crate::http::SecretError;

/// Why options cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// Nothing to go to.
    #[error("cannot send to kafka without {0}; name it")]
    Missing(&'static str),
    /// A setting that Seam makes itself, or that would break what it promises.
    #[error("cannot set `{key}` of librdkafka: {why}")]
    Denied {
        /// The setting.
        key: String,
        /// Why not.
        why: &'static str,
    },
    /// A setting that does not exist.
    #[error(
        "cannot set `{key}` of librdkafka: there is no such setting in this build; look at its name"
    )]
    Unknown {
        /// The setting.
        key: String,
    },
    /// A value that it does not take.
    #[error("cannot set `{key}` of librdkafka: it does not take that value")]
    Value {
        /// The setting.
        key: String,
    },
    /// Half a client certificate.
    #[error(
        "cannot use a certificate without its key, or a key without its certificate; name both"
    )]
    HalfIdentity,
    /// A password would go over the wire as it is.
    #[error("cannot send a password or a token over a plain connection; configure tls")]
    PlainSecret,
    /// Messages would be too small for a reference.
    #[error("cannot keep to messages of {0} bytes; allow at least {MESSAGE_BYTES_MIN}")]
    MessageBytes(usize),
    /// The secret is not there.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// A reference to a document that is too large has to fit, with its headers.
const MESSAGE_BYTES_MIN: usize = 16 * 1024;

/// What is set whatever the options say.
const ALWAYS: &[(&str, &str)] = &[
    // All replicas in sync have it, each message once per producer, in order.
    ("enable.idempotence", "true"),
    // A refused message ends the producer before a later one of its partition is written.
    ("enable.gapless.guarantee", "true"),
    // Messages do not time out one by one, which would leave holes: see `attempt`.
    ("message.timeout.ms", "0"),
    // The same partition for a key as Java's producers choose.
    ("partitioner", "murmur2_random"),
    // The log of Seam is the buffer; this one holds a batch.
    ("queue.buffering.max.messages", "20000"),
    ("queue.buffering.max.kbytes", "65536"),
];

/// What is set unless the options say otherwise.
const DEFAULTS: &[(&str, &str)] = &[
    // A firewall that forgets an idle connection would cost the first batch its stall.
    ("socket.keepalive.enable", "true"),
    // A broker that moved is found again.
    ("broker.address.ttl", "1000"),
    // A name with a slip in it must not become a topic of one partition: topics come by the setup.
    ("allow.auto.create.topics", "false"),
];

/// Settings that are not passed on, by the beginning of their names, with the reason.
const DENIED: &[(&str, &str)] = &[
    ("enable.idempotence", DELIVERY),
    ("enable.gapless.guarantee", DELIVERY),
    ("acks", DELIVERY),
    ("request.required.acks", DELIVERY),
    ("max.in.flight", DELIVERY),
    ("retries", DELIVERY),
    ("message.send.max.retries", DELIVERY),
    ("message.timeout.ms", DELIVERY),
    ("delivery.timeout.ms", DELIVERY),
    ("delivery.report.only.error", DELIVERY),
    ("transactional.id", DELIVERY),
    ("transaction.timeout.ms", DELIVERY),
    ("queuing.strategy", DELIVERY),
    ("partitioner", "seam keeps a session in one partition"),
    ("queue.buffering.max.ms", OPTION),
    ("queue.buffering.max", "seam holds what waits in its tables"),
    ("queue.buffering.backpressure", "seam holds what waits in its tables"),
    ("bootstrap.servers", OPTION),
    ("metadata.broker.list", OPTION),
    ("client.id", OPTION),
    ("security.protocol", OPTION),
    ("compression.type", OPTION),
    ("compression.codec", OPTION),
    ("linger.ms", OPTION),
    ("message.max.bytes", OPTION),
    ("sasl.mechanism", OPTION),
    ("sasl.username", OPTION),
    ("sasl.password", OPTION),
    ("sasl.oauthbearer", OPTION),
    ("enable.sasl.oauthbearer.unsecure.jwt", TRUST),
    ("ssl.ca", OPTION),
    ("ssl.certificate", OPTION),
    ("ssl.key", OPTION),
    ("ssl_", OPTION),
    ("enable.ssl.certificate.verification", TRUST),
    ("ssl.endpoint.identification.algorithm", TRUST),
    ("ssl.engine", CODE),
    ("ssl.providers", CODE),
    ("plugin.", CODE),
    ("interceptors", CODE),
    ("enabled_events", CODE),
    ("log.queue", CODE),
    ("internal.termination.signal", CODE),
    ("debug", "what it prints is not fit for a log"),
    ("test.mock", "it would send to nobody"),
];

const DELIVERY: &str = "it decides whether something is lost, doubled or out of order";
const OPTION: &str = "there is an option for it";
const TRUST: &str = "a server must prove who it is";
const CODE: &str = "it would run code of others in this process";

/// All settings of a producer. With `alone` each message has a request of its own, and one that is
/// refused does not end the producer.
pub(super) fn producer(options: &Options, alone: bool) -> Result<ClientConfig, OptionsError> {
    let mut config = connection(options)?;
    for (key, value) in ALWAYS {
        config.set(*key, *value);
    }
    config
        .set("compression.type", compression(options.compression))
        .set("linger.ms", options.linger.as_millis().to_string())
        .set("message.max.bytes", options.message_bytes.to_string());
    if alone {
        config.set("batch.num.messages", "1").set("linger.ms", "0");
        config.set("enable.gapless.guarantee", "false");
    }
    Ok(config)
}

/// The settings of anything that connects: addresses, TLS, credentials, and those passed on.
pub(super) fn connection(options: &Options) -> Result<ClientConfig, OptionsError> {
    if options.brokers.iter().all(|broker| broker.trim().is_empty()) {
        return Err(OptionsError::Missing("a broker"));
    }
    if options.topic.is_empty() {
        return Err(OptionsError::Missing("a topic"));
    }
    if options.message_bytes < MESSAGE_BYTES_MIN {
        return Err(OptionsError::MessageBytes(options.message_bytes));
    }
    let mut config = ClientConfig::new();
    config.set_log_level(RDKafkaLogLevel::Warning);
    for (key, value) in DEFAULTS {
        config.set(*key, *value);
    }
    for (key, value) in &options.settings {
        if let Some((_, why)) = DENIED.iter().find(|(start, _)| key.starts_with(start)) {
            return Err(OptionsError::Denied { key: key.clone(), why });
        }
        config.set(key, value);
    }
    config
        .set("bootstrap.servers", options.brokers.join(","))
        .set("client.id", &options.source)
        .set("security.protocol", protocol(options));
    tls(options, &mut config)?;
    sasl(options, &mut config)?;
    check(&config)?;
    Ok(config)
}

fn protocol(options: &Options) -> &'static str {
    match (&options.tls, &options.sasl) {
        (None, None) => "plaintext",
        (Some(_), None) => "ssl",
        (None, Some(_)) => "sasl_plaintext",
        (Some(_), Some(_)) => "sasl_ssl",
    }
}

fn tls(options: &Options, config: &mut ClientConfig) -> Result<(), OptionsError> {
    let Some(tls) = &options.tls else { return Ok(()) };
    match &tls.ca_file {
        Some(path) => config.set("ssl.ca.location", path.to_string_lossy()),
        // The usual places of the system's own authorities.
        None => config.set("ssl.ca.location", "probe"),
    };
    match (&tls.certificate_file, &tls.key_file) {
        (None, None) => {}
        (Some(certificate), Some(key)) => {
            config
                .set("ssl.certificate.location", certificate.to_string_lossy())
                .set("ssl.key.location", key.to_string_lossy());
        }
        _ => return Err(OptionsError::HalfIdentity),
    }
    if let Some(password) = &tls.key_password {
        config.set("ssl.key.password", &*password.read()?);
    }
    Ok(())
}

fn sasl(options: &Options, config: &mut ClientConfig) -> Result<(), OptionsError> {
    let Some(sasl) = &options.sasl else { return Ok(()) };
    let (mechanism, user) = match sasl {
        Sasl::Plain { user, password } => ("PLAIN", Some((user, password))),
        Sasl::ScramSha256 { user, password } => ("SCRAM-SHA-256", Some((user, password))),
        Sasl::ScramSha512 { user, password } => ("SCRAM-SHA-512", Some((user, password))),
        Sasl::OAuthBearer(_) => ("OAUTHBEARER", None),
    };
    if options.tls.is_none() && matches!(sasl, Sasl::Plain { .. } | Sasl::OAuthBearer(_)) {
        return Err(OptionsError::PlainSecret);
    }
    config.set("sasl.mechanism", mechanism);
    if let Some((user, password)) = user {
        config.set("sasl.username", user).set("sasl.password", &*password.read()?);
    }
    Ok(())
}

const fn compression(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "none",
        Compression::Zstd => "zstd",
        Compression::Lz4 => "lz4",
        Compression::Gzip => "gzip",
        Compression::Snappy => "snappy",
    }
}

/// Asks librdkafka about every setting. What it says holds the value, so it is not told.
fn check(config: &ClientConfig) -> Result<(), OptionsError> {
    match config.create_native_config() {
        Ok(_) => Ok(()),
        Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, _, key, _)) => {
            Err(OptionsError::Unknown { key })
        }
        Err(KafkaError::ClientConfig(_, _, key, _)) => Err(OptionsError::Value { key }),
        Err(_) => Err(OptionsError::Value { key: "?".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::http::Secret;
    use crate::kafka::{Kafka, Oidc, Tls};

    fn options() -> Options {
        Options::new(vec!["127.0.0.1:9092".to_owned()], "t")
    }

    fn with(key: &str, value: &str) -> Result<Kafka, OptionsError> {
        let mut options = options();
        options.settings.insert(key.to_owned(), value.to_owned());
        Kafka::new(options)
    }

    /// What the guarantees stand on is set, and librdkafka knows every name.
    #[test]
    fn the_producer_is_idempotent() {
        let config = producer(&options(), false).unwrap();
        for (key, value) in ALWAYS {
            assert_eq!(config.get(key), Some(*value));
        }
        assert_eq!(config.get("compression.type"), Some("zstd"));
        check(&config).unwrap();
        check(&producer(&options(), true).unwrap()).unwrap();
    }

    /// Guarantees: no setting that is passed on changes what is promised.
    #[test]
    fn what_would_break_a_promise_is_refused() {
        for key in [
            "acks",
            "enable.idempotence",
            "request.required.acks",
            "max.in.flight.requests.per.connection",
            "retries",
            "message.timeout.ms",
            "delivery.timeout.ms",
            "queuing.strategy",
            "partitioner",
            "enable.ssl.certificate.verification",
            "ssl.endpoint.identification.algorithm",
            "plugin.any",
            "sasl.password",
            "ssl.key.password",
            "queue.buffering.max.ms",
            "test.mock.num.brokers",
        ] {
            let error = with(key, "1").unwrap_err();
            assert!(matches!(error, OptionsError::Denied { .. }), "{key}: {error}");
        }
    }

    /// A slip in a name is an error, and so is a value; neither is printed.
    #[test]
    fn unknown_settings_are_errors() {
        let error = with("socket.nagle", "hush").unwrap_err();
        assert!(matches!(error, OptionsError::Unknown { .. }), "{error}");
        let error = with("socket.timeout.ms", "hush").unwrap_err();
        assert!(matches!(error, OptionsError::Value { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hush"));
        with("socket.timeout.ms", "30000").unwrap();
        with("compression.level", "3").unwrap();
    }

    /// Each way to log in is known to this build of librdkafka, and passwords are not shown.
    #[test]
    fn credentials_are_set_and_not_shown() {
        let user = || ("u".to_owned(), Secret::value("hush"));
        let all = [
            ("PLAIN", Sasl::Plain { user: user().0, password: user().1 }),
            ("SCRAM-SHA-256", Sasl::ScramSha256 { user: user().0, password: user().1 }),
            ("SCRAM-SHA-512", Sasl::ScramSha512 { user: user().0, password: user().1 }),
            (
                "OAUTHBEARER",
                Sasl::OAuthBearer(Oidc {
                    token_url: "https://127.0.0.1/token".to_owned(),
                    client_id: "u".to_owned(),
                    client_secret: Secret::value("hush"),
                    scope: None,
                    ca_file: None,
                }),
            ),
        ];
        for (mechanism, sasl) in all {
            let mut options = options();
            options.sasl = Some(sasl);
            let plain = Kafka::new(options.clone());
            assert_eq!(plain.is_ok(), mechanism.starts_with("SCRAM"), "{mechanism}");
            options.tls = Some(Tls::default());
            let config = producer(&options, false).unwrap();
            assert_eq!(config.get("sasl.mechanism"), Some(mechanism));
            assert_eq!(config.get("security.protocol"), Some("sasl_ssl"));
            let kafka = Kafka::new(options).unwrap();
            assert!(!format!("{kafka:?}").contains("hush"));
        }
    }
}
