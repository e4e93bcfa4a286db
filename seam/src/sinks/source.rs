//! Rows of `events` as they come and of `actions` as they settle, for one delivery.
//!
//! Each table is read by a task of its own, which holds at most one batch ahead: what a delivery
//! drops while it waits is a place in a channel, never work that was begun.

use std::time::Duration;

use async_trait::async_trait;
use seam_exporters::delivery::{Cursor, Lane, Pulled, Source, SourceError};
use seam_schema::table::Table;
use seam_store::{ReadError, Settled, Step, Store};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long a reader waits after an error before it goes on.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);

type Cells = Result<Pulled, SourceError>;

/// The tables of a running server, from a cursor on.
pub(super) struct TableSource {
    store: Store,
    threads: Handle,
    /// Where the reader of `events` begins when it is started.
    events_from: seam_store::Cursor,
    /// Where that of `actions` does; nothing where nobody wants them.
    actions_from: Option<seam_store::Cursor>,
    /// It was started before: what it gives first may have been given.
    actions_again: bool,
    events: Option<Reader<(Cells, Option<seam_store::Cursor>)>>,
    actions: Option<Reader<Cells>>,
}

/// A task that reads, and what it has read.
struct Reader<T> {
    from: mpsc::Receiver<T>,
    task: JoinHandle<()>,
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The position of a lane as the store knows it.
pub(super) fn position(cursor: &Cursor, lane: Lane) -> seam_store::Cursor {
    cursor.offsets(lane).collect()
}

impl TableSource {
    /// From a cursor on; without the actions if nobody wants them.
    pub(super) fn new(store: Store, threads: Handle, cursor: &Cursor, actions: bool) -> Self {
        Self {
            store,
            threads,
            events_from: position(cursor, Lane::Events),
            actions_from: actions.then(|| position(cursor, Lane::Actions)),
            actions_again: false,
            events: None,
            actions: None,
        }
    }

    fn start(&mut self) {
        if self.events.is_none() {
            let (to, from) = mpsc::channel(1);
            let read = read_events(self.store.clone(), self.events_from.clone(), to);
            self.events = Some(Reader { from, task: self.threads.spawn(read) });
        }
        if let (None, Some(cursor)) = (&self.actions, &self.actions_from) {
            let (to, from) = mpsc::channel(1);
            let read = read_actions(self.store.clone(), cursor.clone(), self.actions_again, to);
            self.actions_again = true;
            self.actions = Some(Reader { from, task: self.threads.spawn(read) });
        }
    }
}

#[async_trait]
impl Source for TableSource {
    async fn next(&mut self) -> Result<Pulled, SourceError> {
        self.start();
        let gone = || Err(SourceError("the reader of the tables has ended".to_owned()));
        let events = async {
            match &mut self.events {
                Some(reader) => reader.from.recv().await,
                None => None,
            }
        };
        let actions = async {
            match &mut self.actions {
                Some(reader) => reader.from.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            read = events => {
                let Some((cells, cursor)) = read else {
                    self.events = None;
                    return gone();
                };
                if let Some(cursor) = cursor {
                    self.events_from = cursor;
                }
                cells
            }
            read = actions => {
                let Some(cells) = read else {
                    self.actions = None;
                    return gone();
                };
                if let (Ok(Pulled::Reached { end, .. }), Some(from)) = (&cells, &mut self.actions_from) {
                    from.advance(*end);
                }
                cells
            }
        }
    }

    /// The reader of `actions` stays: it holds no files but those of rows it is giving.
    fn rest(&mut self) {
        self.events = None;
    }
}

async fn read_events(
    store: Store,
    mut cursor: seam_store::Cursor,
    to: mpsc::Sender<(Cells, Option<seam_store::Cursor>)>,
) {
    loop {
        let failed = match follow_events(&store, &mut cursor, &to).await {
            Ok(()) => return,
            Err(error) => error,
        };
        if to.send((Err(SourceError(failed.to_string())), None)).await.is_err() {
            return;
        }
        tokio::time::sleep(READ_AGAIN_AFTER).await;
    }
}

/// Ends well when nobody listens any more.
async fn follow_events(
    store: &Store,
    cursor: &mut seam_store::Cursor,
    to: &mpsc::Sender<(Cells, Option<seam_store::Cursor>)>,
) -> Result<(), ReadError> {
    let mut follower = store.follow_own(Table::Events, cursor.clone())?;
    loop {
        // That all was given says nothing after a kill: what the log has is still to come.
        let Step::Rows(rows) = follower.step().await? else { continue };
        cursor.clone_from(&rows.cursor);
        let pulled = Pulled::Rows { lane: Lane::Events, batch: rows.batch, again: false };
        if to.send((Ok(pulled), Some(rows.cursor))).await.is_err() {
            return Ok(());
        }
    }
}

async fn read_actions(
    store: Store,
    mut cursor: seam_store::Cursor,
    mut again: bool,
    to: mpsc::Sender<Cells>,
) {
    loop {
        let failed = match follow_actions(&store, &mut cursor, again, &to).await {
            Ok(()) => return,
            Err(error) => error,
        };
        if to.send(Err(SourceError(failed.to_string()))).await.is_err() {
            return;
        }
        again = true;
        tokio::time::sleep(READ_AGAIN_AFTER).await;
    }
}

/// Ends well when nobody listens any more. Rows since the last time that all were given come
/// again after an error, so the first ones may have been given before.
async fn follow_actions(
    store: &Store,
    cursor: &mut seam_store::Cursor,
    mut again: bool,
    to: &mpsc::Sender<Cells>,
) -> Result<(), ReadError> {
    let mut follower = store.follow_settled(Table::Actions, cursor.clone())?;
    let lane = Lane::Actions;
    loop {
        match follower.step().await? {
            Settled::Rows(batch) => {
                if to.send(Ok(Pulled::Rows { lane, batch, again })).await.is_err() {
                    return Ok(());
                }
            }
            Settled::CaughtUp(ends) => {
                *cursor = ends.iter().copied().collect();
                again = false;
                for end in ends {
                    if to.send(Ok(Pulled::Reached { lane, end })).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }
}
