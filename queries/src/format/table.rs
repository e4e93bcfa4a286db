//! A table for people.
//!
//! Columns are as wide as the first rows want them; a longer value further down pushes its line
//! out. Long values are cut and end in `…`: the other formats give them whole. Control
//! characters are shown, not sent: what an agent was made to say must not move a terminal's
//! cursor. Nothing here colours anything.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::json::writer::EncoderOptions;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Encoder;
use super::cells::Cells;
use super::json::options;
use super::plain_types::PlainTypes;
use crate::error::QueryError;

/// How many rows are looked at before the first line is written.
pub const WIDTHS_FROM_ROWS: usize = 1_000;
/// The widest a value is shown, in columns of the terminal.
const CELL_WIDTH: usize = 120;

/// The writer.
#[derive(Debug)]
pub(crate) struct Table {
    types: PlainTypes,
    options: EncoderOptions,
    numbers: Vec<bool>,
    waiting: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
    rows: u64,
}

impl Table {
    pub(crate) fn new(schema: &SchemaRef) -> Self {
        let types = PlainTypes::of(schema);
        let numbers = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        Self { types, options: options(), numbers, waiting: Vec::new(), widths: None, rows: 0 }
    }

    fn names(&self) -> Vec<String> {
        self.types.schema().fields().iter().map(|field| shown(field.name())).collect()
    }

    /// Settles the widths, once, and writes what waits.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let names = self.names();
        let is_start = self.widths.is_none();
        let widths = self.widths.get_or_insert_with(|| {
            let lines = self.waiting.iter().chain([&names]);
            lines.fold(vec![0; names.len()], |mut widths, line| {
                for (width, cell) in widths.iter_mut().zip(line) {
                    *width = (*width).max(cell.width());
                }
                widths
            })
        });
        if is_start {
            put_line(&names, widths, &[], out);
            let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
            out.extend_from_slice(rule.join("+").as_bytes());
            out.push(b'\n');
        }
        for line in self.waiting.drain(..) {
            put_line(&line, widths, &self.numbers, out);
        }
    }
}

impl Encoder for Table {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), QueryError> {
        let batch = self.types.apply(batch)?;
        let schema = Arc::clone(self.types.schema());
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| Cells::new(field, column, &self.options));
        let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells =
                columns.iter_mut().map(|column| shown(&column.get(row).unwrap_or_default()));
            self.waiting.push(cells.collect());
            self.rows += 1;
        }
        drop(columns);
        if self.waiting.len() >= WIDTHS_FROM_ROWS || self.widths.is_some() {
            self.flush(out);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), QueryError> {
        self.flush(out);
        let rows = self.rows;
        let count = if rows == 1 { "(1 row)\n".to_owned() } else { format!("({rows} rows)\n") };
        out.extend_from_slice(count.as_bytes());
        Ok(())
    }
}

fn put_line(cells: &[String], widths: &[usize], numbers: &[bool], out: &mut Vec<u8>) {
    let mut line = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        line.push_str(if index == 0 { " " } else { " | " });
        let pad = " ".repeat(width.saturating_sub(cell.width()));
        if numbers.get(index).copied().unwrap_or(false) {
            line.push_str(&pad);
            line.push_str(cell);
        } else {
            line.push_str(cell);
            line.push_str(&pad);
        }
    }
    out.extend_from_slice(line.trim_end().as_bytes());
    out.push(b'\n');
}

/// A value as it is shown: on one line, without control characters, not too wide.
fn shown(text: &str) -> String {
    let mut cell = String::new();
    let mut width = 0;
    for letter in text.chars() {
        let visible = letter.width().filter(|_| !is_invisible(letter));
        let piece: String = match visible {
            Some(_) => letter.to_string(),
            None => letter.escape_default().to_string(),
        };
        width += piece.width();
        if width > CELL_WIDTH {
            cell.push('…');
            break;
        }
        cell.push_str(&piece);
    }
    cell
}

/// Letters that reorder or hide others.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
