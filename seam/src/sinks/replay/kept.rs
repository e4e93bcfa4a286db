//! How far a replay is, in the data folder.

use async_trait::async_trait;
use seam_exporters::delivery::{Keeper, Saved};
use seam_store::replays::{KeptReplay, Replays};

use super::super::keeper::lanes_of;

/// Keeps one replay in `cursors/replay.NAME`.
pub(super) struct ReplayKeeper {
    replays: Replays,
    name: String,
    kept: KeptReplay,
}

impl ReplayKeeper {
    pub(super) fn new(replays: Replays, name: &str, kept: KeptReplay) -> Self {
        Self { replays, name: name.to_owned(), kept }
    }

    /// It has ended: a start does not take it up.
    pub(super) async fn end(&self) {
        let (replays, name) = (self.replays.clone(), self.name.clone());
        let removed = tokio::task::spawn_blocking(move || replays.remove(&name)).await;
        let failed = match removed {
            Ok(removed) => removed.err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = failed {
            tracing::warn!(
                sink = self.kept.sink,
                why,
                "a replay that has ended may be taken up again at the next start"
            );
        }
    }
}

#[async_trait]
impl Keeper for ReplayKeeper {
    async fn keep(&self, saved: &Saved) -> Result<(), String> {
        let kept = KeptReplay { at: lanes_of(&saved.cursor), ..self.kept.clone() };
        let (replays, name) = (self.replays.clone(), self.name.clone());
        let written = tokio::task::spawn_blocking(move || replays.write(&name, &kept)).await;
        written.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }
}
