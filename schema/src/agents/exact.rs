//! Which attributes a column holds exactly.
//!
//! One table per kind of record, used both ways: [`fill`] takes an attribute out of the record
//! where the column holds its type and value exactly, [`give`] puts it back. Everything else
//! stays in `attributes`, and the column may still hold a reading of it. A column of the table
//! that was filled from elsewhere is named under the reserved key `otlp.derived`, so that the way
//! back does not invent an attribute.

use std::borrow::Cow;

use crate::agents::EVENT_TIMESTAMP;
use crate::event::{Attribute, Event, EventColumns, Text};
use crate::normalise::attributes::{Prefix, Sent, SentAttributes, sketch};
use crate::normalise::time;
use crate::otlp::AnyValue;
use crate::vocabulary::{Decision, TimeSource};

/// The reserved key that names the columns an attribute did not fill.
pub(crate) const DERIVED: &str = "otlp.derived";

/// A place in the row.
pub(crate) type Place<T> = for<'c, 'a> fn(&'c mut EventColumns<'a>) -> &'c mut Option<T>;
/// A text's place in the row.
pub(crate) type TextPlace = for<'c, 'a> fn(&'c mut EventColumns<'a>) -> &'c mut Option<Text<'a>>;

/// How an attribute stands in its column.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// A string that is not empty.
    Text(TextPlace),
    /// The same, but not this word, which stands for nothing.
    TextNot(TextPlace, &'static str),
    /// A string that the column holds behind these words.
    TextAfter(TextPlace, &'static str),
    /// The same string as the attribute whose column this is, sent once more.
    Copy(TextPlace),
    /// An integer.
    Int(Place<i64>),
    /// An integer, sent as a decimal string.
    IntText(Place<i64>),
    /// A truth value.
    Bool(Place<bool>),
    /// A floating point number that is not NaN.
    Double(Place<f64>),
    /// A decision in the very words of the tables.
    Decision(Place<Decision>),
    /// The attribute `event.timestamp`, where `time` was taken from it.
    Timestamp,
    /// The same, or where the record's own time says the same.
    TimestampToo,
}

/// One attribute and its column.
#[derive(Clone, Copy)]
pub(crate) struct Exact {
    key: &'static str,
    column: &'static str,
    shape: Shape,
}

impl Exact {
    pub(crate) const fn new(key: &'static str, column: &'static str, shape: Shape) -> Self {
        Self { key, column, shape }
    }
}

/// No entry in [`Table::slots`].
const NONE: u8 = u8::MAX;
/// More than four times as many as a table has entries, and a power of two.
const SLOTS: usize = 128;

/// The attributes that the columns of one kind of record hold.
pub(crate) struct Table {
    common: &'static [Exact],
    own: &'static [Exact],
    /// Where [`sketch`] of a key leads: an entry, or the next slot after a clash.
    slots: [u8; SLOTS],
}

impl Table {
    /// A table of the entries that all records of an agent share and those of this kind.
    ///
    /// Does not compile if two entries have one column: the way back could not tell them apart.
    pub(crate) const fn new(common: &'static [Exact], own: &'static [Exact]) -> Self {
        let mut table = Self { common, own, slots: [NONE; SLOTS] };
        let count = common.len() + own.len();
        assert!(count < u64::BITS as usize, "a table has a bit per entry");
        let mut index = 0;
        while index < count {
            let entry = nth(common, own, index);
            let mut other = index + 1;
            while other < count {
                assert!(
                    !is_same(entry.column, nth(common, own, other).column),
                    "one column, one key"
                );
                other += 1;
            }
            let mut slot = sketch(entry.key.as_bytes()) as usize % SLOTS;
            while table.slots[slot] != NONE {
                slot = (slot + 1) % SLOTS;
            }
            #[expect(clippy::cast_possible_truncation, reason = "there are under 64 entries")]
            let entry = index as u8;
            table.slots[slot] = entry;
            index += 1;
        }
        table
    }

    fn entry(&self, index: usize) -> Option<&'static Exact> {
        self.common.get(index).or_else(|| self.own.get(index.checked_sub(self.common.len())?))
    }

    fn entries(&self) -> impl Iterator<Item = (u64, &'static Exact)> {
        self.common.iter().chain(self.own).enumerate().map(|(index, entry)| (1 << index, entry))
    }

    /// The entry of a key and its bit.
    fn find(&self, key: &str) -> Option<(u64, &'static Exact)> {
        let mut slot = usize::from(sketch(key.as_bytes())) % SLOTS;
        loop {
            let index = usize::from(*self.slots.get(slot)?);
            let entry = self.entry(index)?;
            if entry.key == key {
                return Some((1 << index, entry));
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

/// The entry at `index` of two lists put together.
const fn nth(common: &'static [Exact], own: &'static [Exact], index: usize) -> &'static Exact {
    if index < common.len() { &common[index] } else { &own[index - common.len()] }
}

/// Whether two names are one, at compile time.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// Puts each attribute into its column or among `attributes`.
///
/// Columns that are filled already stay as they are; gives the entries whose attribute the row
/// holds, as bits for [`mark_derived`].
pub(crate) fn fill<'a>(
    table: Option<&Table>,
    sent: &SentAttributes<'a>,
    event: &mut Event<'a>,
) -> u64 {
    let mut held = 0;
    for one in sent.iter() {
        if one.nth == 1
            && let Some((bit, entry)) = table.and_then(|table| table.find(&one.key))
        {
            held |= bit;
            if take(entry.shape, one, &mut event.columns) {
                continue;
            }
        }
        event.attributes.push(one.keep(&Prefix::RECORD));
    }
    held
}

/// Names the columns of the table that no attribute of theirs filled.
pub(crate) fn mark_derived(table: &Table, held: u64, event: &mut Event<'_>) {
    let mut derived: Cow<'static, str> = Cow::Borrowed("");
    for (bit, entry) in table.entries() {
        if held & bit == 0 && is_filled(entry.shape, &mut event.columns) {
            if derived.is_empty() {
                derived = Cow::Borrowed(entry.column);
            } else {
                derived.to_mut().extend([",", entry.column]);
            }
        }
    }
    if !derived.is_empty() {
        event.attributes.push(Attribute::text(DERIVED, derived));
    }
}

/// Fills a column; true if the column holds the attribute exactly.
fn take<'a>(shape: Shape, sent: &Sent<'a>, columns: &mut EventColumns<'a>) -> bool {
    match shape {
        Shape::Text(place) => take_text(place(columns), sent, ""),
        Shape::TextNot(place, word) => take_text(place(columns), sent, word),
        Shape::TextAfter(place, before) => take_after(place(columns), sent, before),
        Shape::Copy(place) => {
            let same = |text: &str| !text.is_empty() && place(columns).as_deref() == Some(text);
            sent.text.is_some_and(same)
        }
        Shape::Int(place) => take_int(place(columns), sent, false),
        Shape::IntText(place) => take_int(place(columns), sent, true),
        Shape::Bool(place) => {
            let cell = place(columns);
            let AnyValue::Bool(flag) = sent.value else {
                if cell.is_none() {
                    *cell = sent.text.and_then(|text| text.parse().ok());
                }
                return false;
            };
            cell.is_none() && cell.replace(flag).is_none()
        }
        Shape::Double(place) => {
            let cell = place(columns);
            match sent.value {
                AnyValue::Double(number) if !number.is_nan() && cell.is_none() => {
                    *cell = Some(number);
                    true
                }
                _ => false,
            }
        }
        Shape::Decision(place) => {
            let cell = place(columns);
            let found = sent.text.and_then(Decision::parse);
            found.is_some_and(|found| cell.is_none() && cell.replace(found).is_none())
        }
        Shape::Timestamp => {
            columns.time_source == Some(TimeSource::EventTimestamp)
                && sent.text.and_then(time::parse_millis) == Some(columns.time.0)
        }
        Shape::TimestampToo => {
            is_stamped(columns) && sent.text.and_then(time::parse_millis) == Some(columns.time.0)
        }
    }
}

/// Whether `time` is what the sender said, wherever it said it.
fn is_stamped(columns: &EventColumns<'_>) -> bool {
    matches!(columns.time_source, Some(TimeSource::Record | TimeSource::EventTimestamp))
}

/// Takes what follows `before` in the column; a column that is filled already may say the same.
fn take_after(cell: &mut Option<Text<'_>>, sent: &Sent<'_>, before: &str) -> bool {
    let Some(text) = sent.text.filter(|text| !text.is_empty()) else { return false };
    let held = cell.get_or_insert_with(|| Text::Owned(format!("{before}{text}")));
    held.strip_prefix(before) == Some(text)
}

fn take_text<'a>(cell: &mut Option<Text<'a>>, sent: &Sent<'a>, nothing: &str) -> bool {
    match sent.text {
        Some(text) if !text.is_empty() && text != nothing && cell.is_none() => {
            *cell = Some(Text::Borrowed(text));
            true
        }
        _ => false,
    }
}

