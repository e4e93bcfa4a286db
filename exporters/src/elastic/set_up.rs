//! Installing what the data streams need, and nothing the second time.

use reqwest::Method;
use serde_json::Value;

use super::product::{self, Found, Product};
use super::template::{self, Asset, POLICY};
use super::{Elastic, answer};
use crate::destination::{Checked, Step};
use crate::http::{Answer, Body};

/// Installs lifecycle and templates; stops at the first that fails.
pub(crate) async fn set_up(elastic: &Elastic, dry: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let found = match product::found(elastic).await {
        Ok(found) => found,
        Err(outcome) => {
            let bad = Checked::Bad(outcome.reason().to_owned());
            return vec![Step { name: "product", result: bad }];
        }
    };
    steps.push(Step { name: "product", result: Checked::Good(found.to_string()) });
    let lifecycle = lifecycle(elastic, found, dry).await.unwrap_or_else(Checked::Bad);
    let policy = matches!(lifecycle, Checked::Good(_));
    let bad = matches!(lifecycle, Checked::Bad(_));
    steps.push(Step { name: "lifecycle", result: lifecycle });
    if bad {
        return steps;
    }
    for asset in template::assets(&elastic.options, found, policy) {
        let result = install(elastic, &asset, dry).await.unwrap_or_else(Checked::Bad);
        let bad = matches!(result, Checked::Bad(_));
        steps.push(Step { name: asset.step, result });
        if bad {
            return steps;
        }
    }
    if !dry {
        // What was missing before may be there now.
        product::forget(elastic);
    }
    steps
}

async fn ask(
    elastic: &Elastic,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Answer, String> {
    let answer = elastic.wire.send(method, path, body.map(Body::json)).await;
    answer.map_err(|fault| fault.reason().to_owned())
}

/// Says what was done, or would be.
fn done(dry: bool, would: &str, did: &str, what: &str) -> Checked {
    Checked::Good(if dry { format!("would {would} {what}") } else { format!("{did} {what}") })
}

async fn install(elastic: &Elastic, asset: &Asset, dry: bool) -> Result<Checked, String> {
    let before = ask(elastic, Method::GET, &asset.path, None).await?;
    let replaces = match before.status {
        404 => false,
        200 => {
            let before: Value = before.json().ok_or("the answer cannot be read")?;
            match before.pointer(asset.digest_at).and_then(Value::as_str) {
                Some(digest) if digest == asset.digest => {
                    return Ok(Checked::Good(format!("{} is there, unchanged", asset.name)));
                }
                Some(_) => true,
                None => {
                    return Err(format!(
                        "{} is there and is not ours: rename or remove it",
                        asset.name
                    ));
                }
            }
        }
        _ => return Err(format!("cannot read {}: {}", asset.name, answer::refusal(&before))),
    };
    if !dry {
        let put = ask(elastic, Method::PUT, &asset.path, Some(&asset.body)).await?;
        if put.status != 200 {
            return Err(format!("cannot write {}: {}", asset.name, answer::refusal(&put)));
        }
    }
    Ok(if replaces {
        let what = format!("{}, in force from the next rollover on", asset.name);
        done(dry, "replace", "replaced", &what)
    } else {
        done(dry, "create", "created", asset.name)
    })
}

/// Where lifecycles are policies, the policy; a cluster without that plugin goes on without.
async fn lifecycle(elastic: &Elastic, found: Found, dry: bool) -> Result<Checked, String> {
    if found.has_stream_lifecycle() {
        return Ok(Checked::Good("stands in the index template".to_owned()));
    }
    let (path, plugin, digest_at) = match found.product {
        Product::Elasticsearch => (
            format!("_ilm/policy/{POLICY}"),
            "index lifecycle management",
            "/seam/policy/_meta/digest",
        ),
        Product::OpenSearch => (
            format!("_plugins/_ism/policies/{POLICY}"),
            "index state management",
            "/policy/description",
        ),
    };
    let missing = || Ok(Checked::Skipped(format!("the cluster has no {plugin}")));
    let (body, digest) = template::policy(&elastic.options, found.product);
    let before = ask(elastic, Method::GET, &path, None).await?;
    let mut put_path = path.clone();
    let replaces = match before.status {
        200 => {
            let before: Value = before.json().ok_or("the answer cannot be read")?;
            let said = before.pointer(digest_at).and_then(Value::as_str).unwrap_or_default();
            if said.ends_with(&digest) {
                return Ok(Checked::Good(format!("the policy {POLICY} is there, unchanged")));
            }
            if found.product == Product::OpenSearch {
                // A policy is replaced only by whoever has read it.
                let number = |at| before.pointer(at).and_then(Value::as_i64).unwrap_or_default();
                let (sequence, term) = (number("/_seq_no"), number("/_primary_term"));
                put_path = format!("{path}?if_seq_no={sequence}&if_primary_term={term}");
            }
            true
        }
        404 => false,
        400 | 405 | 501 => return missing(),
        _ => return Err(format!("cannot read the policy {POLICY}: {}", answer::refusal(&before))),
    };
    if !dry {
        let put = ask(elastic, Method::PUT, &put_path, Some(&body)).await?;
        match put.status {
            200 | 201 => {}
            // Without the plugin nobody answers at this address.
            404 | 405 | 501 => return missing(),
            _ => {
                return Err(format!("cannot write the policy {POLICY}: {}", answer::refusal(&put)));
            }
        }
    }
    let what = format!("the policy {POLICY}");
    Ok(if replaces {
        done(dry, "replace", "replaced", &what)
    } else {
        done(dry, "create", "created", &what)
    })
}
