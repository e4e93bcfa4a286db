//! Folders: which names are there now, and which are on stable storage.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path};
use std::sync::{Arc, Mutex, PoisonError};

use super::chance::Chance;
use super::file::FileNode;

/// Index of a folder in [`Tree::dirs`]; the root is 0.
type DirId = usize;

#[derive(Debug, Clone)]
pub(super) enum Entry {
    File(Arc<Mutex<FileNode>>),
    Dir(DirId),
}

#[derive(Debug, Clone, Default)]
struct Dir {
    live: BTreeMap<OsString, Entry>,
    durable: BTreeMap<OsString, Entry>,
}

/// One name that gets an entry or loses it.
#[derive(Debug, Clone)]
struct Assignment {
    dir: DirId,
    name: OsString,
    entry: Option<Entry>,
}

/// All folders, and the changes of names that are not durable yet. What one
/// operation changed survives as a whole, as on a journaling file system, but
/// operations survive independently of one another.
#[derive(Debug)]
pub(super) struct Tree {
    dirs: Vec<Dir>,
    pending: Vec<Vec<Assignment>>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { dirs: vec![Dir::default()], pending: Vec::new() }
    }

    pub(super) fn dir(&self, path: &Path) -> io::Result<DirId> {
        let mut dir = 0;
        for name in names(path)? {
            dir = match self.dirs[dir].live.get(name) {
                Some(Entry::Dir(below)) => *below,
                Some(Entry::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                None => return Err(not_found(path)),
            };
        }
        Ok(dir)
    }

    fn place(&self, path: &Path) -> io::Result<(DirId, OsString)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let dir = self.dir(path.parent().unwrap_or(Path::new("")))?;
        Ok((dir, name.to_os_string()))
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<Arc<Mutex<FileNode>>> {
        let (dir, name) = self.place(path)?;
        match self.dirs[dir].live.get(&name) {
            Some(Entry::File(node)) => Ok(Arc::clone(node)),
            Some(Entry::Dir(_)) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(not_found(path)),
        }
    }

    /// Creates the folders that are missing; true if there were any.
    pub(super) fn create_dir_all(&mut self, path: &Path) -> io::Result<bool> {
        let mut dir = 0;
        let mut created = false;
        for name in names(path)? {
            dir = match self.dirs[dir].live.get(name) {
                Some(Entry::Dir(below)) => *below,
                Some(Entry::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                None => {
                    let below = self.dirs.len();
                    self.dirs.push(Dir::default());
                    let entry = Some(Entry::Dir(below));
                    let name = name.to_os_string();
                    self.assign(vec![Assignment { dir, name, entry }]);
                    created = true;
                    below
                }
            };
        }
        Ok(created)
    }

    /// Gives a file a name that must be free.
    pub(super) fn put_new(&mut self, path: &Path, node: Arc<Mutex<FileNode>>) -> io::Result<()> {
        let (dir, name) = self.place(path)?;
        if self.dirs[dir].live.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let entry = Some(Entry::File(node));
        self.assign(vec![Assignment { dir, name, entry }]);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.file(from)?;
        let (from_dir, from_name) = self.place(from)?;
        let (to_dir, to_name) = self.place(to)?;
        if (from_dir, &from_name) == (to_dir, &to_name) {
            return Ok(());
        }
        self.assign(vec![
            Assignment { dir: to_dir, name: to_name, entry: Some(Entry::File(node)) },
            Assignment { dir: from_dir, name: from_name, entry: None },
        ]);
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.file(path)?;
        let (dir, name) = self.place(path)?;
        let entry = None;
        self.assign(vec![Assignment { dir, name, entry }]);
        Ok(())
    }

    fn assign(&mut self, change: Vec<Assignment>) {
        for assignment in &change {
            assign(&mut self.dirs[assignment.dir].live, assignment);
        }
        self.pending.push(change);
    }

    pub(super) fn sync_dir(&mut self, path: &Path) -> io::Result<()> {
        let synced = self.dir(path)?;
        for change in &mut self.pending {
            for assignment in change.iter().filter(|change| change.dir == synced) {
                assign(&mut self.dirs[synced].durable, assignment);
            }
            change.retain(|assignment| assignment.dir != synced);
        }
        self.pending.retain(|change| !change.is_empty());
        Ok(())
    }

    /// Name and entry of everything in a folder, in order of names.
    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<(OsString, Entry)>> {
        let entries = &self.dirs[self.dir(path)?].live;
        Ok(entries.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect())
    }

    /// Total length of all files that have a name.
    pub(super) fn live_bytes(&self) -> u64 {
        let entries = self.dirs.iter().flat_map(|dir| dir.live.values());
        entries.map(file_len).sum()
    }

    /// The tree that a machine finds after the cut.
    pub(super) fn after_cut(&self, chance: &mut Chance) -> Tree {
        let mut durable: Vec<_> = self.dirs.iter().map(|dir| dir.durable.clone()).collect();
        let luck = chance.below(4);
        let mut before = chance.below(self.pending.len() + 1);
        for change in &self.pending {
            let survives = match luck {
                0 => false,
                1 => true,
                2 => before > 0,
                _ => chance.one_in(2),
            };
            before = before.saturating_sub(1);
            for assignment in change.iter().filter(|_| survives) {
                assign(&mut durable[assignment.dir], assignment);
            }
        }
        let stale = self.stale_bytes(chance);
        let mut found = HashMap::new();
        let mut tree = Tree::new();
        // A folder comes after the one that holds it, so one pass is enough.
        let mut reached = vec![(0, 0)];
        while let Some((old, new)) = reached.pop() {
            for (name, entry) in &durable[old] {
                let entry = match entry {
                    Entry::Dir(below) => {
                        tree.dirs.push(Dir::default());
                        reached.push((*below, tree.dirs.len() - 1));
                        Entry::Dir(tree.dirs.len() - 1)
                    }
                    Entry::File(node) => {
                        let survivor = found.entry(Arc::as_ptr(node)).or_insert_with(|| {
                            let node = node.lock().unwrap_or_else(PoisonError::into_inner);
                            let bytes = node.after_cut(chance, &stale);
                            Arc::new(Mutex::new(FileNode::durable(bytes)))
                        });
                        Entry::File(Arc::clone(survivor))
                    }
                };
                tree.dirs[new].live.insert(name.clone(), entry.clone());
                tree.dirs[new].durable.insert(name.clone(), entry);
            }
        }
        tree
    }

    /// What a device may show in blocks that were never written: pieces of
    /// some file.
    fn stale_bytes(&self, chance: &mut Chance) -> Vec<u8> {
        let entries = self.dirs.iter().flat_map(|dir| dir.live.values());
        let files: Vec<_> = entries
            .filter_map(|entry| match entry {
                Entry::File(node) => Some(node),
                Entry::Dir(_) => None,
            })
            .collect();
        if files.is_empty() {
            return Vec::new();
        }
        let node = files[chance.below(files.len())];
        let node = node.lock().unwrap_or_else(PoisonError::into_inner);
        node.live().to_vec()
    }
}

pub(super) fn file_len(entry: &Entry) -> u64 {
    match entry {
        Entry::File(node) => {
            let node = node.lock().unwrap_or_else(PoisonError::into_inner);
            node.live().len() as u64
        }
        Entry::Dir(_) => 0,
    }
}

fn assign(names: &mut BTreeMap<OsString, Entry>, assignment: &Assignment) {
    let name = assignment.name.clone();
    match &assignment.entry {
        Some(entry) => names.insert(name, entry.clone()),
        None => names.remove(&name),
    };
}

fn names(path: &Path) -> io::Result<Vec<&OsStr>> {
    let mut names = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
    }
    Ok(names)
}

fn not_found(path: &Path) -> io::Error {
    let message = format!("{} does not exist", path.display());
    io::Error::new(io::ErrorKind::NotFound, message)
}