/// Takes an integer as it was sent, and reads one that was sent the other way.
fn take_int(cell: &mut Option<i64>, sent: &Sent<'_>, as_text: bool) -> bool {
    if cell.is_some() {
        return false;
    }
    let (number, exact) = match (sent.value, sent.text) {
        (AnyValue::Int(number), _) => (Some(number), !as_text),
        (_, Some(text)) => (text.parse().ok(), as_text && is_canonical(text)),
        _ => (None, false),
    };
    *cell = number;
    exact && number.is_some()
}

/// Whether a decimal text is spelled as a number is written: no sign but `-`, no leading zero.
fn is_canonical(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    match digits.as_bytes() {
        [b'0'] => text == "0",
        [b'1'..=b'9', ..] => true,
        _ => false,
    }
}

fn is_filled(shape: Shape, columns: &mut EventColumns<'_>) -> bool {
    match shape {
        Shape::Text(place)
        | Shape::TextNot(place, _)
        | Shape::TextAfter(place, _)
        | Shape::Copy(place) => place(columns).is_some(),
        Shape::Int(place) | Shape::IntText(place) => place(columns).is_some(),
        Shape::Bool(place) => place(columns).is_some(),
        Shape::Double(place) => place(columns).is_some(),
        Shape::Decision(place) => place(columns).is_some(),
        Shape::Timestamp => false,
        Shape::TimestampToo => is_stamped(columns),
    }
}

