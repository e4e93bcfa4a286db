//! Requests in a file, to be sent again as they came.
//!
//! Each is the length of its path (u32, little-endian), the path, 1 or 0 for gzip, the length of its body
//! (u32), the body.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;

const BUFFER_BYTES: usize = 1 << 20;

/// A request over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptRequest {
    /// With its query.
    pub(crate) path: String,
    pub(crate) gzip: bool,
    pub(crate) body: Bytes,
}

/// Writes them.
pub(super) struct Keeper<W: Write>(BufWriter<W>);

/// Reads them, one after the other.
pub(crate) struct KeptRequests<R: Read>(BufReader<R>);

impl Keeper<File> {
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path);
        let file = file.with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(BufWriter::with_capacity(BUFFER_BYTES, file)))
    }
}

impl<W: Write> Keeper<W> {
    /// Writes a request whole: whoever kills the process afterwards finds it.
    pub(super) fn keep(&mut self, request: &KeptRequest) -> anyhow::Result<()> {
        self.write(request).context("cannot keep a request")
    }

    fn write(&mut self, request: &KeptRequest) -> anyhow::Result<()> {
        self.0.write_all(&u32::try_from(request.path.len())?.to_le_bytes())?;
        self.0.write_all(request.path.as_bytes())?;
        self.0.write_all(&[u8::from(request.gzip)])?;
        self.0.write_all(&u32::try_from(request.body.len())?.to_le_bytes())?;
        self.0.write_all(&request.body)?;
        Ok(self.0.flush()?)
    }
}

impl KeptRequests<File> {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self(BufReader::with_capacity(BUFFER_BYTES, file)))
    }
}

impl<R: Read> KeptRequests<R> {
    fn read(&mut self) -> anyhow::Result<Option<KeptRequest>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let path = self.bytes(length)?;
        let mut gzip = [0];
        self.0.read_exact(&mut gzip)?;
        self.0.read_exact(&mut length)?;
        let body = self.bytes(length)?.into();
        Ok(Some(KeptRequest { path: String::from_utf8(path)?, gzip: gzip == [1], body }))
    }

    fn bytes(&mut self, length: [u8; 4]) -> anyhow::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(u32::from_le_bytes(length))?];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: Read> Iterator for KeptRequests<R> {
    type Item = anyhow::Result<KeptRequest>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().context("cannot read a kept request").transpose()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// What was kept comes back as it was; half a request at the end is an error, not one less.
    #[test]
    fn requests_come_back_as_they_were() {
        let request = |path: &str, gzip, body: &'static [u8]| KeptRequest {
            path: path.to_owned(),
            gzip,
            body: Bytes::from_static(body),
        };
        let all = [request("/_bulk?x=1", true, b"\x1f\x8b"), request("/a", false, b"")];
        let mut keeper = Keeper(BufWriter::new(Vec::new()));
        for one in &all {
            keeper.keep(one).unwrap();
        }
        let written = keeper.0.into_inner().unwrap();
        let read: Vec<_> = KeptRequests(BufReader::new(&written[..])).map(Result::unwrap).collect();
        assert_eq!(read, all);
        let cut = &written[..written.len() - 1];
        assert!(KeptRequests(BufReader::new(cut)).any(|one| one.is_err()));
    }
}
