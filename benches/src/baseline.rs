//! The reference of every run: the same bodies written and synced to a file, and nothing else.
//!
//! One thread takes what is queued, writes it with one call, syncs the data once and
//! releases all that waited. Nothing is decoded, framed, checked or indexed, and the file
//! has its blocks beforehand. No durable server on this disk can be cheaper, so a figure
//! divided by this one says what a server adds, on any machine.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::Context as _;
use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use crate::drive::Answer;

/// Usual size of the file. It is written round and round, as a log with recycled segments.
pub(crate) const FILE_BYTES: usize = 256 << 20;
/// One write takes no more than this, save for a single larger body.
const WRITE_BYTES: usize = 8 << 20;
const QUEUE: usize = 4_096;

type Waiting = (Bytes, oneshot::Sender<Result<(), String>>);

/// A file that acknowledges what is synced. Clones write to the same file.
#[derive(Clone)]
pub(crate) struct Journal {
    queue: mpsc::Sender<Waiting>,
    thread: PathBuf,
    folder: Arc<TempDir>,
}

impl Journal {
    /// Makes the file in a new folder under `parent`, which is removed with the last clone.
    pub(crate) fn create(parent: &Path, file_bytes: usize) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix(".load-baseline-").tempdir_in(parent);
        let folder =
            folder.with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let file = preallocated(&folder.path().join("journal"), file_bytes)?;
        let (queue, queued) = mpsc::channel(QUEUE);
        let (tell, told) = sync_channel(1);
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || {
                // The link reads `<pid>/task/<tid>`, for whichever thread follows it.
                if tell.send(std::fs::read_link("/proc/thread-self")).is_ok() {
                    work(&file, file_bytes, queued);
                }
            })
            .context("cannot start the journal's thread")?;
        let thread = told.recv().context("the journal's thread ended early")?;
        let thread = thread.context("cannot read /proc/thread-self: this needs Linux")?;
        Ok(Self { queue, thread: PathBuf::from("/proc").join(thread), folder: Arc::new(folder) })
    }

    /// The `/proc` folder of the one thread that works for the journal.
    pub(crate) fn thread(&self) -> &Path {
        &self.thread
    }

    /// Comes back once the body is on stable storage.
    pub(crate) async fn append(&self, body: Bytes) -> anyhow::Result<Answer> {
        let (done, synced) = oneshot::channel();
        let place = || format!("the file in {} cannot be written", self.folder.path().display());
        self.queue.send((body, done)).await.ok().with_context(place)?;
        let outcome = synced.await.with_context(place)?;
        outcome.map_err(anyhow::Error::msg).with_context(place)?;
        Ok(Answer::Acknowledged { rejected: 0 })
    }
}

/// Writes zeros once, so that later no sync has to record new blocks.
fn preallocated(path: &Path, file_bytes: usize) -> anyhow::Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let zeros = vec![0; WRITE_BYTES];
    for block in 0..file_bytes / WRITE_BYTES {
        let at = (block * WRITE_BYTES) as u64;
        file.write_all_at(&zeros, at).with_context(|| format!("cannot fill {}", path.display()))?;
    }
    file.sync_all().with_context(|| format!("cannot sync {}", path.display()))?;
    Ok(file)
}

/// Ends with the last sender, or with the first failure: what follows one cannot be trusted.
fn work(file: &File, file_bytes: usize, mut queued: mpsc::Receiver<Waiting>) {
    let (mut at, mut group, mut waiting) = (0, Vec::with_capacity(WRITE_BYTES), Vec::new());
    while let Some((body, done)) = queued.blocking_recv() {
        group.extend_from_slice(&body);
        waiting.push(done);
        while group.len() < WRITE_BYTES
            && let Ok((body, done)) = queued.try_recv()
        {
            group.extend_from_slice(&body);
            waiting.push(done);
        }
        if at + group.len() > file_bytes {
            at = 0;
        }
        let outcome = file.write_all_at(&group, at as u64).and_then(|()| file.sync_data());
        let outcome = outcome.map_err(|error| error.to_string());
        for done in waiting.drain(..) {
            // Not taken where nobody waits any more, because the run was broken off.
            done.send(outcome.clone()).ok();
        }
        if outcome.is_err() {
            return;
        }
        at += group.len();
        group.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::*;

    /// What was acknowledged is in the file, byte for byte, in the order of arrival.
    #[tokio::test]
    async fn acknowledged_bodies_are_in_the_file() {
        let parent = tempfile::tempdir().unwrap();
        let journal = Journal::create(parent.path(), WRITE_BYTES).unwrap();
        for body in ["one", "two", "three"] {
            journal.append(Bytes::from(body)).await.unwrap();
        }
        let file = File::open(journal.folder.path().join("journal")).unwrap();
        let mut start = [0; 11];
        file.read_exact_at(&mut start, 0).unwrap();
        assert_eq!(&start, b"onetwothree");
        assert!(journal.thread().join("stat").exists());
    }
}
