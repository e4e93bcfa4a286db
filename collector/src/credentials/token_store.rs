//! The tokens of a data folder: `keys/tokens.json` and `keys/local-token`.
//!
//! Commands and the server are different processes, so the file is the truth: each check
//! looks whether it has changed and reads it again if so. A token that was created or
//! revoked is known to a running server at its next request.

mod file;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use seam_schema::ids::{Principal, Tenant};
use seam_store::keys::{KeyError, Keys};
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::token::{Token, TokenHash};
use super::{Door, Identity};
use crate::answer::Refusal;

pub use file::TokenEntry;
use file::{Stamp, TokenFile};

/// Most tokens one folder holds.
const MAX_TOKENS: usize = 100_000;

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its name, which becomes the principal.
    pub name: Principal,
    /// Whose data it speaks for.
    pub tenant: Tenant,
    /// What it opens.
    pub door: Door,
    /// Whether it may speak for other principals.
    pub relay: bool,
}

/// Tokens could not be read, made or revoked. Never holds a token.
#[derive(Debug, Error)]
pub enum CredentialError {
    /// The store failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The file could not be looked at.
    #[error("cannot look at {}: {source}", .path.display())]
    Look {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not one of ours.
    #[error(
        "cannot read keys/tokens.json: {0}; restore it, or remove it and create the tokens again"
    )]
    Damaged(String),
    /// The name is taken.
    #[error(
        "cannot create the token `{0}`: there is one of that name; revoke it first or choose another name"
    )]
    Exists(Principal),
    /// No such token.
    #[error("cannot revoke the token `{0}`: there is none of that name; see `seam token list`")]
    Unknown(String),
    /// There are too many.
    #[error("cannot create another token: there are {MAX_TOKENS} already; revoke some first")]
    TooMany,
    /// The system gave no random bits.
    #[error("cannot make a token: the system gives no random bits ({0})")]
    Random(getrandom::Error),
    /// `keys/local-token` does not hold a token.
    #[error("cannot use keys/local-token: it does not hold a token; remove it and start again")]
    LocalToken,
}

/// The tokens of a data folder.
pub struct TokenStore {
    file: TokenFile,
    local: Option<TokenHash>,
    known: RwLock<Known>,
}

/// What the file held when it was last read, by hash.
#[derive(Debug, Default)]
struct Known {
    stamp: Option<Stamp>,
    tokens: HashMap<[u8; 32], (Door, Identity)>,
}

impl fmt::Debug for TokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenStore(..)")
    }
}

impl TokenStore {
    /// The tokens of the data folder at `root`, whose keys are given, for commands.
    pub fn open(keys: Keys, root: &Path) -> Result<Self, CredentialError> {
        let store =
            Self { file: TokenFile::new(keys, root), local: None, known: RwLock::default() };
        store.refresh()?;
        Ok(store)
    }

    /// The same for the server: the local token is made if there is none, and is good for
    /// the API and all tenants.
    pub fn open_with_local_token(keys: Keys, root: &Path) -> Result<Self, CredentialError> {
        let mut store = Self::open(keys, root)?;
        let token = store.file.local_token()?;
        store.local = TokenHash::of(token.reveal());
        Ok(store)
    }

    /// Makes a token. The returned text is the only copy.
    pub fn create(&self, new: &NewToken) -> Result<Token, CredentialError> {
        let token = Token::generate(new.door).map_err(CredentialError::Random)?;
        let hash = TokenHash::of(token.reveal()).ok_or(CredentialError::LocalToken)?;
        self.file.change(|entries| {
            if entries.len() >= MAX_TOKENS {
                return Err(CredentialError::TooMany);
            }
            if entries.iter().any(|entry| entry.name == new.name) {
                return Err(CredentialError::Exists(new.name.clone()));
            }
            entries.push(TokenEntry::new(new, hash));
            Ok(())
        })?;
        Ok(token)
    }

    /// All tokens, oldest first.
    pub fn list(&self) -> Result<Vec<TokenEntry>, CredentialError> {
        self.file.read()
    }

    /// Makes a token worthless.
    pub fn revoke(&self, name: &str) -> Result<(), CredentialError> {
        self.file.change(|entries| {
            let before = entries.len();
            entries.retain(|entry| entry.name.as_str() != name);
            if entries.len() == before {
                Err(CredentialError::Unknown(name.to_owned()))
            } else {
                Ok(())
            }
        })
    }

    /// Whether there is any token for this door, the local one aside.
    pub fn any_for(&self, door: Door) -> Result<bool, CredentialError> {
        Ok(self.file.read()?.iter().any(|entry| entry.door == door))
    }

    /// Who a presented token is, at this door.
    ///
    /// The look-up is by hash: what its time tells is about the hash of a guess, which tells
    /// nothing of a token. The comparison that decides takes the same time for all.
    pub fn check(&self, presented: &str, door: Door) -> Result<Identity, Refusal> {
        let hash = TokenHash::of(presented).ok_or(Refusal::Unauthenticated)?;
        if self.local.is_some_and(|local| local.0.ct_eq(&hash.0).into()) {
            return if door == Door::Api { Ok(local_identity()) } else { Err(Refusal::WrongDoor) };
        }
        if let Err(error) = self.refresh() {
            tracing::error!(%error, "tokens cannot be checked");
            return Err(Refusal::Internal);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (made_for, identity) = known
            .tokens
            .get_key_value(&hash.0)
            .filter(|(stored, _)| stored.ct_eq(&hash.0).into())
            .map(|(_, found)| found)
            .ok_or(Refusal::Unauthenticated)?;
        if *made_for == door { Ok(identity.clone()) } else { Err(Refusal::WrongDoor) }
    }

    /// Reads the file again if it has changed.
    fn refresh(&self) -> Result<(), CredentialError> {
        let stamp = self.file.stamp()?;
        let unchanged =
            |known: &Known| known.stamp.as_ref().is_some_and(|seen| seen.still_holds(&stamp));
        if unchanged(&self.known.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        let entries = self.file.read()?;
        let tokens = entries
            .into_iter()
            .map(|entry| (entry.hash.0, (entry.door, entry.identity())))
            .collect();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Known { stamp: Some(stamp), tokens };
        Ok(())
    }
}

fn local_identity() -> Identity {
    Identity { all_tenants: true, ..Identity::local() }
}

#[cfg(test)]
mod tests;
