//! An earlier version of a table.

use deltalake::DeltaResult;
use object_store::path::Path;
use seam_schema::ids::{LogId, Sequence};

use super::DeltaLog;

/// How many digits the name of a file of the Delta log begins with: its version.
const VERSION_DIGITS: usize = 20;

impl DeltaLog {
    /// Goes back to the newest version that holds no frame of a log after `end`: at the latest to
    /// the first, which holds nothing.
    pub(crate) async fn go_back_to(&mut self, log_id: LogId, end: Sequence) -> DeltaResult<()> {
        while self.version() > 0 && self.committed(log_id).await? > end {
            self.delta.load_version(self.version() - 1).await?;
        }
        Ok(())
    }
}

/// The version that a file of the Delta log belongs to, by its name; `None` for a file that is
/// of none, as the hint at the last checkpoint.
pub(crate) fn version_of(path: &Path) -> Option<u64> {
    let (digits, rest) = path.filename()?.split_at_checked(VERSION_DIGITS)?;
    rest.starts_with('.').then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use seam_schema::table::Table;

    use super::super::log_root;
    use super::*;

    /// Commits and checkpoints have a version, whatever else lies beside them has none.
    #[test]
    fn names_tell_the_version() {
        let version = |name: &str| version_of(&log_root(Table::Events).join(name));
        assert_eq!(version("00000000000000000012.json"), Some(12));
        assert_eq!(version("00000000000000000007.checkpoint.parquet"), Some(7));
        assert_eq!(version("_last_checkpoint"), None);
        assert_eq!(version("0000000000000000001x.json"), None);
        assert_eq!(version("00000000000000000012"), None);
    }
}
