//! Going to the cluster and back.

use std::time::SystemTime;

use reqwest::Method;
use serde_json::{Value, json};

use super::product::{self, Found};
use super::send;
use super::{Elastic, answer, rights, template};
use crate::destination::{Checked, Step};
use crate::http::{Answer, Body, Fault};

/// Asks whether sending may be tried again.
pub(crate) async fn probe(elastic: &Elastic) -> Result<(), String> {
    // A certificate or an authority may have been replaced since.
    elastic.wire.client.reload().map_err(|error| error.to_string())?;
    product::forget(elastic);
    let said = |outcome: crate::outcome::Outcome| outcome.reason().to_owned();
    let found = product::found(elastic).await.map_err(said)?;
    for target in elastic.targets.all() {
        send::make_safe(elastic, found, target).await.map_err(said)?;
        rights::may_write(elastic, found, target).await?;
    }
    Ok(())
}

/// Goes there and back; stops after the first bad step.
pub(crate) async fn check(elastic: &Elastic) -> Vec<Step> {
    product::forget(elastic);
    let mut steps = Vec::new();
    if let Err(bad) = steps_of(elastic, &mut steps).await {
        steps.push(bad);
    }
    steps
}

fn bad(name: &'static str, reason: impl Into<String>) -> Step {
    Step { name, result: Checked::Bad(reason.into()) }
}

async fn steps_of(elastic: &Elastic, steps: &mut Vec<Step>) -> Result<(), Step> {
    let place = elastic.wire.client.place();
    let answer = elastic.wire.send(Method::GET, "", None).await;
    let answer =
        answer.map_err(|fault| bad(fault.step(), format!("{place}: {}", fault.reason())))?;
    let mut step = |name, result| steps.push(Step { name, result });
    step("reach", Checked::Good(place));
    step("tls", elastic.wire.client.said_of_tls());
    if answer.status == 401 {
        return Err(bad("credentials", "http 401: the credential is not valid"));
    }
    step("credentials", Checked::Good("not refused".to_owned()));
    let found =
        product::found(elastic).await.map_err(|outcome| bad("product", outcome.reason()))?;
    step("product", Checked::Good(found.to_string()));
    let template = template(elastic).await?;
    step("template", template);
    for target in elastic.targets.all() {
        canary(elastic, found, target, steps).await?;
    }
    Ok(())
}

/// Whether there is a template, without which the first document makes an ordinary index, or a data
/// stream that maps nothing of ours.
async fn template(elastic: &Elastic) -> Result<Checked, Step> {
    let path = format!("_index_template/{}", template::NAME);
    let answer =
        ask(elastic, Method::GET, &path, None).await.map_err(|reason| bad("template", reason))?;
    match answer.status {
        200 => Ok(Checked::Good(template::NAME.to_owned())),
        404 => {
            let name = template::NAME;
            Err(bad(
                "template",
                format!("the index template {name} is missing: set the destination up"),
            ))
        }
        401 | 403 => Ok(Checked::Skipped("the credential may not read templates".to_owned())),
        _ => Err(bad("template", answer::refusal(&answer))),
    }
}

async fn ask(
    elastic: &Elastic,
    method: Method,
    path: &str,
    body: Option<Body>,
) -> Result<Answer, String> {
    elastic.wire.send(method, path, body).await.map_err(|fault: Fault| fault.reason().to_owned())
}

/// Writes a document that says that it is none, reads it and takes it away again.
async fn canary(
    elastic: &Elastic,
    found: Found,
    target: &str,
    steps: &mut Vec<Step>,
) -> Result<(), Step> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let id = format!("seam-check-{}", now.as_micros());
    let document = json!({
        "@timestamp": u64::try_from(now.as_millis()).unwrap_or_default(),
        "event": { "id": id, "action": "seam-check" },
        "message": "seam sinks check: a canary, not an event",
    });
    let action = json!({ "create": { "_index": target, "_id": id } });
    let body =
        Body::new(format!("{action}\n{document}\n").into_bytes(), "application/x-ndjson", false);
    let written = ask(elastic, Method::POST, &send::path(found, false), Some(body)).await;
    let written = written.map_err(|reason| bad("write", reason))?;
    if !(200..300).contains(&written.status) {
        let name = if written.status == 403 { "permission" } else { "write" };
        return Err(bad(name, format!("{target}: {}", answer::refusal(&written))));
    }
    let item: Value = written.json().ok_or_else(|| bad("write", "the answer cannot be read"))?;
    let create = item.pointer("/items/0/create").unwrap_or(&Value::Null);
    let status = create["status"].as_u64().unwrap_or_default();
    let kind = create.pointer("/error/type").and_then(Value::as_str);
    match (status, create["failure_store"].as_str()) {
        (201, Some("used")) => {
            return Err(bad(
                "write",
                format!("{target} put the canary into its failure store: its mapping is not ours"),
            ));
        }
        (200 | 201, _) => {}
        (404, _) => {
            let reason =
                format!("{target} is missing, and no template makes it: set the destination up");
            return Err(bad("index", reason));
        }
        (401 | 403, _) if kind == Some("cluster_block_exception") => {
            return Err(bad("index", format!("{target} is blocked for writing")));
        }
        (401 | 403, _) => {
            let reason =
                format!("status {status}: the credential may not create documents in {target}");
            return Err(bad("permission", reason));
        }
        (429, _) if kind == Some("cluster_block_exception") => {
            return Err(bad(
                "index",
                format!("{target} is read-only: a disk of the cluster is full"),
            ));
        }
        _ => return Err(bad("write", format!("{target}: status {status}{}", answer::named(kind)))),
    }
    steps.push(Step { name: "write", result: Checked::Good(format!("{target} took a canary")) });
    let index = create["_index"].as_str().unwrap_or_default();
    let result = read_back(elastic, index, &id).await.map_err(|reason| bad("read back", reason))?;
    steps.push(Step { name: "read back", result });
    Ok(())
}

async fn read_back(elastic: &Elastic, index: &str, id: &str) -> Result<Checked, String> {
    // The backing index is named by the cluster: it is a name, or nothing of ours.
    if index.is_empty() || index.contains(['/', '?', '#', ' ']) {
        return Err("the answer names no index".to_owned());
    }
    let path = format!("{index}/_doc/{id}");
    let read = ask(elastic, Method::GET, &path, None).await?;
    let found = match read.status {
        200 => "the canary was read",
        401 | 403 => "the credential may not read, which it need not",
        _ => {
            return Err(format!(
                "the canary was written and is not there: {}",
                answer::refusal(&read)
            ));
        }
    };
    let away = ask(elastic, Method::DELETE, &path, None).await?;
    let left =
        if away.status == 200 { "and taken away" } else { "and stays, event.action seam-check" };
    Ok(if read.status == 200 {
        Checked::Good(format!("{found} {left}"))
    } else {
        Checked::Skipped(format!("{found}; the canary {}", left.trim_start_matches("and ")))
    })
}
