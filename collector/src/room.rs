//! Where rows are collected, made as large as they will be: columns that grow are copied again and
//! again, each time into memory that the system has to clear first.

use seam_schema::normalise::Rows;
use seam_schema::stitch::DerivedRows;

/// Collects rows, group after group.
pub(crate) trait Collects: Default {
    /// Makes room for about so many times as much as the last group had.
    fn expect(&mut self, times: f64);
}

impl Collects for Rows {
    fn expect(&mut self, times: f64) {
        Self::expect(self, times);
    }
}

impl Collects for DerivedRows {
    fn expect(&mut self, times: f64) {
        Self::expect(self, times);
    }
}

/// What collects rows, between two groups.
#[derive(Default)]
pub(crate) struct Room<R> {
    rows: R,
    /// How large the last group was, in whatever measure.
    size: usize,
}

impl<R: Collects> Room<R> {
    /// As far as room is made, a group is at most so many times as large as the last one.
    const TIMES_MOST: f64 = 4.0;
    /// The rows of one group may be a little larger than those of another.
    const SPARE: f64 = 1.05;

    /// For a group of this size. Whoever takes it gives it back, unless something went wrong.
    pub(crate) fn take(&mut self, size: usize) -> R {
        let mut rows = std::mem::take(&mut self.rows);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let times = size as f64 / self.size.max(1) as f64;
        rows.expect(times.min(Self::TIMES_MOST) * Self::SPARE);
        rows
    }

    /// All rows of a group of this size were taken out.
    pub(crate) fn give_back(&mut self, rows: R, size: usize) {
        (self.rows, self.size) = (rows, size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes what it was told to expect.
    #[derive(Default)]
    struct Expecting(Vec<f64>);

    impl Collects for Expecting {
        fn expect(&mut self, times: f64) {
            self.0.push(times);
        }
    }

    /// Room is made in proportion, and never for much more than there was.
    #[test]
    fn room_grows_with_the_group() {
        let mut room = Room::<Expecting>::default();
        for size in [100, 50, 100, 100_000] {
            let rows = room.take(size);
            room.give_back(rows, size);
        }
        let fits = |(told, times): (&f64, f64)| (told - times).abs() < 1e-9;
        assert!(room.rows.0.iter().zip([4.2, 0.525, 2.1, 4.2]).all(fits));
        assert_eq!(room.rows.0.len(), 4);
    }
}
