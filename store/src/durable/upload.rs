//! A file on its way to an object store.

use std::io::{self, Write};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt, WriteMultipart};
use tokio::runtime::Handle;

use crate::remote::RemoteStore;

/// A file of at most so many bytes goes in one request; a larger one in parts of this size. S3
/// takes no parts below 5 MiB, and at most 10,000 of them.
const PART_BYTES: usize = 8 << 20;
/// How many parts are on their way at once.
const PARTS_AT_ONCE: usize = 4;

/// Takes bytes and sends them on, a part at a time. The file is there, as a whole, when
/// [`Self::finish`] has returned, and not before. All calls block: use it on a thread that may.
pub(crate) struct Upload {
    store: RemoteStore,
    path: Path,
    runtime: Handle,
    /// What is in no part yet.
    buffer: Vec<u8>,
    parts: Option<WriteMultipart>,
    written: u64,
}

impl Upload {
    /// Begins a file; nothing is sent yet. Call it in a Tokio runtime.
    pub(crate) fn new(store: RemoteStore, path: Path) -> Self {
        let runtime = Handle::current();
        Self { store, path, runtime, buffer: Vec::new(), parts: None, written: 0 }
    }

    /// Sends what is left, ends the file and returns its length in bytes.
    pub(crate) fn finish(&mut self) -> io::Result<u64> {
        let rest = Bytes::from(std::mem::take(&mut self.buffer));
        let sent = match self.parts.take() {
            None => self.runtime.block_on(self.store.put(&self.path, rest.into())),
            Some(mut parts) => self.runtime.block_on(async {
                parts.put(rest);
                parts.finish().await
            }),
        };
        sent.map_err(io::Error::other)?;
        Ok(self.written)
    }

    fn send_part(&mut self) -> io::Result<()> {
        let part = Bytes::from(std::mem::take(&mut self.buffer));
        let (store, path, parts) = (&self.store, &self.path, &mut self.parts);
        let sent = self.runtime.block_on(async {
            let parts = match parts {
                Some(parts) => parts,
                none => {
                    let upload = store.put_multipart(path).await?;
                    none.insert(WriteMultipart::new_with_chunk_size(upload, PART_BYTES))
                }
            };
            parts.wait_for_capacity(PARTS_AT_ONCE).await?;
            parts.put(part);
            Ok(())
        });
        sent.map_err(|error: object_store::Error| io::Error::other(error))
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PART_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.buffer.len() == PART_BYTES {
            self.send_part()?;
        }
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is given up leaves no parts behind, as far as the store can be told.
impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            self.runtime.spawn(async move {
                // What is left of it costs room in the store, and nothing else.
                parts.abort().await.ok();
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::sync::Arc;

    use object_store::ObjectStore;
    use object_store::memory::InMemory;

    use super::*;
    use crate::remote::StoreKind;

    /// A file of one part and one of several arrive whole, when they are finished and not before.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn files_arrive_whole() {
        let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let store = RemoteStore::new(Arc::clone(&memory), StoreKind::S3, "memory".to_owned());
        for len in [1, PART_BYTES - 1, PART_BYTES, 3 * PART_BYTES + 5] {
            let bytes: Vec<u8> = (0..=250_u8).cycle().take(len).collect();
            let path = Path::from(len.to_string());
            let (mut upload, sent) = (Upload::new(store.clone(), path.clone()), bytes.clone());
            let written = tokio::task::spawn_blocking(move || {
                for chunk in sent.chunks(1_000_003) {
                    upload.write_all(chunk).unwrap();
                }
                let runtime = upload.runtime.clone();
                let early = runtime.block_on(upload.store.head(&upload.path));
                assert!(matches!(early, Err(object_store::Error::NotFound { .. })));
                upload.finish().unwrap()
            });
            assert_eq!(written.await.unwrap(), len as u64);
            assert_eq!(memory.get(&path).await.unwrap().bytes().await.unwrap(), bytes);
        }
    }
}
