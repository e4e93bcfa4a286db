//! Bodies read from the network: limited in size, paid for in advance, not too slow.

use bytes::{Buf, Bytes};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Refusal, Size};
use crate::budget::{Budget, Permit};
use crate::limits::Limits;

/// A body in memory, and the bytes of the budget it holds.
#[derive(Debug)]
pub struct Received {
    /// The body as it was sent.
    pub bytes: Bytes,
    /// What it holds of the budget.
    pub permit: Permit,
}

/// A body on its way, of which the speed is watched.
pub(crate) struct BodyReader<'a, B> {
    body: B,
    limits: &'a Limits,
    started: Instant,
    received_bytes: u64,
}

impl<'a, B> BodyReader<'a, B>
where
    B: Body<Data = Bytes> + Unpin,
{
    /// Starts the clock of a body.
    pub(crate) fn new(body: B, limits: &'a Limits) -> Self {
        Self { body, limits, started: Instant::now(), received_bytes: 0 }
    }

    /// The next piece; `None` at the end. Trailers are passed over.
    ///
    /// A body that breaks off is refused as one that came too slowly: its data was good, its
    /// way was not, and the client shall send it again.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let frame = timeout_at(self.deadline(), self.body.frame())
                .await
                .map_err(|_| Refusal::TooSlow)?;
            match frame {
                None => return Ok(None),
                Some(Err(_)) => return Err(Refusal::TooSlow),
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    self.received_bytes += piece.len() as u64;
                    return Ok(Some(piece));
                }
            }
        }
    }

    /// When what was received so far is too little: the grace, and a second for each
    /// `min_body_bytes_per_second`.
    fn deadline(&self) -> Instant {
        let earned_ms =
            self.received_bytes.saturating_mul(1000) / self.limits.min_body_bytes_per_second.max(1);
        self.started + self.limits.body_grace + std::time::Duration::from_millis(earned_ms)
    }
}

/// Pieces put together; a body of one piece is not copied.
#[derive(Default)]
pub(crate) struct Joined {
    first: Bytes,
    all: Vec<u8>,
}

impl Joined {
    /// Adds a piece. `expected_bytes` is what the whole will need, if that is known.
    pub(crate) fn push(&mut self, piece: Bytes, expected_bytes: usize) {
        if self.first.is_empty() && self.all.is_empty() {
            self.first = piece;
            return;
        }
        if self.all.is_empty() {
            self.all.reserve(expected_bytes.max(self.first.len() + piece.len()));
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&piece);
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.all.len().max(self.first.len())
    }

    /// The whole.
    pub(crate) fn finish(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.into() }
    }

    /// Removes and returns the first `N` bytes, if there are as many.
    pub(crate) fn split_head<const N: usize>(&mut self) -> Option<[u8; N]> {
        let head = if self.all.is_empty() { &self.first[..] } else { &self.all[..] };
        let head: [u8; N] = head.get(..N)?.try_into().ok()?;
        if self.all.is_empty() {
            self.first.advance(N);
        } else {
            self.first = Bytes::from(std::mem::take(&mut self.all)).slice(N..);
        }
        Some(head)
    }
}

