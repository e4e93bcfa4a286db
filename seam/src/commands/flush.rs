//! `seam flush`: commit everything received so far, now.

use std::collections::BTreeMap;

use crate::cli::ServerArgs;
use crate::client::ApiClient;
use crate::exit::Outcome;

pub(crate) async fn run(args: &ServerArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let client = ApiClient::new(args, environment)?;
    let answer = client.post("/v1/flush", "application/json", String::new()).await?;
    let answer: serde_json::Value = answer.json().await?;
    let sequence =
        answer.get("committed_sequence").and_then(serde_json::Value::as_i64).unwrap_or_default();
    Ok(super::print(format!("committed everything up to frame {sequence}\n").as_bytes())?)
}
