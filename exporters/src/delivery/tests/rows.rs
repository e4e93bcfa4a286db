//! The rows of the world: of `events` one a frame, of ten conversations; of `actions` some a frame.
//! A row is received when it is first read: what a second life reads first came after its start.

use async_trait::async_trait;
use seam_schema::derived::Id;
use seam_schema::derived::actions::{ActionRow, ActionsBuilder};
use seam_schema::event::{Event, EventColumns, EventsBuilder};
use seam_schema::ids::{Offset, RequestDigest, Sequence};
use seam_schema::table::cell::TimeUs;
use seam_schema::vocabulary::{Agent, Kind};

use super::super::*;
use super::rig::{LOG, Rig};

/// A batch has so many rows of events, at most, or actions of so many frames.
const BATCH: i64 = 17;
const FRAMES: i64 = 5;

pub(super) fn action_id(frame: i64, number: i64) -> Id {
    Id::of("action", &[&frame.to_string(), &number.to_string()])
}

/// Rows 1, 2, 3, … of both lanes, by turns.
pub(super) struct Numbers {
    rig: Rig,
    next_event: i64,
    next_frame: i64,
    turn: bool,
    reached: bool,
}

impl Numbers {
    pub(super) fn from(rig: Rig, cursor: &Cursor) -> Self {
        let next = |lane| cursor.offsets(lane).map(|end| end.sequence.0 + 1).next().unwrap_or(1);
        let (next_event, next_frame) = (next(Lane::Events), next(Lane::Actions));
        Self { rig, next_event, next_frame, turn: false, reached: false }
    }

    fn received_us(&self, lane: Lane, frame: i64) -> i64 {
        let now = self.rig.clock.unix_us();
        *self.rig.world().received_us.entry((lane, frame)).or_insert(now)
    }

    fn events(&mut self, last: i64) -> Pulled {
        let mut builder = EventsBuilder::default();
        for sequence in self.next_event..=last {
            let columns = EventColumns {
                log_id: LOG.to_string().into(),
                offset_sequence: sequence,
                offset_index: 0,
                event_id: RequestDigest::from_bytes([1; 12]).event_id(sequence),
                tenant: "default".into(),
                received_at: TimeUs(self.received_us(Lane::Events, sequence)),
                session_id: Some(format!("s-{}", sequence % 10).into()),
                kind: Some(Kind::Prompt),
                agent: Some(Agent::Codex),
                ..EventColumns::default()
            };
            builder.append(&Event { columns, ..Event::default() });
        }
        self.next_event = last + 1;
        Pulled::Rows { lane: Lane::Events, batch: builder.finish().unwrap(), again: false }
    }

    fn actions(&mut self, last: i64) -> Pulled {
        let numbers = self.rig.world().actions_a_frame;
        let mut builder = ActionsBuilder::default();
        for frame in self.next_frame..=last {
            let revision = self.received_us(Lane::Actions, frame);
            for number in 0..numbers {
                builder.append(&ActionRow {
                    action_id: action_id(frame, number),
                    revision,
                    settled: true,
                    tenant: "default".into(),
                    session_id: format!("s-{}", (frame + number) % 10).into(),
                    caused_by_log: LOG,
                    caused_by_sequence: frame,
                    caused_by_index: number,
                    ..ActionRow::default()
                });
            }
        }
        self.next_frame = last + 1;
        Pulled::Rows { lane: Lane::Actions, batch: builder.finish().unwrap(), again: false }
    }
}

#[async_trait]
impl Source for Numbers {
    async fn next(&mut self) -> Result<Pulled, SourceError> {
        let (rows, frames) = {
            let world = self.rig.world();
            (i64::try_from(world.rows).unwrap(), i64::try_from(world.frames).unwrap())
        };
        if self.next_frame > frames && !std::mem::replace(&mut self.reached, true) {
            let end =
                Offset { log_id: LOG, sequence: Sequence((frames - 1).max(0)), index: i64::MAX };
            return Ok(Pulled::Reached { lane: Lane::Actions, end });
        }
        let (events, actions) = (self.next_event <= rows, self.next_frame <= frames);
        self.turn = !self.turn;
        if actions && (self.turn || !events) {
            return Ok(self.actions((self.next_frame + FRAMES).min(frames)));
        }
        if events {
            return Ok(self.events((self.next_event + BATCH - 1).min(rows)));
        }
        if !self.rig.ends {
            std::future::pending::<()>().await;
        }
        Ok(Pulled::End)
    }

    fn rest(&mut self) {
        self.rig.world().rests += 1;
    }
}

/// Documents that are ids.
pub(super) struct Ids {
    /// The event that makes it panic.
    pub(super) unwritable: i64,
}

impl Encode for Ids {
    fn format(&self) -> &'static str {
        "seam"
    }

    fn event(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        assert!(event.columns.offset_sequence != self.unwritable, "it panics, as it should");
        out.extend_from_slice(event.columns.event_id.to_string().as_bytes());
    }

    fn action(&self, action: &ActionRow<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{}.{}", action.action_id, action.revision).as_bytes());
    }
}
