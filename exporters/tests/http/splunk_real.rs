//! Splunk against an event collector that is not ours: the OpenTelemetry Collector's receiver.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seam_exporters::http::{self, Secret};
use seam_exporters::splunk::{Acknowledgement, Options, Splunk};
use seam_exporters::{Checked, Destination as _, Outcome};
use seam_tests::mocks::hec::TOKEN;
use seam_tests::real::Real;
use serde_json::Value;

use crate::drive::{drive, one, records};
use crate::splunk_check::last_bad;

const EVENTS: usize = 20_000;

fn splunk(real: &Real, acknowledgement: Acknowledgement) -> Options {
    let mut options = Options::new(http::Options::new(&real.url()), Secret::value(TOKEN));
    options.acknowledgement = acknowledgement;
    options.poll_every = Duration::from_millis(20);
    options.acknowledged_within = Duration::from_secs(5);
    options
}

/// How often each event is in the collector's file.
fn counts(real: &Real) -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(real.folder().join("events.json")).unwrap();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        for resource in request["resourceLogs"].as_array().into_iter().flatten() {
            for record in resource["scopeLogs"]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|scope| scope["logRecords"].as_array().into_iter().flatten())
            {
                let id = record["attributes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|attribute| attribute["key"] == "event_id");
                let id = id.unwrap()["value"]["stringValue"].as_str().unwrap();
                *counts.entry(id.to_owned()).or_default() += 1;
            }
        }
    }
    counts
}

/// Guarantees: an independent event collector gets every event once, acknowledged and not, and after
/// it is killed and started again nothing that was acknowledged is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_collector_gets_everything() {
    let Some(mut real) = Real::start("splunk_real", "otelcol", &["hec-server"], &["go"]).unwrap()
    else {
        return;
    };
    let acknowledged = Splunk::new(splunk(&real, Acknowledgement::Required)).unwrap();
    let driven = drive(&acknowledged, records(EVENTS), |_| ()).await;
    assert_eq!((driven.delivered.len(), driven.ambiguous), (EVENTS, 0));
    assert!(counts(&real).len() == EVENTS && counts(&real).values().all(|count| *count == 1));

    real.kill();
    real.run().unwrap();
    let all = records(EVENTS + 500);
    let driven = drive(&acknowledged, all[EVENTS..].to_vec(), |_| ()).await;
    assert_eq!(driven.delivered.len(), 500);
    let delivered: BTreeSet<String> = counts(&real).into_keys().collect();
    assert_eq!(delivered.len(), EVENTS + 500);

    let plain = Splunk::new(splunk(&real, Acknowledgement::Off)).unwrap();
    let all = records(EVENTS + 600);
    let driven = drive(&plain, all[EVENTS + 500..].to_vec(), |_| ()).await;
    assert_eq!((driven.delivered.len(), counts(&real).len()), (100, EVENTS + 600));
}

/// Guarantees: an independent event collector's refusals, which repeat the token, hold and say so
/// without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_collector_is_checked() {
    let Some(real) = Real::start("splunk_real", "otelcol", &["hec-server"], &["go"]).unwrap()
    else {
        return;
    };
    let steps = Splunk::new(splunk(&real, Acknowledgement::Detect)).unwrap().check().await;
    assert!(!steps.iter().any(|step| matches!(step.result, Checked::Bad(_))), "{steps:?}");
    let mut options = splunk(&real, Acknowledgement::Detect);
    options.token = Secret::value("hush");
    let wrong = Splunk::new(options).unwrap();
    assert!(matches!(one(&wrong).await, Outcome::Hold { .. }));
    let (name, reason) = last_bad(&wrong.check().await);
    assert!(name == "credentials" && !reason.contains("hush"), "{name}: {reason}");
}