/// The value of an attribute that a column held.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given<'a> {
    /// A string.
    Text(Text<'a>),
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A floating point number.
    Double(f64),
}

/// The attributes that the columns of a row hold; `stands` says which keys stand among its
/// `attributes`, `derived` is the text under [`DERIVED`].
pub(crate) fn give<'a>(
    table: &Table,
    columns: &mut EventColumns<'a>,
    derived: &str,
    stands: impl Fn(&str) -> bool,
) -> Vec<(&'static str, Given<'a>)> {
    let invented = |column: &str| derived.split(',').any(|derived| derived == column);
    let wanted = |entry: &&Exact| !stands(entry.key) && !invented(entry.column);
    let entries = table.entries().map(|(_, entry)| entry).filter(wanted);
    entries.filter_map(|entry| Some((entry.key, given(entry.shape, columns)?))).collect()
}

fn given<'a>(shape: Shape, columns: &mut EventColumns<'a>) -> Option<Given<'a>> {
    match shape {
        // The column stays filled: another entry may give a copy of it.
        Shape::Text(place) | Shape::TextNot(place, _) | Shape::Copy(place) => {
            place(columns).clone().map(Given::Text)
        }
        Shape::TextAfter(place, before) => {
            let text = place(columns).as_deref()?.strip_prefix(before)?;
            Some(Given::Text(Text::Owned(text.to_owned())))
        }
        Shape::Int(place) => place(columns).map(Given::Int),
        Shape::IntText(place) => {
            place(columns).map(|number| Given::Text(number.to_string().into()))
        }
        Shape::Bool(place) => place(columns).map(Given::Bool),
        Shape::Double(place) => place(columns).map(Given::Double),
        Shape::Decision(place) => {
            place(columns).map(|word| Given::Text(Text::Borrowed(word.as_str())))
        }
        Shape::Timestamp => {
            if columns.time_source != Some(TimeSource::EventTimestamp) {
                return None;
            }
            time::write_millis(columns.time.0).map(|text| Given::Text(text.into()))
        }
        Shape::TimestampToo => {
            let text = is_stamped(columns).then(|| time::write_millis(columns.time.0))?;
            text.map(|text| Given::Text(text.into()))
        }
    }
}

/// The entry of `event.timestamp`.
pub(crate) const TIMESTAMP: Exact = Exact::new(EVENT_TIMESTAMP, "time", Shape::Timestamp);
/// The same, for an agent that stamps its records as well.
pub(crate) const TIMESTAMP_TOO: Exact = Exact::new(EVENT_TIMESTAMP, "time", Shape::TimestampToo);

/// Writes the entries of a table: `"attribute" => column: Shape`.
macro_rules! exact {
    ($($key:literal => $column:ident: $shape:ident $(($word:literal))?),* $(,)?) => {
        &[$($crate::agents::exact::Exact::new(
            $key,
            stringify!($column),
            $crate::agents::exact::Shape::$shape(|columns| &mut columns.$column $(, $word)?),
        )),*]
    };
}
pub(crate) use exact;

#[cfg(test)]
mod tests;
