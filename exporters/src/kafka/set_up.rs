//! Makes the topics, where that is asked for.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::types::RDKafkaErrorCode;

use super::check::{bad, good, skipped, topics};
use super::look::{self, PATIENCE};
use super::options::{NewTopics, Options, Sasl};
use super::producer::started;
use super::{class, context, settings};
use crate::destination::Step;

/// One step for each topic; none after one that is bad.
pub(super) async fn run(options: &Options, dry: bool) -> Vec<Step> {
    let producer = match look::producer(options) {
        Ok(producer) => producer,
        Err(blind) => return vec![bad("settings", blind.to_string())],
    };
    let mut steps = Vec::new();
    for topic in topics(options) {
        let step = match look::at(&producer, topic).await {
            Err(blind) => bad("reach", blind.to_string()),
            Ok(seen) => match seen.topic {
                Ok(found) => {
                    good("topic", format!("{topic} is there: {} partitions", found.partitions))
                }
                Err(RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition) => {
                    missing(options, topic, dry).await
                }
                Err(code) => bad("topic", format!("{topic}: {}", class::told(code))),
            },
        };
        let is_bad = matches!(step.result, crate::destination::Checked::Bad(_));
        steps.push(step);
        if is_bad {
            break;
        }
    }
    producer.end(Duration::ZERO).await;
    steps
}

async fn missing(options: &Options, topic: &str, dry: bool) -> Step {
    let Some(create) = &options.create else {
        return bad("topic", format!("there is no topic {topic}; make it, or set `create`"));
    };
    let what = format!(
        "{topic} with {} partitions and {} replicas",
        create.partitions, create.replication
    );
    if dry {
        return good("topic", format!("would make {what}"));
    }
    if matches!(options.sasl, Some(Sasl::OAuthBearer(_))) {
        // The library's client for this never asks for a token.
        return skipped("topic", &format!("cannot make a topic with a token; make {what}"));
    }
    match make(options, create, topic).await {
        Ok(()) => good("topic", format!("made {what}")),
        Err(reason) => bad("topic", format!("cannot make {what}: {reason}")),
    }
}

async fn make(options: &Options, create: &NewTopics, topic: &str) -> Result<(), String> {
    let config = settings::connection(options).map_err(|error| error.to_string())?;
    let client = AdminClient::from_config_and_context(&config, context(options)?)
        .map_err(|error| started(&error))?;
    let mut new =
        NewTopic::new(topic, create.partitions, TopicReplication::Fixed(create.replication));
    for (key, value) in &create.settings {
        new = new.set(key, value);
    }
    let how = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    let made = client.create_topics(&[new], &how).await.map_err(|error| error.to_string())?;
    match made.into_iter().next() {
        // Somebody else was faster.
        Some(Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(()),
        Some(Err((_, RDKafkaErrorCode::TopicAuthorizationFailed))) => {
            Err("this user needs CREATE on the cluster or the topic".to_owned())
        }
        Some(Err((_, code))) => Err(class::told(code)),
        None => Err("the cluster said nothing of it".to_owned()),
    }
}
