//! An open file: every call meets the disk's fate.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::file::FileNode;
use super::{Fate, PowerCutDisk, State, cut, lock_node, to_index};
use crate::disk::DiskFile;
use crate::trace::{FileId, Op};

/// An open file of a [`PowerCutDisk`].
pub(super) struct Handle {
    pub(super) disk: PowerCutDisk,
    pub(super) node: Arc<Mutex<FileNode>>,
    pub(super) id: FileId,
    pub(super) path: PathBuf,
}

impl Handle {
    fn sync(&self, op: Op) -> io::Result<()> {
        let mut state = self.disk.state();
        match state.begin(op, &self.path)? {
            Fate::Cut => Err(cut()),
            Fate::Fails(error) => {
                lock_node(&self.node).fail_sync();
                Err(error.to_io())
            }
            Fate::Done => {
                lock_node(&self.node).sync();
                state.trace.synced(op, self.id, &self.path);
                Ok(())
            }
        }
    }

    fn changed(&self, state: &mut State, op: Op) {
        state.trace.changed(op, self.id, &self.path);
    }
}

impl DiskFile for Handle {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        state.check_power()?;
        let node = lock_node(&self.node);
        let there = node.live().get(to_index(offset)?..).unwrap_or_default();
        let read = there.len().min(buffer.len());
        buffer[..read].copy_from_slice(&there[..read]);
        Ok(read)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let offset = to_index(offset)?;
        let mut state = self.disk.state();
        let fate = state.begin(Op::Write, &self.path)?;
        let len = lock_node(&self.node).live().len();
        let growth = (offset + bytes.len()).saturating_sub(len);
        match fate {
            Fate::Cut => {
                lock_node(&self.node).write(offset, bytes);
                Err(cut())
            }
            Fate::Fails(error) => {
                lock_node(&self.node).write(offset, &bytes[..bytes.len() / 2]);
                self.changed(&mut state, Op::Write);
                Err(error.to_io())
            }
            Fate::Done => {
                state.check_capacity(growth as u64)?;
                lock_node(&self.node).write(offset, bytes);
                self.changed(&mut state, Op::Write);
                Ok(())
            }
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync(Op::SyncData)
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync(Op::SyncAll)
    }

    fn len(&self) -> io::Result<u64> {
        self.disk.state().check_power()?;
        Ok(lock_node(&self.node).live().len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = to_index(len)?;
        let mut state = self.disk.state();
        match state.begin(Op::SetLen, &self.path)? {
            Fate::Fails(error) => Err(error.to_io()),
            Fate::Cut => {
                lock_node(&self.node).set_len(len);
                Err(cut())
            }
            Fate::Done => {
                let growth = len.saturating_sub(lock_node(&self.node).live().len());
                state.check_capacity(growth as u64)?;
                lock_node(&self.node).set_len(len);
                self.changed(&mut state, Op::SetLen);
                Ok(())
            }
        }
    }
}
