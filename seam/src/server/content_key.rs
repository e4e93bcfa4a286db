//! The key of the hashes that stand for secrets and for withheld content.
//!
//! It is made once per data folder: equal texts stay equal over all that is stored there, and
//! nobody without the key can tell a text from its hash by trying.

use anyhow::{Context as _, anyhow};
use seam_store::keys::{KeyError, Keys};

/// The file under `keys/`.
pub(crate) const CONTENT_KEY: &str = "content-key";

/// Reads the key, or makes it where there is none.
pub(crate) fn read_or_make(keys: &Keys) -> anyhow::Result<[u8; 32]> {
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).map_err(|error| {
        anyhow!("cannot make keys/{CONTENT_KEY}: the system gives no random bytes: {error}")
    })?;
    let bytes = keys
        .update(CONTENT_KEY, |old| {
            let bytes = old.unwrap_or_else(|| fresh.to_vec());
            Ok::<_, KeyError>((bytes.clone(), bytes))
        })
        .context("cannot read or make the key of content hashes")?;
    bytes.try_into().map_err(|_| {
        anyhow!(
            "cannot use keys/{CONTENT_KEY}: it has not 32 bytes; put the file of a backup in its place"
        )
    })
}
