//! The durable files as an object store, which is what Delta writes to.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path as FsPath;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyMode, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result, UploadPart,
};
use seam_disk::{DirEntry, DiskFile};
use tokio::task::spawn_blocking;

use super::files::{DurableFiles, disk_path};

/// Reads and writes go to the disk; a write returns when it is durable.
#[derive(Clone)]
pub(crate) struct DiskStore(Arc<DurableFiles>);

impl DiskStore {
    pub(crate) fn new(files: Arc<DurableFiles>) -> Self {
        Self(files)
    }

    /// The files behind it.
    pub(crate) fn files(&self) -> &Arc<DurableFiles> {
        &self.0
    }

    /// Runs one piece of work that blocks.
    async fn blocking<T: Send + 'static>(
        &self,
        path: &Path,
        work: impl FnOnce(&DurableFiles, &FsPath) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let files = Arc::clone(&self.0);
        let at = disk_path(path);
        let done = spawn_blocking(move || work(&files, &at)).await;
        done.map_err(|source| Error::JoinError { source })?.map_err(|error| named(path, error))
    }
}

/// The store's error for an error of the disk, which names the path already.
fn named(path: &Path, error: io::Error) -> Error {
    let location = path.to_string();
    match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path: location, source: error.into() },
        io::ErrorKind::AlreadyExists => {
            Error::AlreadyExists { path: location, source: error.into() }
        }
        _ => Error::Generic { store: "durable", source: error.into() },
    }
}

fn meta(location: Path, size: u64) -> ObjectMeta {
    ObjectMeta { location, last_modified: DateTime::UNIX_EPOCH, size, e_tag: None, version: None }
}

fn read_range(file: &dyn DiskFile, range: &Range<u64>) -> io::Result<Bytes> {
    let len = usize::try_from(range.end.saturating_sub(range.start)).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.into())
}

fn put(files: &DurableFiles, at: &FsPath, parts: &[Bytes], mode: &PutMode) -> io::Result<()> {
    match mode {
        PutMode::Create => files.put_if_absent(at, parts),
        PutMode::Overwrite => files.put_over(at, parts),
        PutMode::Update(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

const NO_TAG: PutResult = PutResult { e_tag: None, version: None };

#[async_trait]
impl ObjectStore for DiskStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let parts: Vec<Bytes> = payload.into_iter().collect();
        self.blocking(location, move |files, at| put(files, at, &parts, &options.mode)).await?;
        Ok(NO_TAG)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let store = self.clone();
        Ok(Box::new(Upload { store, location: location.clone(), parts: Vec::new() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let found = meta(location.clone(), 0);
        options.check_preconditions(&found)?;
        let read = self
            .blocking(location, move |files, at| {
                let file = files.open(at)?;
                let len = file.len()?;
                let range = match &options.range {
                    Some(range) => range.as_range(len).map_err(io::Error::other)?,
                    None => 0..len,
                };
                let bytes =
                    if options.head { Bytes::new() } else { read_range(file.as_ref(), &range)? };
                Ok((bytes, range, len))
            })
            .await;
        let (bytes, range, len) = read?;
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream::once(async { Ok(bytes) }).boxed()),
            meta: meta(location.clone(), len),
            range,
            attributes: Attributes::default(),
        })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let ranges = ranges.to_vec();
        self.blocking(location, move |files, at| {
            let file = files.open(at)?;
            ranges.iter().map(|range| read_range(file.as_ref(), range)).collect()
        })
        .await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        locations
            .and_then(move |location| {
                let store = store.clone();
                async move {
                    store.blocking(&location, DurableFiles::remove).await?;
                    Ok(location)
                }
            })
            .boxed()
    }

    /// Sorted by path: Delta's reader relies on it.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let store = self.clone();
        let prefix = prefix.cloned().unwrap_or_default();
        let listed = async move {
            let found = store.blocking(&prefix, DurableFiles::list).await?;
            let objects = found.into_iter().map(|(path, len)| {
                let location = Path::parse(path.to_string_lossy())?;
                Ok(meta(location, len))
            });
            Ok::<_, Error>(stream::iter(objects.collect::<Vec<_>>()))
        };
        listed.into_stream().try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let prefix = prefix.cloned().unwrap_or_default();
        let entries = self.blocking(&prefix, DurableFiles::list_one).await?;
        let mut result = ListResult { common_prefixes: Vec::new(), objects: Vec::new() };
        for DirEntry { name, is_dir, len } in entries {
            let location = prefix.clone().join(name.to_string_lossy().as_ref());
            if is_dir {
                result.common_prefixes.push(location);
            } else {
                result.objects.push(meta(location, len));
            }
        }
        Ok(result)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let mode = match options.mode {
            CopyMode::Create => PutMode::Create,
            CopyMode::Overwrite => PutMode::Overwrite,
        };
        let to = disk_path(to);
        self.blocking(from, move |files, from| {
            let file = files.open(from)?;
            let bytes = read_range(file.as_ref(), &(0..file.len()?))?;
            put(files, &to, &[bytes], &mode)
        })
        .await
    }
}

/// An upload in parts, kept in memory until it is complete; checkpoints are written so.
#[derive(Debug)]
struct Upload {
    store: DiskStore,
    location: Path,
    parts: Vec<Bytes>,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.parts.extend(data);
        std::future::ready(Ok(())).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let parts = std::mem::take(&mut self.parts);
        self.store.blocking(&self.location, move |files, at| files.put_over(at, &parts)).await?;
        Ok(NO_TAG)
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.clear();
        Ok(())
    }
}

impl fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DiskStore")
    }
}

impl fmt::Display for DiskStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data folder")
    }
}
