//! Asking a running server: its address, the token, the answer.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use reqwest::StatusCode;
use seam_store::TablesUrl;

use crate::cli::{DEFAULT_SERVER, ServerArgs};
use crate::exit::Failure;

/// Where the local token stands under a data folder.
pub(crate) const LOCAL_TOKEN: &str = "keys/local-token";
const DEFAULT_DATA: &str = "./seam-data";

/// A client of one server's API.
pub(crate) struct ApiClient {
    client: reqwest::Client,
    server: String,
    token: String,
}

impl ApiClient {
    /// Finds the server and the token: flags, then variables, then the defaults.
    pub(crate) fn new(
        args: &ServerArgs,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let server = args.server.clone().or_else(|| environment.get("SEAM_SERVER").cloned());
        let server = server.unwrap_or_else(|| DEFAULT_SERVER.to_owned());
        let server = if server.contains("://") { server } else { format!("http://{server}") };
        let file = args
            .token_file
            .clone()
            .or_else(|| environment.get("SEAM_TOKEN_FILE").map(PathBuf::from))
            .unwrap_or_else(|| data_folder(environment).join(LOCAL_TOKEN));
        let token = std::fs::read_to_string(&file).with_context(|| {
            format!(
                "cannot read the token in {}: name one with --token-file, or run this where the server's data folder is",
                file.display()
            )
        });
        let ca = match &args.ca {
            Some(file) => Some(
                std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
            ),
            None => None,
        };
        let client = builder(ca.as_deref())?.build().context("cannot make an http client")?;
        Ok(Self {
            client,
            server: server.trim_end_matches('/').to_owned(),
            token: token?.trim().to_owned(),
        })
    }

    /// Posts a body and gives the answer, if it is a good one.
    pub(crate) async fn post(
        &self,
        path: &str,
        content_type: &str,
        body: String,
    ) -> Result<reqwest::Response, Failure> {
        let url = format!("{}{path}", self.server);
        let request = self
            .client
            .post(&url)
            .bearer_auth(&self.token)
            .header("content-type", content_type)
            .body(body);
        answer(&url, request).await
    }

    /// Gets an answer, if it is a good one.
    pub(crate) async fn get(&self, path: &str) -> Result<reqwest::Response, Failure> {
        let url = format!("{}{path}", self.server);
        answer(&url, self.client.get(&url).bearer_auth(&self.token)).await
    }
}

async fn answer(url: &str, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
    let response = request.send().await.map_err(|error| {
        Failure::Unreachable(format!("nobody answered at {url}: {}", root(&error)))
    })?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    let message = serde_json::from_str::<serde_json::Value>(&text)
        .ok()
        .and_then(|value| Some(value.get("error")?.get("message")?.as_str()?.to_owned()))
        .unwrap_or(text);
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(Failure::Failed(anyhow!("the server refused the token ({status}): {message}")));
    }
    Err(Failure::Failed(anyhow!("{message}")))
}

/// The folder of the server, for a client that was given none.
pub(crate) fn data_folder(environment: &BTreeMap<String, String>) -> PathBuf {
    let data = environment.get("SEAM_DATA").filter(|data| !TablesUrl::is_meant(data));
    let folder = data.or_else(|| environment.get("SEAM_STATE"));
    folder.map_or_else(|| PathBuf::from(DEFAULT_DATA), PathBuf::from)
}

/// An HTTP client that trusts the system's authorities, or only those in `ca`.
pub(crate) fn builder(ca: Option<&[u8]>) -> anyhow::Result<reqwest::ClientBuilder> {
    let builder = reqwest::Client::builder().connect_timeout(std::time::Duration::from_secs(10));
    let Some(ca) = ca else { return Ok(builder) };
    let certificates = reqwest::Certificate::from_pem_bundle(ca)
        .context("cannot read the certificates of --ca")?;
    Ok(builder.tls_certs_only(certificates))
}

/// The innermost cause: the part that tells a person something.
pub(crate) fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
