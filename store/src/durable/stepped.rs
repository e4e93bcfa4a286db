//! A file that is synced while it is written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seam_disk::DiskFile;

use super::files::DurableFiles;

/// Writes a new file front to back and syncs it each time some megabytes are written: a sync of
/// a large file would hold up every other sync of the disk, the log's above all.
pub(crate) struct SteppedFile {
    files: Arc<DurableFiles>,
    file: Box<dyn DiskFile>,
    path: PathBuf,
    written: u64,
    synced: u64,
    step_bytes: u64,
}

impl SteppedFile {
    /// Creates a file; the name must be free.
    pub(crate) fn create(
        files: &Arc<DurableFiles>,
        path: &Path,
        step_bytes: usize,
    ) -> io::Result<Self> {
        Ok(Self {
            files: Arc::clone(files),
            file: files.create(path)?,
            path: path.to_path_buf(),
            written: 0,
            synced: 0,
            step_bytes: step_bytes as u64,
        })
    }

    /// Makes the file and its name durable and returns its length in bytes.
    pub(crate) fn finish(&mut self) -> io::Result<u64> {
        self.files.synced(self.file.sync_all())?;
        self.files.sync_dir(self.path.parent().unwrap_or(Path::new("")))?;
        Ok(self.written)
    }
}

impl Write for SteppedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all_at(bytes, self.written)?;
        self.written += bytes.len() as u64;
        if self.written - self.synced >= self.step_bytes {
            self.files.synced(self.file.sync_data())?;
            self.synced = self.written;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
