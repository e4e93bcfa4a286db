//! How far a destination is.

use std::collections::BTreeMap;

use seam_schema::ids::{LogId, Offset, Sequence};

use super::ports::Lane;

/// The last row of each log that has ended well, by lane.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    last: BTreeMap<(Lane, LogId), (Sequence, i64)>,
}

impl Cursor {
    /// Moves over a row; never back.
    pub fn advance(&mut self, lane: Lane, end: Offset) {
        let at = self.last.entry((lane, end.log_id)).or_insert((end.sequence, end.index));
        *at = (*at).max((end.sequence, end.index));
    }

    /// The last row of each log.
    pub fn offsets(&self, lane: Lane) -> impl Iterator<Item = Offset> {
        let of_lane = self.last.iter().filter(move |((of, _), _)| *of == lane);
        of_lane.map(|((_, log_id), (sequence, index))| Offset {
            log_id: *log_id,
            sequence: *sequence,
            index: *index,
        })
    }

    /// Whether a settled action may have been sent though the cursor stands before it: more rows of
    /// a frame may come, so the cursor stops before the last frame of which any were sent.
    pub(super) fn may_be_sent(&self, lane: Lane, offset: Offset) -> bool {
        let last = self.last.get(&(lane, offset.log_id));
        lane == Lane::Actions && last.is_some_and(|(at, _)| offset.sequence.0 == at.0 + 1)
    }

    /// Whether a row has ended well.
    pub fn is_past(&self, lane: Lane, offset: Offset) -> bool {
        let last = self.last.get(&(lane, offset.log_id));
        last.is_some_and(|last| *last >= (offset.sequence, offset.index))
    }
}

/// What survives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Saved {
    /// How far the destination is.
    pub cursor: Cursor,
    /// Somebody asked for a pause and not yet for its end.
    pub paused: bool,
    /// Nothing was under way when this was written: nothing behind the cursor was ever sent.
    pub clean: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of actions the first frame behind the cursor is in doubt, of events none.
    #[test]
    fn the_last_frame_of_actions_is_in_doubt() {
        let log_id = LogId::default();
        let at = |sequence| Offset { log_id, sequence: Sequence(sequence), index: 3 };
        let mut cursor = Cursor::default();
        assert!(!cursor.may_be_sent(Lane::Actions, at(8)), "nothing was ever sent");
        cursor.advance(Lane::Actions, Offset { index: i64::MAX, ..at(7) });
        cursor.advance(Lane::Events, at(7));
        assert!(cursor.may_be_sent(Lane::Actions, at(8)));
        assert!(!cursor.may_be_sent(Lane::Actions, at(9)));
        assert!(!cursor.may_be_sent(Lane::Events, at(8)));
    }
}
