//! The place of the tables: a disk, or an object store.

use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};

use super::files::{DurableFiles, disk_path};
use super::object::DiskStore;
use super::stepped::SteppedFile;
use super::upload::Upload;
use crate::remote::RemoteStore;

/// Where the tables lie; a write returns when it is durable there.
#[derive(Clone)]
pub(crate) enum DurableStore {
    /// In the data folder.
    Disk(DiskStore),
    /// In an object store, which others may write too.
    Remote(RemoteStore),
}

impl DurableStore {
    /// Tables in the data folder.
    pub(crate) fn new(files: Arc<DurableFiles>) -> Self {
        Self::Disk(DiskStore::new(files))
    }

    /// Tables in an object store.
    pub(crate) fn remote(store: RemoteStore) -> Self {
        Self::Remote(store)
    }

    /// Whether others may write these tables too, and an answer may be lost on its way.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Self::Remote(_))
    }

    /// Why nothing can be written any more, if that is so.
    pub(crate) fn broken(&self) -> Option<&str> {
        match self {
            Self::Disk(disk) => disk.files().broken(),
            Self::Remote(_) => None,
        }
    }

    /// Begins a new file of a table; on a disk the name must be free. Blocks.
    pub(crate) fn create(&self, path: &Path, sync_step_bytes: usize) -> io::Result<TableFile> {
        Ok(match self {
            Self::Disk(disk) => {
                let at = disk_path(path);
                TableFile::Disk(SteppedFile::create(disk.files(), &at, sync_step_bytes)?)
            }
            Self::Remote(store) => TableFile::Remote(Upload::new(store.clone(), path.clone())),
        })
    }

    /// Where to begin counting the tries to write a file. In an object store a name is never
    /// used twice: nothing there says at once whether it is taken, and an upload whose answer was
    /// lost may land late.
    pub(crate) fn first_attempt(&self) -> io::Result<u32> {
        match self {
            Self::Disk(_) => Ok(0),
            Self::Remote(_) => getrandom::u32().map_err(io::Error::other),
        }
    }

    /// Makes durable what a folder names, after a write of which that is not known.
    pub(crate) fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        match self {
            Self::Disk(disk) => disk.files().sync_dir(&disk_path(dir)),
            Self::Remote(_) => Ok(()),
        }
    }

    /// Removes what a crash left unfinished in a folder.
    pub(crate) fn remove_unfinished(&self, dir: &Path) -> io::Result<()> {
        match self {
            Self::Disk(disk) => disk.files().remove_unfinished(&disk_path(dir)),
            Self::Remote(_) => Ok(()),
        }
    }

    /// Removes a file that was begun and given up before it was finished. An object store shows
    /// nothing of such a file, and giving it up was all.
    pub(crate) fn remove_begun(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Disk(disk) => disk.files().remove(&disk_path(path)),
            Self::Remote(_) => Ok(()),
        }
    }

    fn store(&self) -> &dyn ObjectStore {
        match self {
            Self::Disk(disk) => disk,
            Self::Remote(remote) => remote,
        }
    }
}

/// A file of a table that is being written, front to back.
pub(crate) enum TableFile {
    /// On a disk.
    Disk(SteppedFile),
    /// On its way to an object store.
    Remote(Upload),
}

impl TableFile {
    /// Makes the file durable under its name and returns its length in bytes.
    pub(crate) fn finish(&mut self) -> io::Result<u64> {
        match self {
            Self::Disk(file) => file.finish(),
            Self::Remote(upload) => upload.finish(),
        }
    }
}

impl Write for TableFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Disk(file) => file.write(bytes),
            Self::Remote(upload) => upload.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.store().put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.store().put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.store().get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.store().get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.store().delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store().list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store().list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store().list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.store().copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.store().rename_opts(from, to, options).await
    }
}

impl fmt::Debug for DurableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(_) => f.write_str("DurableStore(disk)"),
            Self::Remote(remote) => write!(f, "DurableStore({remote})"),
        }
    }
}

impl fmt::Display for DurableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.store())
    }
}
