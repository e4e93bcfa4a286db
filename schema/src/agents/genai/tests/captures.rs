//! What holds for every capture of these agents: rows agree with `truth.json` where one record
//! decides, and no other agent's records are taken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use crate::agents::genai::catalogue::KNOWN;
use crate::event::Event;
use crate::otlp::Signal;
use crate::record::tests::{captures, rows};
use crate::vocabulary::{Agent, Kind, Outcome, PromptOrigin, RecordSignal};

/// What a row says of a call or a prompt.
struct Said {
    agent: Agent,
    kind: Kind,
    time: i64,
    call_id: Option<String>,
    tool: Option<String>,
    arguments: Option<String>,
    prompt: Option<String>,
    origin: Option<PromptOrigin>,
    words: [Option<String>; 4],
    parent: bool,
    signal: RecordSignal,
    name: String,
    keys: Vec<String>,
}

impl Said {
    fn of(event: &Event<'_>) -> Self {
        let columns = &event.columns;
        let text = |text: &Option<crate::event::Text<'_>>| text.as_ref().map(ToString::to_string);
        Self {
            agent: columns.agent.unwrap(),
            kind: columns.kind.unwrap(),
            time: columns.time_unix_nano,
            call_id: text(&columns.call_id),
            tool: text(&columns.tool),
            arguments: text(&columns.arguments),
            prompt: text(&columns.prompt),
            origin: columns.prompt_origin,
            words: [
                columns.outcome.map(|word| word.to_string()),
                columns.failure_reason.map(|word| word.to_string()),
                columns.exit_code.map(|code| code.to_string()),
                columns.denial_reason.map(|word| word.to_string()),
            ],
            parent: columns.parent_span_id.is_some(),
            signal: columns.signal.unwrap(),
            name: text(&columns.name).unwrap_or_default(),
            keys: event.attributes.iter().map(|kept| kept.key.to_string()).collect(),
        }
    }
}

/// The rows of every capture, by its folder.
static SAID: LazyLock<BTreeMap<String, Vec<Said>>> = LazyLock::new(|| {
    let mut all: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for (path, signal, payload) in captures() {
        let folder = Path::new(&path).parent().unwrap().display().to_string();
        let found = all.entry(folder).or_default();
        if signal == Signal::Metrics {
            continue;
        }
        let batch = rows(signal, &payload).events.finish().unwrap();
        found.extend((0..batch.num_rows()).map(|row| Said::of(&Event::read(&batch, row))));
    }
    all
});

/// The captures of these agents.
fn ours() -> impl Iterator<Item = (&'static String, &'static Vec<Said>)> {
    SAID.iter().filter(|(_, rows)| is_ours(rows))
}

const OURS: &[Agent] = &[Agent::OpenaiAgents, Agent::PydanticAi, Agent::Langgraph];

fn is_ours(rows: &[Said]) -> bool {
    rows.iter().any(|row| OURS.contains(&row.agent))
}

fn truth(folder: &str) -> Value {
    let text = std::fs::read_to_string(Path::new(folder).join("truth.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn conversations(truth: &Value) -> impl Iterator<Item = &Value> {
    truth["conversations"].as_array().unwrap().iter()
}

/// Agents that are recognised already keep every record of theirs.
#[test]
fn nobody_loses_a_record() {
    let taken = [Agent::Genai, Agent::Cursor, Agent::Kiro, Agent::Cline, Agent::Goose];
    let mut folders = 0;
    for (folder, rows) in SAID.iter() {
        let agents: BTreeSet<Agent> = rows.iter().map(|row| row.agent).collect();
        if is_ours(rows) {
            folders += 1;
            let own = agents.iter().filter(|agent| OURS.contains(agent)).count();
            assert_eq!(own, 1, "{folder}: {agents:?}");
            assert!(!agents.contains(&Agent::Unknown), "{folder}");
        } else {
            assert!(agents.iter().all(|agent| !taken.contains(agent)), "{folder}: {agents:?}");
        }
    }
    assert!(folders >= 3, "the captures are there");
}

/// The rows of one call: by its id, or, where the agent sends none, by tool and arguments.
fn calls<'r>(rows: &'r [Said], call: &Value) -> Vec<&'r Said> {
    let id = call["call_id"].as_str();
    let by_id: Vec<_> = rows.iter().filter(|row| row.call_id.as_deref() == id).collect();
    if !by_id.is_empty() {
        return by_id;
    }
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let arguments = parse(call["arguments"].as_str().unwrap());
    let same = |row: &&Said| {
        row.tool.as_deref() == call["tool"].as_str()
            && row.call_id.is_none()
            && row.arguments.as_deref().and_then(parse) == arguments
    };
    rows.iter().filter(same).collect()
}

