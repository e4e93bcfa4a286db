//! What is typed after `seam backup`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  seam backup /backup/seam-2026-01-31\n  \
    seam backup --data /var/lib/seam --with-keys /backup/seam\n\n\
    The copy is a data folder of its own, with everything that was acknowledged before the command began. To restore, \
    copy it to where the server looks for its data and start `seam serve`; the server it was made of must not run any \
    more. The log in it holds requests as they were sent, so guard it as the data folder itself.\n\n\
    Without --with-keys a restored server makes a new key for the hashes that stand for secrets, so equal secrets are \
    no longer equal over that border, and its senders need new tokens.\n\n\
    A folder whose tables lie in an object store is refused: copy such tables with the store's own means.")]
pub(crate) struct BackupArgs {
    /// Copy to this folder, which must be empty or not there.
    #[arg(value_name = "DEST")]
    pub(crate) to: PathBuf,
    /// The data folder [default: ./seam-data] [env: SEAM_DATA, SEAM_STATE]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Copy also the key of content hashes and the hashed tokens.
    #[arg(long)]
    pub(crate) with_keys: bool,
}
