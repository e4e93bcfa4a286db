//! `keys/tokens.json` and `keys/local-token`.
//!
//! ```json
//! {"version": 1, "tokens": [{"name": "laptop-7", "tenant": "default", "door": "otlp",
//!   "relay": false, "created_unix_seconds": 1767225600, "hash": "…64 hex digits…"}]}
//! ```

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seam_schema::ids::{Principal, Tenant};
use seam_store::keys::Keys;
use serde::{Deserialize, Serialize};

use super::{CredentialError, NewToken};
use crate::credentials::token::{Token, TokenHash};
use crate::credentials::{Door, Identity};

const TOKENS: &str = "tokens.json";
const LOCAL_TOKEN: &str = "local-token";
const VERSION: u32 = 1;

/// Two changes within this time may have the same time stamp.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// A token as it is stored: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEntry {
    /// Its name, which is the principal.
    pub name: Principal,
    /// Whose data it speaks for.
    pub tenant: Tenant,
    /// What it opens.
    pub door: Door,
    /// Whether it may speak for other principals.
    pub relay: bool,
    /// When it was made, in seconds since 1970.
    pub created_unix_seconds: u64,
    pub(super) hash: TokenHash,
}

impl TokenEntry {
    /// The entry of a token made now.
    pub(super) fn new(new: &NewToken, hash: TokenHash) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            name: new.name.clone(),
            tenant: new.tenant.clone(),
            door: new.door,
            relay: new.relay,
            created_unix_seconds: now.as_secs(),
            hash,
        }
    }

    /// Who comes with it.
    pub(super) fn identity(&self) -> Identity {
        Identity { relay: self.relay, ..Identity::of(self.tenant.clone(), self.name.clone()) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    tokens: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    tenant: String,
    door: String,
    relay: bool,
    created_unix_seconds: u64,
    hash: String,
}

impl Line {
    fn of(entry: &TokenEntry) -> Self {
        Self {
            name: entry.name.as_str().to_owned(),
            tenant: entry.tenant.as_str().to_owned(),
            door: entry.door.as_str().to_owned(),
            relay: entry.relay,
            created_unix_seconds: entry.created_unix_seconds,
            hash: entry.hash.to_hex(),
        }
    }

    fn entry(&self) -> Result<TokenEntry, CredentialError> {
        let damaged =
            |what: &str| CredentialError::Damaged(format!("the {what} of a token is damaged"));
        Ok(TokenEntry {
            name: Principal::new(&self.name).map_err(|_| damaged("name"))?,
            tenant: Tenant::new(&self.tenant).map_err(|_| damaged("tenant"))?,
            door: Door::parse(&self.door).ok_or_else(|| damaged("door"))?,
            relay: self.relay,
            created_unix_seconds: self.created_unix_seconds,
            hash: TokenHash::from_hex(&self.hash).ok_or_else(|| damaged("hash"))?,
        })
    }
}

/// What tells a changed file from an unchanged one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Inode, length, and seconds and nanoseconds of the last change; `None` for no file.
    file: Option<[i64; 4]>,
    /// Whether a later change would surely give another time.
    settled: bool,
}

impl Stamp {
    /// Whether what was read under this stamp is still what is there.
    pub(super) fn still_holds(&self, now: &Self) -> bool {
        self.settled && self.file == now.file
    }
}

/// The files, and how to change them.
pub(super) struct TokenFile {
    keys: Keys,
    path: PathBuf,
}

impl TokenFile {
    /// The token file of the data folder at `root`.
    pub(super) fn new(keys: Keys, root: &Path) -> Self {
        Self { keys, path: root.join("keys").join(TOKENS) }
    }

    /// Looks at the file without reading it.
    pub(super) fn stamp(&self) -> Result<Stamp, CredentialError> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Stamp { file: None, settled: true });
            }
            Err(source) => return Err(CredentialError::Look { path: self.path.clone(), source }),
        };
        let inode = metadata.ino().cast_signed();
        let file =
            Some([inode, metadata.size().cast_signed(), metadata.ctime(), metadata.ctime_nsec()]);
        let changed =
            UNIX_EPOCH + Duration::from_secs(u64::try_from(metadata.ctime()).unwrap_or(0));
        let age = SystemTime::now().duration_since(changed).unwrap_or_default();
        Ok(Stamp { file, settled: age > COARSEST_CLOCK })
    }

    /// All entries.
    pub(super) fn read(&self) -> Result<Vec<TokenEntry>, CredentialError> {
        parse(self.keys.read(TOKENS)?.as_deref())
    }

    /// Changes the entries as one step, whoever else changes them at the same time.
    pub(super) fn change(
        &self,
        change: impl FnOnce(&mut Vec<TokenEntry>) -> Result<(), CredentialError>,
    ) -> Result<(), CredentialError> {
        self.keys.update(TOKENS, |bytes| {
            let mut entries = parse(bytes.as_deref())?;
            change(&mut entries)?;
            let document =
                Document { version: VERSION, tokens: entries.iter().map(Line::of).collect() };
            let text = serde_json::to_vec_pretty(&document).map_err(|error| damaged(&error))?;
            Ok((text, ()))
        })
    }

    /// The token in `keys/local-token`, made if there is none.
    pub(super) fn local_token(&self) -> Result<Token, CredentialError> {
        self.keys.update(LOCAL_TOKEN, |bytes| {
            if let Some(bytes) = bytes {
                let text = String::from_utf8(bytes).map_err(|_| CredentialError::LocalToken)?;
                let token = Token::from_text(&text).ok_or(CredentialError::LocalToken)?;
                return Ok((text.into_bytes(), token));
            }
            let token = Token::generate(Door::Api).map_err(CredentialError::Random)?;
            Ok((format!("{}\n", token.reveal()).into_bytes(), token))
        })
    }
}

fn damaged(error: &serde_json::Error) -> CredentialError {
    CredentialError::Damaged(format!(
        "it is not the JSON that seam writes, at line {}",
        error.line()
    ))
}

fn parse(bytes: Option<&[u8]>) -> Result<Vec<TokenEntry>, CredentialError> {
    let Some(bytes) = bytes else { return Ok(Vec::new()) };
    let document: Document = serde_json::from_slice(bytes).map_err(|error| damaged(&error))?;
    if document.version != VERSION {
        return Err(CredentialError::Damaged(format!("version {} is not known", document.version)));
    }
    document.tokens.iter().map(Line::entry).collect()
}
