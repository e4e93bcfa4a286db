//! The address of tables in an object store.

use std::fmt;

use object_store::path::Path;
use thiserror::Error;
use url::Url;

/// A bucket or container, and the folder in it below which the tables lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablesUrl {
    pub(super) kind: StoreKind,
    pub(super) bucket: String,
    pub(super) prefix: Path,
}

/// Whose protocol a store speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    S3,
    Google,
    Azure,
}

impl StoreKind {
    /// The scheme of its URLs.
    pub(super) fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }

    /// How the names of its variables begin.
    pub(super) fn variables(self) -> &'static str {
        match self {
            Self::S3 => "AWS_",
            Self::Google => "GOOGLE_",
            Self::Azure => "AZURE_",
        }
    }
}

/// Why a text is no address of tables. Quotes nothing of it: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TablesUrlError {
    /// It is no URL, or names no bucket.
    #[error("is no url of an object store; say s3://BUCKET/PREFIX, gs://… or az://…")]
    Malformed,
    /// Its scheme is not known.
    #[error("names no object store that seam knows; it knows s3://, gs:// and az://")]
    Scheme,
    /// It has a user, a password, a query or a fragment.
    #[error(
        "holds more than a bucket and a prefix; credentials come from the environment (AWS_…, GOOGLE_…, AZURE_…), where nobody who lists processes sees them"
    )]
    Credentials,
}

impl TablesUrl {
    /// Whether a text is meant as a URL, not as a folder.
    pub fn is_meant(text: &str) -> bool {
        text.contains("://")
    }

    /// Reads `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
    pub fn parse(text: &str) -> Result<Self, TablesUrlError> {
        let url = Url::parse(text).map_err(|_| TablesUrlError::Malformed)?;
        let kinds = [StoreKind::S3, StoreKind::Google, StoreKind::Azure];
        let kind = kinds.into_iter().find(|kind| kind.scheme() == url.scheme());
        let kind = kind.ok_or(TablesUrlError::Scheme)?;
        let has_more = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if has_more {
            return Err(TablesUrlError::Credentials);
        }
        let bucket = url.host_str().filter(|bucket| !bucket.is_empty() && url.port().is_none());
        let bucket = bucket.ok_or(TablesUrlError::Malformed)?.to_owned();
        let prefix = Path::from_url_path(url.path()).map_err(|_| TablesUrlError::Malformed)?;
        Ok(Self { kind, bucket, prefix })
    }
}

impl fmt::Display for TablesUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.kind.scheme(), self.bucket)?;
        if self.prefix.as_ref().is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}
