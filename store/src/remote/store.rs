//! An object store whose errors say no secret, and say exactly what is known.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    Result, UploadPart,
};
use thiserror::Error;

use super::url::StoreKind;

/// Tables in an object store. Clones share the connections.
#[derive(Clone)]
pub(crate) struct RemoteStore {
    inner: Arc<dyn ObjectStore>,
    kind: StoreKind,
    at: Arc<str>,
}

/// How many characters of an error are told: stores answer with pages.
const TOLD_MAX: usize = 500;

/// What a client's error comes to.
#[derive(Debug, Error)]
#[error("{0}")]
struct Told(String);

impl RemoteStore {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, kind: StoreKind, at: String) -> Self {
        Self { inner, kind, at: at.into() }
    }

    /// The same error without what must not be told.
    fn safe(&self, error: Error) -> Error {
        let safe = |source: Box<dyn StdError + Send + Sync>| -> Box<dyn StdError + Send + Sync> {
            Box::new(Told(told(source.as_ref())))
        };
        match error {
            Error::Generic { store, source } => Error::Generic { store, source: safe(source) },
            Error::NotFound { path, source } => Error::NotFound { path, source: safe(source) },
            // S3 answers 412 where a name is taken; the client puts that into an error of its own.
            // 409 says that another request for the name is on its way, and nothing of how it ends.
            Error::AlreadyExists { source, .. }
                if self.kind == StoreKind::S3 && !source.is::<Error>() =>
            {
                Error::Generic { store: "S3", source: safe(source) }
            }
            Error::AlreadyExists { path, source } => {
                Error::AlreadyExists { path, source: safe(source) }
            }
            Error::Precondition { path, source } => {
                Error::Precondition { path, source: safe(source) }
            }
            Error::NotModified { path, source } => {
                Error::NotModified { path, source: safe(source) }
            }
            Error::PermissionDenied { path, source } => {
                Error::PermissionDenied { path, source: safe(source) }
            }
            Error::Unauthenticated { path, source } => {
                Error::Unauthenticated { path, source: safe(source) }
            }
            other => other,
        }
    }

    fn safe_stream<T: Send + 'static>(
        &self,
        stream: BoxStream<'static, Result<T>>,
    ) -> BoxStream<'static, Result<T>> {
        let store = self.clone();
        stream.map_err(move |error| store.safe(error)).boxed()
    }
}

/// What an error and its causes say, without the queries of URLs: a signature may stand there.
pub(super) fn told(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    let text = without_queries(&text);
    match text.char_indices().nth(TOLD_MAX) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The text on one line, and without what stands behind the question mark of a URL.
fn without_queries(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, query)) = rest.split_once('?') {
        safe.push_str(before);
        if before.ends_with(['<', ' ']) {
            safe.push('?');
            rest = query;
            continue;
        }
        let ends = |letter: char| letter.is_whitespace() || "\"'<>()".contains(letter);
        rest = query.get(query.find(ends).unwrap_or(query.len())..).unwrap_or_default();
    }
    safe.push_str(rest);
    safe
}

#[async_trait]
impl ObjectStore for RemoteStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let put = self.inner.put_opts(location, payload, options).await;
        put.map_err(|error| self.safe(error))
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.inner.put_multipart_opts(location, options).await;
        let upload = upload.map_err(|error| self.safe(error))?;
        Ok(Box::new(SafeUpload { upload, store: self.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let got = self.inner.get_opts(location, options).await;
        let mut got = got.map_err(|error| self.safe(error))?;
        got.payload = match got.payload {
            GetResultPayload::Stream(stream) => GetResultPayload::Stream(self.safe_stream(stream)),
            file @ GetResultPayload::File(..) => file,
        };
        Ok(got)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let got = self.inner.get_ranges(location, ranges).await;
        got.map_err(|error| self.safe(error))
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.safe_stream(self.inner.delete_stream(locations))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.safe_stream(self.inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.safe_stream(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let listed = self.inner.list_with_delimiter(prefix).await;
        listed.map_err(|error| self.safe(error))
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let copied = self.inner.copy_opts(from, to, options).await;
        copied.map_err(|error| self.safe(error))
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let renamed = self.inner.rename_opts(from, to, options).await;
        renamed.map_err(|error| self.safe(error))
    }
}

/// An upload in parts, its errors made safe.
#[derive(Debug)]
struct SafeUpload {
    upload: Box<dyn MultipartUpload>,
    store: RemoteStore,
}

#[async_trait]
impl MultipartUpload for SafeUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let store = self.store.clone();
        self.upload.put_part(data).map_err(move |error| store.safe(error)).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let completed = self.upload.complete().await;
        completed.map_err(|error| self.store.safe(error))
    }

    async fn abort(&mut self) -> Result<()> {
        let aborted = self.upload.abort().await;
        aborted.map_err(|error| self.store.safe(error))
    }
}

impl fmt::Debug for RemoteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteStore({})", self.at)
    }
}

impl fmt::Display for RemoteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A signature in a URL is not told, wherever the URL stands in a text.
    #[test]
    fn queries_are_left_out() {
        let text =
            "GET https://a.blob/c?sv=1&sig=SECRET in 2s -\n (https://x/?k=SECRET) <?xml?> end";
        let safe = without_queries(text);
        assert_eq!(safe, "GET https://a.blob/c in 2s - (https://x/) <?xml> end");
    }
}
