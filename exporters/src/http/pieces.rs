//! A batch in the pieces that one request takes, and what is left to send when a request was
//! refused for one of its records or for its size.

use std::collections::VecDeque;
use std::ops::Range;

/// Neighbouring records that go in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Their positions in the batch.
    pub(crate) at: Range<usize>,
    /// Whether some of them may have been taken by an earlier request.
    pub(crate) again: bool,
}

/// The pieces that are still to be sent, in order.
#[derive(Debug, Default)]
pub(crate) struct Pieces(VecDeque<Piece>);

impl Pieces {
    /// Cuts a batch so that no request has more than so many records and bytes; a record that is
    /// larger alone goes alone.
    pub(crate) fn cut(
        sizes: impl IntoIterator<Item = usize>,
        records: usize,
        bytes: usize,
    ) -> Self {
        let mut pieces = Self::default();
        let (mut start, mut end, mut held) = (0, 0, 0_usize);
        for size in sizes {
            let full = end - start >= records || held.saturating_add(size) > bytes;
            if end > start && full {
                pieces.0.push_back(Piece { at: start..end, again: false });
                (start, held) = (end, 0);
            }
            end += 1;
            held = held.saturating_add(size);
        }
        if end > start {
            pieces.0.push_back(Piece { at: start..end, again: false });
        }
        pieces
    }

    /// The next piece.
    pub(crate) fn next(&mut self) -> Option<Piece> {
        self.0.pop_front()
    }

    /// Puts the halves of a refused piece in front. `false`, and nothing is left of it, if it was a
    /// single record.
    pub(crate) fn halve(&mut self, piece: &Piece, again: bool) -> bool {
        let again = again || piece.again;
        let Range { start, end } = piece.at;
        if end - start < 2 {
            return false;
        }
        let middle = start + (end - start) / 2;
        self.push(middle..end, again);
        self.push(start..middle, again);
        true
    }

    /// Puts in front what stands behind a bad record, and before that what stands in front of it
    /// unless that was taken. Both may have been seen by the server.
    pub(crate) fn around(&mut self, piece: &Piece, bad: usize, front_taken: bool) {
        // The server took nothing of what stands behind the record at which it stopped.
        self.push(bad + 1..piece.at.end, piece.again);
        if !front_taken {
            self.push(piece.at.start..bad, true);
        }
    }

    /// Puts a piece in front that is to be sent once more as it is.
    pub(crate) fn put_back(&mut self, piece: Piece) {
        self.0.push_front(piece);
    }

    fn push(&mut self, at: Range<usize>, again: bool) {
        if !at.is_empty() {
            self.0.push_front(Piece { at, again });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a server does with a request that has a bad record.
    #[derive(Debug, Clone, Copy)]
    struct Server {
        /// It keeps what stands in front of the bad record.
        keeps_front: bool,
        /// It says where the bad record is.
        says_where: bool,
        /// It takes no more records in a request.
        records: usize,
    }

    proptest! {
        /// Every record is in one piece, in order, and no piece of several records is too large.
        #[test]
        fn a_cut_loses_nothing(
            sizes in prop::collection::vec(0_usize..50, 0..60),
            records in 1_usize..10,
            bytes in 1_usize..100,
        ) {
            let mut pieces = Pieces::cut(sizes.iter().copied(), records, bytes);
            let mut next = 0;
            while let Some(piece) = pieces.next() {
                prop_assert_eq!(piece.at.start, next);
                prop_assert!(!piece.at.is_empty());
                let sum: usize = sizes[piece.at.clone()].iter().sum();
                prop_assert!(piece.at.len() == 1 || (piece.at.len() <= records && sum <= bytes));
                next = piece.at.end;
            }
            prop_assert_eq!(next, sizes.len());
        }

        /// Whatever the server keeps and says: every good record arrives, every bad one and no other
        /// is singled out, and a record that may arrive twice says so.
        #[test]
        fn bad_records_are_singled_out(
            bad in prop::collection::vec(any::<bool>(), 1..80),
            keeps_front: bool,
            says_where: bool,
            trusts_front: bool,
            records in 1_usize..100,
        ) {
            let server = Server { keeps_front, says_where, records };
            let trusts_front = trusts_front && keeps_front;
            let mut arrived = vec![0; bad.len()];
            let mut refused = vec![false; bad.len()];
            let mut requests = 0;
            let mut pieces = Pieces::cut(bad.iter().map(|_| 1), usize::MAX, usize::MAX);
            while let Some(piece) = pieces.next() {
                requests += 1;
                if piece.at.len() > server.records {
                    prop_assert!(pieces.halve(&piece, false));
                    continue;
                }
                let at = piece.at.clone().find(|at| bad[*at]);
                let kept = match at {
                    None => piece.at.clone(),
                    Some(at) if server.keeps_front => piece.at.start..at,
                    Some(_) => 0..0,
                };
                for at in kept {
                    prop_assert!(arrived[at] == 0 || piece.again, "an unmarked copy of {}", at);
                    arrived[at] += 1;
                }
                let Some(at) = at else { continue };
                if server.says_where {
                    refused[at] = true;
                    pieces.around(&piece, at, trusts_front);
                } else if !pieces.halve(&piece, true) {
                    refused[at] = true;
                }
            }
            for at in 0..bad.len() {
                prop_assert_eq!(refused[at], bad[at]);
                prop_assert_eq!(arrived[at] > 0, !bad[at]);
            }
            prop_assert!(requests <= 4 * bad.len());
        }
    }
}
