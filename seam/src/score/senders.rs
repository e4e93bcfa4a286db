//! Who sent each body of a capture.
//!
//! A recorded capture comes from one principal. A generated one may say in `requests.json` who
//! sent which body; that counts where somebody sends records under the id of another's
//! conversation. These are given a token of their own; all others send without one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use seam_collector::credentials::{Door, NewToken, TokenStore};
use seam_schema::ids::{Principal, Tenant};
use seam_store::DataFolder;
use seam_store::keys::Keys;
use serde::Deserialize;

use super::truth::Truth;
use crate::exit::Failure;

#[derive(Debug, Deserialize)]
struct Request {
    file: String,
    principal: String,
}

/// The tokens of those who need one, by the names of their bodies.
#[derive(Default)]
pub(super) struct Senders {
    tokens: BTreeMap<String, String>,
    principals: BTreeMap<String, String>,
}

impl Senders {
    /// Makes the tokens that a capture needs, in the data folder of its server.
    pub(super) fn of(capture: &Path, truth: &Truth, data: &Path) -> Result<Self, Failure> {
        let foreign = truth.conversations.iter().filter(|it| it.foreign);
        let foreign: BTreeSet<&str> = foreign.filter_map(|it| it.principal.as_deref()).collect();
        if foreign.is_empty() {
            return Ok(Self::default());
        }
        let path = capture.join("requests.json");
        let text =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let requests: Vec<Request> = serde_json::from_slice(&text)
            .with_context(|| format!("cannot read the requests in {}", path.display()))?;
        let principals = requests.into_iter().map(|request| (request.file, request.principal));
        let mut senders = Self { principals: principals.collect(), tokens: BTreeMap::new() };
        let store = TokenStore::open(Keys::new(DataFolder::open_shared(data)?), data)?;
        for name in foreign {
            let token = store.create(&NewToken {
                name: Principal::new(name)?,
                tenant: Tenant::default(),
                door: Door::Otlp,
                relay: false,
            })?;
            senders.tokens.insert(name.to_owned(), token.reveal().to_owned());
        }
        Ok(senders)
    }

    /// The token a body is sent with.
    pub(super) fn token(&self, body: &Path) -> Option<&str> {
        let file = body.file_name()?.to_str()?;
        self.tokens.get(self.principals.get(file)?).map(String::as_str)
    }
}