/// Reads a whole HTTP body. Its declared length is taken from the budget before the first
/// byte is read; where none is declared, the budget is asked for each further step.
pub(crate) async fn read_all<B>(
    body: B,
    limits: &Limits,
    budget: &Budget,
) -> Result<Received, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let limit_bytes = limits.max_body_bytes;
    let too_large = || Refusal::TooLarge { size: Size::Wire, limit_bytes: limit_bytes as u64 };
    let declared = body.size_hint().exact();
    let declared = declared.map(usize::try_from).transpose().map_err(|_| too_large())?;
    if declared.is_some_and(|declared| declared > limit_bytes) {
        return Err(too_large());
    }
    let mut permit = budget.take(declared.unwrap_or(0))?;
    let mut reader = BodyReader::new(body, limits);
    let mut joined = Joined::default();
    while let Some(piece) = reader.piece().await? {
        let len = joined.len() + piece.len();
        if len > limit_bytes {
            return Err(too_large());
        }
        permit.step_to(len)?;
        joined.push(piece, declared.unwrap_or(0));
    }
    permit.shrink_to(joined.len());
    Ok(Received { bytes: joined.finish(), permit })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::convert::Infallible;
    use std::time::Duration;

    use futures::stream;
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn limits() -> Limits {
        Limits { max_body_bytes: 1000, ..Limits::default() }
    }

    fn pieces(pieces: &[&'static str]) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
        let frames: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))
            .collect();
        StreamBody::new(stream::iter(frames))
    }

    /// Pieces of any number give the body, and the permit holds its length afterwards.
    #[tokio::test]
    async fn pieces_are_joined() {
        let budget = Budget::new(1 << 20);
        for parts in [&[][..], &["ab"], &["ab", "cd", "", "e"]] {
            let received = read_all(pieces(parts), &limits(), &budget).await.unwrap();
            assert_eq!(received.bytes, parts.concat());
            assert_eq!(received.permit.bytes(), received.bytes.len());
        }
        assert_eq!(budget.used_bytes(), 0);
    }

    /// A declared length is refused before anything is read: by the limit, then by the budget.
    #[tokio::test]
    async fn declared_lengths_are_refused_at_once() {
        let budget = Budget::new(100);
        let body = |len: usize| Full::new(Bytes::from(vec![0; len]));
        let refused = read_all(body(1001), &limits(), &budget).await.unwrap_err();
        assert!(matches!(refused, Refusal::TooLarge { size: Size::Wire, .. }));
        assert!(matches!(
            read_all(body(101), &limits(), &budget).await.unwrap_err(),
            Refusal::OverBudget(_)
        ));
        assert_eq!(budget.peak_bytes(), 0);
    }

    /// An undeclared length is refused where it passes the limit.
    #[tokio::test]
    async fn undeclared_lengths_are_refused_on_the_way() {
        let budget = Budget::new(1 << 20);
        let long = "x".repeat(600).leak();
        let refused = read_all(pieces(&[long, long]), &limits(), &budget).await.unwrap_err();
        assert!(matches!(refused, Refusal::TooLarge { size: Size::Wire, .. }));
        assert_eq!(budget.used_bytes(), 0);
    }

    fn hurried(min_body_bytes_per_second: u64) -> Limits {
        Limits {
            body_grace: Duration::from_millis(20),
            min_body_bytes_per_second,
            ..Limits::default()
        }
    }

    /// A body that stops is given up when its grace is over, and frees what it held.
    #[tokio::test]
    async fn stalled_bodies_are_given_up() {
        let budget = Budget::new(1 << 20);
        let body = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
        assert_eq!(read_all(body, &hurried(1024), &budget).await.unwrap_err(), Refusal::TooSlow);
        assert_eq!(budget.used_bytes(), 0);
    }

    /// A body that trickles for ever and is never silent is given up too.
    #[tokio::test]
    async fn trickling_bodies_are_given_up() {
        let budget = Budget::new(1 << 20);
        let trickle = Box::pin(stream::unfold((), |()| async {
            tokio::task::yield_now().await;
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[0]))), ()))
        }));
        let refused = read_all(StreamBody::new(trickle), &hurried(u64::MAX), &budget).await;
        assert_eq!(refused.unwrap_err(), Refusal::TooSlow);
    }

    /// Bytes earn time: what is fast enough has a deadline beyond the grace.
    #[tokio::test]
    async fn received_bytes_earn_time() {
        let limits = hurried(1);
        let mut reader = BodyReader::new(
            pieces(&["a whole minute of them, at one byte a second, sixty in all.."]),
            &limits,
        );
        let before = reader.deadline();
        let piece = reader.piece().await.unwrap().unwrap();
        assert_eq!(reader.deadline() - before, Duration::from_secs(piece.len() as u64));
    }

    /// The head of a message can be split off whatever the pieces were.
    #[test]
    fn heads_are_split_off() {
        for parts in [&["abcde"][..], &["a", "bcd", "e"]] {
            let mut joined = Joined::default();
            for part in parts {
                joined.push(Bytes::from_static(part.as_bytes()), 5);
            }
            assert_eq!(joined.split_head::<2>(), Some(*b"ab"));
            joined.push(Bytes::from_static(b"f"), 5);
            assert_eq!(joined.split_head::<9>(), None);
            assert_eq!(joined.finish(), "cdef");
        }
    }
}