/// Every call that a record shows is there, and the last row of it says how it ended. The one
/// call that no span of its own shows was refused before it ran.
#[test]
fn calls_agree_with_the_truth() {
    let mut checked = 0;
    for (folder, rows) in ours() {
        let truth = truth(folder);
        for call in conversations(&truth).flat_map(|one| one["calls"].as_array().unwrap()) {
            let mut found = calls(rows, call);
            found.sort_by_key(|row| row.time);
            let Some(last) = found.last() else {
                assert_eq!(call["outcome"], "denied", "{folder}: {call}");
                continue;
            };
            assert_eq!(last.kind, Kind::ToolCall);
            let expected = ["outcome", "failure_reason", "exit_code", "denial_reason"]
                .map(|key| call.get(key).map(|word| word.to_string().trim_matches('"').to_owned()));
            let waits = call["outcome"] == "denied"
                && last.words[0].as_deref() == Some(Outcome::Unknown.as_str());
            assert!(last.words == expected || waits, "{folder}: {call} {:?}", last.words);
            checked += 1;
        }
    }
    assert!(checked >= 27, "{checked}");
}

/// Every prompt is that of a row of kind `prompt`; `human` stands on roots only, and each human
/// prompt is one of the truth.
#[test]
fn prompts_agree_with_the_truth() {
    for (folder, rows) in ours() {
        let truth = truth(folder);
        let main: BTreeSet<&str> = conversations(&truth)
            .flat_map(|one| one["prompts"].as_array().unwrap())
            .map(|prompt| prompt.as_str().unwrap())
            .collect();
        let prompts = || rows.iter().filter(|row| row.kind == Kind::Prompt);
        for prompt in &main {
            let found = prompts().any(|row| row.prompt.as_deref() == Some(*prompt));
            assert!(found, "{folder}: {prompt}");
        }
        for row in prompts() {
            assert_eq!(row.origin == Some(PromptOrigin::Human), !row.parent, "{folder}");
            let known = row.prompt.as_deref().is_some_and(|prompt| main.contains(prompt));
            assert!(row.parent || known, "{folder}: {:?}", row.prompt);
        }
    }
}

/// The catalogue lists what the captures carry under the names of the conventions.
#[test]
fn the_catalogue_knows_the_captures() {
    let mut checked = 0;
    let rows = ours().flat_map(|(_, rows)| rows).filter(|row| OURS.contains(&row.agent));
    for Said { signal, name, keys, .. } in rows {
        let listed = |listed: &str| {
            let start = listed.strip_suffix('*');
            start.map_or(listed == name, |start| name.starts_with(start))
        };
        let found = KNOWN.iter().find(|known| known.signal == *signal && listed(known.name));
        let Some(known) = found else {
            assert_ne!(*signal, RecordSignal::SpanEvent, "{name}");
            continue;
        };
        for key in keys.iter().filter(|key| !key.starts_with("otlp.")) {
            let mut listed = known.always.iter().chain(known.sometimes);
            assert!(listed.any(|(known, _)| known == key), "{name} {key}");
        }
        checked += 1;
    }
    assert!(checked > 60, "{checked}");
}
