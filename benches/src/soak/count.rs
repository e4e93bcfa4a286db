//! Whether every numbered record is a row, once: asked of the server by SQL, known from outside.
//!
//! The tables are read once, whatever their size: for each million of numbers how many rows there
//! are, their sum, the sum of their squares and their exclusive or. Only where one of them is off
//! the numbers themselves are looked at.

use std::collections::BTreeMap;
use std::fmt;

use crate::api::Api;
use crate::bodies::Bodies;

/// Numbers that are looked at together; the sum of their squares fits 64 bits.
const TOGETHER: u64 = 1_000_000;

/// What became of the records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// Records that were sent, and acknowledged in the end.
    sent: u64,
    lost: u64,
    /// Rows too many.
    doubled: u64,
    /// Rows of records that nobody sent.
    foreign: u64,
}

/// Of some numbers: how many, their sum, the sum of their squares, their exclusive or.
type Print = [i64; 4];

impl Counted {
    pub(super) fn is_exact(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.foreign == 0
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, lost, doubled, foreign } = self;
        write!(f, "{sent} records acknowledged: {lost} lost, {doubled} doubled, {foreign} foreign")
    }
}

/// Compares the rows with what was sent, all of which was acknowledged.
pub(super) fn count(api: &Api, bodies: &Bodies) -> anyhow::Result<Counted> {
    let sent = bodies.made() * bodies.shape().batch as u64;
    let number = format!("(arrow_cast(observed_at, 'Int64') - {})", bodies.start_us());
    let statement = format!(
        "select n / {TOGETHER}, count(*), sum(n % {TOGETHER}), \
         sum((n % {TOGETHER}) * (n % {TOGETHER})), bit_xor(n % {TOGETHER}) \
         from (select {number} as n from events) where n >= 0 and n < {sent} group by 1"
    );
    let mut found = BTreeMap::new();
    for row in api.numbers(&statement)? {
        if let [part, print @ ..] = row.as_slice()
            && let (Ok(part), Ok(print)) = (u64::try_from(*part), Print::try_from(print))
        {
            found.insert(part, print);
        }
    }
    let mut counted = Counted { sent, lost: 0, doubled: 0, foreign: 0 };
    let mut rows = 0;
    for part in 0..sent.div_ceil(TOGETHER) {
        let (first, end) = (part * TOGETHER, sent.min((part + 1) * TOGETHER));
        let print = found.get(&part).copied().unwrap_or_default();
        rows += u64::try_from(print[0]).unwrap_or_default();
        if print == wanted(end - first) {
            continue;
        }
        let distinct = api.number(&format!(
            "select count(distinct n) from (select {number} as n from events) \
             where n >= {first} and n < {end}"
        ))?;
        counted.lost += (end - first).saturating_sub(distinct);
        counted.doubled += u64::try_from(print[0]).unwrap_or_default().saturating_sub(distinct);
    }
    counted.foreign = api.number("select count(*) from events")?.saturating_sub(rows);
    Ok(counted)
}

/// What the numbers from 0 give, up to so many.
fn wanted(count: u64) -> Print {
    let numbers = || 0..i64::try_from(count).unwrap_or(i64::MAX);
    [
        numbers().end,
        numbers().sum(),
        numbers().map(|number| number * number).sum(),
        numbers().fold(0, |all, number| all ^ number),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(numbers: &[i64]) -> Print {
        [
            i64::try_from(numbers.len()).unwrap_or_default(),
            numbers.iter().sum(),
            numbers.iter().map(|number| number * number).sum(),
            numbers.iter().fold(0, |all, number| all ^ number),
        ]
    }

    /// Every number once has the print that is wanted; one lost for one doubled has not.
    #[test]
    fn a_loss_beside_a_double_shows() {
        let mut numbers: Vec<i64> = (0..1_000).collect();
        assert_eq!(print(&numbers), wanted(1_000));
        for (lost, doubled) in [(7, 8), (0, 999), (500, 1)] {
            numbers[lost] = doubled;
            assert_ne!(print(&numbers), wanted(1_000), "{lost} lost, {doubled} twice");
            numbers[lost] = i64::try_from(lost).unwrap_or_default();
        }
        // The most that is looked at together fits.
        assert!(wanted(TOGETHER)[2] > 0);
    }
}
