//! When the cursor is made durable: before the first record, while it moves, at the end.

use std::sync::Arc;

use futures::StreamExt as _;

use super::{Did, Order, Running, Saved};

impl Running {
    /// Writes down that from now on records may be sent, before any is. False if it was told to
    /// stop before that succeeded.
    pub(super) async fn keep_first(&mut self) -> bool {
        self.kept.clean = false;
        self.kept.paused = self.told.paused;
        self.show();
        let mut failures = 0;
        loop {
            let Err(why) = self.delivery.keeper.keep(&self.kept).await else {
                self.delivery.status.set_kept(self.kept.paused);
                return true;
            };
            self.trouble(&format!("cannot keep the cursor: {why}"));
            failures += 1;
            let until = self.now() + self.pause(failures, None);
            tokio::select! {
                biased;
                _ = self.orders.wait_for(|told| told.is_stop()) => return false,
                () = self.delivery.clock.sleep_until(until) => {}
            }
        }
    }

    /// Makes the cursor durable if it moved, not too often.
    pub(super) fn keep(&mut self) {
        self.window.advance(&mut self.cursor);
        if self.keeping {
            return;
        }
        let is_new = self.kept.cursor != self.cursor || self.kept.paused != self.told.paused;
        if !is_new {
            // What has left the window since is at or before the durable cursor, or in the last
            // frame of actions, which is in doubt at every start.
            self.kept_first = self.window.first();
            return;
        }
        if self.keep_at > self.now() || self.order == Order::Stop {
            return;
        }
        self.keeping = true;
        let saved = Saved { cursor: self.cursor.clone(), paused: self.told.paused, clean: false };
        let (keeper, first) = (Arc::clone(&self.delivery.keeper), self.window.first());
        self.work.push(Box::pin(async move {
            let kept = keeper.keep(&saved).await;
            Did::Kept(saved, first, kept)
        }));
    }

    /// The last word: the cursor, and whether anything behind it may have been sent.
    pub(super) async fn end(&mut self) {
        // One writer at a time: a write that is under way may end after the next one.
        while self.keeping {
            let Some(did) = self.work.next().await else { break };
            self.did(did);
        }
        self.window.advance(&mut self.cursor);
        // What was in doubt at the start and was not looked at is in doubt at the next one.
        let clean = self.in_flight == 0 && !self.window.has_doubt() && self.doubt.is_over();
        self.work.clear();
        let saved = Saved { cursor: self.cursor.clone(), paused: self.told.paused, clean };
        match self.delivery.keeper.keep(&saved).await {
            Ok(()) => self.delivery.status.set_kept(saved.paused),
            Err(why) => self.trouble(&format!("cannot keep the cursor: {why}")),
        }
        self.kept = saved;
        self.show();
        self.delivery.status.set_ended();
        self.delivery.destination.close().await;
    }
}
