//! A delivery's cursor in the data folder.

use async_trait::async_trait;
use seam_exporters::delivery::{Cursor, Keeper, Lane, Saved};
use seam_store::cursors::{CursorError, Cursors, KeptCursor, Lanes};

/// Keeps the cursor of one sink in `cursors/NAME`.
pub(super) struct FolderKeeper {
    cursors: Cursors,
    name: String,
}

impl FolderKeeper {
    pub(super) fn new(cursors: Cursors, name: &str) -> Self {
        Self { cursors, name: name.to_owned() }
    }

    /// What was kept last; nothing for a sink that is new.
    pub(super) fn read(&self) -> Result<Option<Saved>, CursorError> {
        Ok(self.cursors.read(&self.name)?.map(|kept| Saved {
            cursor: cursor_of(&kept.lanes),
            paused: kept.paused,
            clean: kept.clean,
        }))
    }
}

/// The cursor that was kept as these lanes.
pub(super) fn cursor_of(lanes: &Lanes) -> Cursor {
    let mut cursor = Cursor::default();
    for (lane, offsets) in lanes {
        // A lane of a later version is nothing to this one.
        let Some(lane) = Lane::parse(lane) else { continue };
        for offset in offsets {
            cursor.advance(lane, *offset);
        }
    }
    cursor
}

/// A cursor as it is kept.
pub(super) fn lanes_of(cursor: &Cursor) -> Lanes {
    let lane = |lane: Lane| (lane.name().to_owned(), cursor.offsets(lane).collect());
    Lane::ALL.map(lane).into()
}

fn kept(saved: &Saved) -> KeptCursor {
    KeptCursor { paused: saved.paused, clean: saved.clean, lanes: lanes_of(&saved.cursor) }
}

#[async_trait]
impl Keeper for FolderKeeper {
    async fn keep(&self, saved: &Saved) -> Result<(), String> {
        let (cursors, name, kept) = (self.cursors.clone(), self.name.clone(), kept(saved));
        let written = tokio::task::spawn_blocking(move || cursors.write(&name, &kept)).await;
        written.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }
}
