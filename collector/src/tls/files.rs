//! The PEM files behind a TLS configuration.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{TlsError, TlsFiles};

/// Largest PEM file that is read.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What tells a changed file from an unchanged one: change time and length of each.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp(Vec<Option<(SystemTime, u64)>>);

impl Stamp {
    /// The stamp of the files as they are now.
    pub(super) fn of(files: &TlsFiles) -> Self {
        let paths = [Some(&files.certificate), Some(&files.key), files.client_ca.as_ref()];
        let stamps = paths.into_iter().flatten().map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        });
        Self(stamps.collect())
    }
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let failed = |source| TlsError::Read { what, path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(failed(std::io::Error::other("it is larger than 1 MiB")));
    }
    fs::read(path).map_err(failed)
}

/// All certificates of a file, at least one.
pub(super) fn certificates(
    what: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(what, path)?;
    let empty = || TlsError::Empty { what: "certificate", path: path.to_owned() };
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|_| empty())?;
    if found.is_empty() { Err(empty()) } else { Ok(found) }
}

/// The first private key of a file.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read("private key", path)?;
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| TlsError::Empty { what: "private key", path: path.to_owned() })
}
