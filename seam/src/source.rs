//! Who is asked: a server, or tables by an engine of this process.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use seam_queries::format::Format;
use seam_queries::http::{LAG_HEADER, TRUNCATED_HEADER};
use seam_queries::{Engine, Limits, Statement, StaticSource};
use seam_store::{ObjectStoreOptions, Snapshot, TablesUrl};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::ServerArgs;
use crate::client::ApiClient;
use crate::config::place;
use crate::exit::Failure;

/// The tables in a folder or, after a URL, in an object store, read-only, whether a server owns
/// them or not.
pub(crate) async fn open_tables(
    place: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Snapshot, Failure> {
    match place.to_str().filter(|text| TablesUrl::is_meant(text)) {
        None => Ok(Snapshot::open_read_only(place).await?),
        Some(text) => {
            let url = TablesUrl::parse(text)
                .map_err(|error| Failure::Usage(format!("the address in --data {error}")))?;
            let options = ObjectStoreOptions {
                variables: place::vendor_variables(environment),
                ..ObjectStoreOptions::new(url)
            };
            Ok(Snapshot::open_remote_read_only(&options).await?)
        }
    }
}

/// Who is asked.
pub(crate) enum Source {
    /// A running server.
    Server(ApiClient),
    /// Tables of a folder or an object store, read-only, or the server's own from within it.
    Tables(Arc<Engine>),
}

impl Source {
    /// The folder or object store if one is named, else the server.
    pub(crate) async fn open(
        folder: Option<&Path>,
        server: &ServerArgs,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        match folder {
            Some(place) => Self::tables(place, environment).await,
            None => Ok(Self::Server(ApiClient::new(server, environment)?)),
        }
    }

    /// Opens the tables in a folder or an object store.
    async fn tables(place: &Path, environment: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let snapshot = open_tables(place, environment).await?;
        let limits =
            Limits { rows: u64::MAX, deadline: Duration::from_hours(1), ..Limits::default() };
        let engine = Engine::new(Arc::new(StaticSource::new(snapshot)), limits).await?;
        Ok(Self::Tables(Arc::new(engine)))
    }

    /// The rows of a statement, each read as a `T`.
    pub(crate) async fn rows<T: DeserializeOwned>(&self, sql: &str) -> Result<Vec<T>, Failure> {
        let text = self.answer(sql, Format::Json).await?;
        Ok(serde_json::from_slice(&text).context("cannot read the rows of an answer")?)
    }

    /// The rows of a statement as they stand in the tables.
    pub(crate) async fn batches(&self, sql: &str) -> Result<Vec<RecordBatch>, Failure> {
        let bytes = self.answer(sql, Format::Arrow).await?;
        let reader = StreamReader::try_new(bytes.as_slice(), None)
            .context("cannot read the rows of an answer")?;
        Ok(reader.collect::<Result<_, _>>().context("cannot read the rows of an answer")?)
    }

    /// What the server says of its state; null for tables.
    pub(crate) async fn status(&self) -> Result<Value, Failure> {
        match self {
            Self::Server(client) => Ok(client.get("/v1/status").await?.json().await?),
            Self::Tables(_) => Ok(Value::Null),
        }
    }

    /// How many frames the answer to a statement lacks; none in a folder.
    pub(crate) async fn lag(&self, sql: &str) -> Result<u64, Failure> {
        let client = match self {
            Self::Server(client) => client,
            Self::Tables(engine) => {
                let statement = Statement { sql: sql.to_owned(), tenant: None };
                let lag = engine.run(statement).await?.lag();
                return Ok(lag.frames.max(lag.derived_frames));
            }
        };
        let answer = client.post("/v1/sql", "application/sql", sql.to_owned()).await?;
        let lag = answer.headers().get(LAG_HEADER).and_then(|lag| lag.to_str().ok());
        let lag = lag.map_or(Ok(0), str::parse).context("the server says no number for its lag")?;
        Ok(lag)
    }

    /// The rows of a statement, written in a format.
    pub(crate) async fn answer(&self, sql: &str, format: Format) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Server(client) => {
                let path = format!("/v1/sql?format={}", format.name());
                let answer = client.post(&path, "application/sql", sql.to_owned()).await?;
                if answer.headers().get(TRUNCATED_HEADER).is_some_and(|cut| cut == "true") {
                    return Err(Failure::Failed(anyhow!(
                        "there are more rows than an answer of this server may have"
                    )));
                }
                Ok(answer.bytes().await.context("the answer broke off: it is not whole")?.to_vec())
            }
            Self::Tables(engine) => {
                let statement = Statement { sql: sql.to_owned(), tenant: None };
                let mut answer = engine.run(statement).await?;
                let mut encoder = format.encoder(answer.schema())?;
                let mut text = Vec::new();
                while let Some(batch) = answer.next().await? {
                    encoder.encode(&batch, &mut text)?;
                }
                encoder.finish(&mut text)?;
                Ok(text)
            }
        }
    }
}
