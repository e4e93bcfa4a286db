//! What a destination is not to have does not leave, and stays in the tables.

use std::collections::BTreeSet;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use seam_tests::raw::{Client, request};
use seam_tests::server::{Folder, Server, wait_until};
use serde_json::Value;

use crate::sinks::{lines, options};

const ARRIVE: Duration = Duration::from_mins(1);
const EMAIL: &str = "ada@example.com";
const TICKET: &str = "TICKET-4711";

const CONFIG: &str = "[tables]\nseal_after_ms = 200\n\
    [redaction.profiles.mine]\nhash = [\"user_email\"]\ndrop = [\"cwd\"]\n\
    [[redaction.profiles.mine.rules]]\nid = \"ticket\"\nregex = \"TICKET-[0-9]{4}\"\nkeywords = [\"ticket\"]\n\
    [[sinks]]\nname = \"plain\"\nkind = \"file\"\npath = \"plain\"\ncontent = true\n\
    [[sinks]]\nname = \"mine\"\nkind = \"file\"\npath = \"mine\"\ncontent = true\nredaction = \"mine\"\n\
    [[sinks]]\nname = \"who\"\nkind = \"file\"\npath = \"who\"\ncontent = true\nformat = \"ecs\"\nredaction = \"identities\"\n";

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// A prompt of somebody, about something that is nobody's business elsewhere.
fn prompt(number: usize) -> Vec<u8> {
    let record = LogRecord {
        attributes: vec![
            text("event.name", "codex.user_prompt"),
            text("conversation.id", "01a1f8bb"),
            text("user.email", EMAIL),
            text("note", &format!("{number}: {EMAIL}")),
            text("prompt", &format!("{number}: close {TICKET} and tell {EMAIL}")),
        ],
        ..LogRecord::default()
    };
    let mut request = request(vec![record]);
    for group in &mut request.resource_logs {
        let attributes = vec![text("service.name", "codex_exec"), text("host.name", "ada-laptop")];
        group.resource = Some(Resource { attributes, ..Resource::default() });
    }
    request.encode_to_vec()
}

/// The events of a sink, once there are so many.
fn arrived(server: &Server, sink: &str, count: usize) -> anyhow::Result<Vec<Value>> {
    let events = || -> anyhow::Result<Vec<Value>> {
        Ok(lines(&server.folder().join(sink))?
            .into_iter()
            .filter(|row| row.to_string().contains("codex.user_prompt"))
            .collect())
    };
    wait_until("every event in the files", ARRIVE, || Ok(events()?.len() >= count))?;
    events()
}

/// Guarantees: what a profile finds, drops or hashes is in no document of its destination, wherever
/// in a row it stood; other destinations and the tables have it; a hash is the same after a restart.
#[test]
fn a_profile_holds_back_what_it_names() -> anyhow::Result<()> {
    let mut server = Server::start_with(Folder::fresh()?, &options(CONFIG))?;
    for number in 1..=2 {
        let answer = Client::of(&server)?.post_logs(prompt(number))?;
        assert_eq!(answer.status, 200);
        server.flush()?;
        for sink in ["plain", "mine", "who"] {
            arrived(&server, sink, number)?;
        }
        let (_, folder) = server.terminate(Duration::from_mins(1))?;
        server = Server::start_with(folder, &options(CONFIG))?;
    }
    let said = |sink: &str| -> anyhow::Result<String> {
        Ok(lines(&server.folder().join(sink))?.iter().map(Value::to_string).collect())
    };
    let (plain, mine, who) = (said("plain")?, said("mine")?, said("who")?);
    assert!(plain.contains(EMAIL) && plain.contains(TICKET) && plain.contains("ada-laptop"));
    assert!(!mine.contains(EMAIL) && !mine.contains(TICKET), "{mine}");
    assert!(mine.contains("[redacted:ticket:") && mine.contains("ada-laptop"), "{mine}");
    assert!(!who.contains(EMAIL) && !who.contains("ada-laptop") && who.contains(TICKET), "{who}");
    let mine = arrived(&server, "mine", 2)?;
    let hashes: BTreeSet<&str> = mine.iter().filter_map(|row| row["user_email"].as_str()).collect();
    assert_eq!((mine.len(), hashes.len()), (2, 1), "{hashes:?}");
    assert!(hashes.iter().all(|hash| hash.starts_with("[hashed:")), "{hashes:?}");
    let stored = format!(
        "select count(*) from events where user_email = '{EMAIL}' and prompt like '%{TICKET}%{EMAIL}'"
    );
    assert_eq!(server.number(&stored)?, 2, "the tables have all of it");
    Ok(())
}
