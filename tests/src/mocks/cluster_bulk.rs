//! `_bulk` of the cluster of our own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cluster::{Fault, Offered, State, Stream, error};
use super::peer::{Call, Reply};

/// Answers a request.
pub(super) fn answer(state: &mut State, call: &Call) -> Reply {
    for pair in call.query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap();
        if !state.kind.knows(name) {
            return error(400, "illegal_argument_exception");
        }
    }
    if call.header("content-type") != Some("application/x-ndjson") {
        return error(406, "media_type_header_exception");
    }
    if call.body.len() > state.bytes_max {
        state.too_large += 1;
        return Reply::Answer { status: 413, headers: Vec::new(), body: "hush".to_owned() };
    }
    if call.body.last() != Some(&b'\n') {
        return error(400, "illegal_argument_exception");
    }
    let fault = state.script.pop_front();
    match &fault {
        Some(Fault::Status(status, kind)) => return error(*status, kind),
        Some(Fault::Wait(status, wait)) => return error(*status, "busy").with("retry-after", wait),
        _ => {}
    }
    let required = call.parameter("require_data_stream") == Some("true");
    let lines: Vec<&[u8]> =
        call.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let is_told = !matches!(fault, Some(Fault::CutAfter | Fault::StallAfter | Fault::Short));
    let mut items = Vec::new();
    for (number, pair) in lines.chunks(2).enumerate() {
        let action: Value = serde_json::from_slice(pair[0]).unwrap();
        assert_eq!(action.as_object().unwrap().len(), 1);
        let create = action["create"].as_object().expect("data streams take only create");
        assert_eq!(create.len(), 2);
        let (index, id) = (create["_index"].as_str().unwrap(), create["_id"].as_str().unwrap());
        let item = match &fault {
            Some(Fault::Items(every, status, kind)) if number % every == 0 => {
                refused(*status, kind)
            }
            _ => create_one(state, index, id, pair[1], required),
        };
        if !is_told && item["status"] == json!(201) {
            state.untold.insert(id.to_owned());
        }
        items.push(json!({ "create": item }));
    }
    let mut pause = None;
    match fault {
        Some(Fault::Slow(late)) => pause = Some(late),
        Some(Fault::CutAfter) => return Reply::Cut,
        Some(Fault::StallAfter) => return Reply::Stall,
        Some(Fault::Short) => drop(items.pop()),
        _ => {}
    }
    if call.parameter("filter_path").is_some() {
        for item in &mut items {
            filter(&mut item["create"]);
        }
    }
    let errors = items.iter().any(|item| item["create"]["status"].as_u64() >= Some(300));
    let reply = Reply::json(200, json!({ "errors": errors, "items": items }));
    match pause {
        Some(pause) => Reply::Late(pause, Box::new(reply)),
        None => reply,
    }
}

/// Leaves what the client asked for.
fn filter(item: &mut Value) {
    let item = item.as_object_mut().unwrap();
    item.retain(|key, _| ["status", "error", "failure_store"].contains(&key.as_str()));
    if let Some(error) = item.get_mut("error") {
        error.as_object_mut().unwrap().retain(|key, _| key == "type");
    }
}

fn refused(status: u16, kind: &str) -> Value {
    json!({ "status": status, "error": { "type": kind, "reason": "hush: what the document held" } })
}

fn create_one(state: &mut State, name: &str, id: &str, document: &[u8], required: bool) -> Value {
    if !state.may_create {
        return refused(403, "security_exception");
    }
    if let Some((status, kind)) = state.block {
        return refused(status, kind);
    }
    let Ok(document) = serde_json::from_slice::<Value>(document) else {
        return refused(400, "document_parsing_exception");
    };
    if !state.streams.contains_key(name) {
        if state.makes_stream(name) {
            let stream = Stream { indexes: vec![BTreeMap::new()] };
            state.streams.insert(name.to_owned(), stream);
        } else if required {
            return refused(404, "index_not_found_exception");
        } else {
            state.ordinary.insert(name.to_owned());
            return json!({ "status": 201, "_index": name, "_id": id });
        }
    }
    if document.get("@timestamp").is_none() || (state.bad)(id, &document) {
        if state.failure_store {
            state.failures.push(document);
            return json!({ "status": 201, "_id": "another", "failure_store": "used" });
        }
        return refused(400, "document_parsing_exception");
    }
    let stream = state.streams.get_mut(name).unwrap();
    let number = stream.indexes.len();
    let index = stream.indexes.last_mut().unwrap();
    let is_copy = index.contains_key(id);
    state.offered.push(Offered { stream: name.to_owned(), id: id.to_owned(), is_copy });
    if is_copy {
        return refused(409, "version_conflict_engine_exception");
    }
    index.insert(id.to_owned(), document);
    json!({ "status": 201, "_index": format!(".ds-{name}-{number:06}"), "_id": id })
}
