//! Which records an earlier delivery may have sent, though the cursor does not say so.

use seam_schema::ids::Offset;

use super::cursor::{Cursor, Saved};
use super::ports::Lane;

/// What is in doubt at a start. Each lane has an order of its own, and its own end of doubt.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Where the delivery stood when it was started.
    began: Cursor,
    started_us: i64,
    /// So many records from here on, by lane.
    left: [usize; Lane::ALL.len()],
}

impl Doubt {
    /// Of a delivery that goes on from what was kept; at most so many records of a lane are in doubt.
    pub(super) fn new(saved: Option<&Saved>, records: usize, started_us: i64) -> Self {
        let is_doubtful = saved.is_some_and(|saved| !saved.clean);
        Self {
            began: saved.map(|saved| saved.cursor.clone()).unwrap_or_default(),
            started_us,
            left: [if is_doubtful { records } else { 0 }; Lane::ALL.len()],
        }
    }

    /// A lane has given everything that there was at the start.
    pub(super) fn pass(&mut self, lane: Lane) {
        if let Some(left) = self.left.get_mut(lane as usize) {
            *left = 0;
        }
    }

    /// Whether all that an earlier delivery may have sent was seen.
    pub(super) fn is_over(&self) -> bool {
        self.left.iter().all(|left| *left == 0)
    }

    /// Whether a record may have been sent before. To be asked once for each, in the order of its
    /// lane: what was received after the start, and all behind it, was not.
    pub(super) fn of(&mut self, lane: Lane, offset: Offset, received_us: i64) -> bool {
        if self.began.may_be_sent(lane, offset) {
            return true;
        }
        let Some(left) = self.left.get_mut(lane as usize) else { return false };
        let before = *left > 0 && received_us < self.started_us;
        *left = if before { *left - 1 } else { 0 };
        before
    }
}

#[cfg(test)]
mod tests {
    use seam_schema::ids::{LogId, Sequence};

    use super::*;

    fn at(sequence: i64) -> Offset {
        Offset { log_id: LogId::default(), sequence: Sequence(sequence), index: 0 }
    }

    /// An event of today says nothing of the actions that were sent before the start.
    #[test]
    fn each_lane_has_its_own_end() {
        let mut doubt = Doubt::new(Some(&Saved::default()), 3, 100);
        assert!(doubt.of(Lane::Events, at(1), 99));
        assert!(!doubt.of(Lane::Events, at(2), 100), "it came after the start");
        assert!(!doubt.of(Lane::Events, at(3), 99), "it stands behind what came after the start");
        let actions = [4, 5, 6, 7].map(|frame| doubt.of(Lane::Actions, at(frame), 99));
        assert_eq!(actions, [true, true, true, false], "three are in doubt");
    }

    /// However many actions the last frame has, those behind it stay in doubt.
    #[test]
    fn the_last_frame_of_actions_does_not_count() {
        let mut cursor = Cursor::default();
        cursor.advance(Lane::Actions, Offset { index: i64::MAX, ..at(7) });
        let mut saved = Saved { cursor, ..Saved::default() };
        let mut doubt = Doubt::new(Some(&saved), 1, 100);
        assert!((0..10).all(|_| doubt.of(Lane::Actions, at(8), 99)));
        assert!(doubt.of(Lane::Actions, at(9), 99) && !doubt.of(Lane::Actions, at(10), 99));
        saved.clean = true;
        let mut doubt = Doubt::new(Some(&saved), 1, 100);
        assert!(doubt.of(Lane::Actions, at(8), 99) && !doubt.of(Lane::Actions, at(9), 99));
        assert!(!Doubt::new(None, 1, 100).of(Lane::Events, at(1), 99), "nothing was ever sent");
    }
}
