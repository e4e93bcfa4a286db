//! How the files of a table change.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use object_store::path::Path;
use seam_schema::table::Table;

use super::Core;
use crate::snapshot::DataFile;

/// How a commit changed the files of a table.
pub(crate) enum FilesChange {
    /// These were added, and nothing else happened.
    Added(Vec<Arc<DataFile>>),
    /// Some went, others came, and nothing else happened.
    Exchanged { gone: HashSet<Path>, come: Vec<Arc<DataFile>> },
    /// These are all there are: somebody else committed too, or it is not known.
    Replaced(Vec<Arc<DataFile>>),
}

impl FilesChange {
    /// The files after it. A file that stays is the same value as before.
    fn apply(self, files: &[Arc<DataFile>]) -> Vec<Arc<DataFile>> {
        match self {
            Self::Added(come) => files.iter().cloned().chain(come).collect(),
            Self::Exchanged { gone, come } => {
                let stay = files.iter().filter(|file| !gone.contains(&file.path)).cloned();
                stay.chain(come).collect()
            }
            Self::Replaced(all) => {
                let known: HashMap<&Path, &Arc<DataFile>> =
                    files.iter().map(|file| (&file.path, file)).collect();
                let same = |file: Arc<DataFile>| match known.get(&file.path) {
                    Some(known) => Arc::clone(known),
                    None => file,
                };
                all.into_iter().map(same).collect()
            }
        }
    }
}

impl Core {
    /// The files of a table after a change; those that left it are noted.
    pub(super) fn changed_files(
        &self,
        table: Table,
        files: &[Arc<DataFile>],
        change: FilesChange,
    ) -> Arc<Vec<Arc<DataFile>>> {
        let only_more = matches!(change, FilesChange::Added(_));
        let changed = change.apply(files);
        if let Some(pins) = self.pins.get(&table).filter(|_| !only_more) {
            let there: HashSet<&Path> = changed.iter().map(|file| &file.path).collect();
            pins.left(files.iter().filter(|file| !there.contains(&file.path)));
        }
        Arc::new(changed)
    }

    /// The files of a table changed, and its tail did not.
    pub(crate) fn files_changed(&self, table: Table, version: u64, change: FilesChange) {
        let mut state = self.lock();
        let Some(of) = state.tables.get_mut(&table) else { return };
        let files = self.changed_files(table, &of.published.files, change);
        of.publish(version, files);
        self.publish(&state);
    }
}
