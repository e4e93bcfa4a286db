//! OTLP/JSON, transcoded into the protobuf bytes of the same request.
//!
//! Driven by the [`descriptor`] tables, in one pass, without a tree of the document.
//! The fields of each message come out in the order of their numbers and defaults are
//! left out: the bytes that protobuf libraries write for the same message.
//!
//! Accepted, after the OTLP and proto3 JSON rules: either spelling of a name; 64-bit
//! integers as numbers or strings; enums as numbers or names; `null` for a field that
//! is absent; ids in hex of any case; base64 of either alphabet; doubles as numbers,
//! `"NaN"`, `"Infinity"`, `"-Infinity"`; unknown fields, which are passed over. A `null`
//! in a list of messages is an empty message, as some senders mean it.
//!
//! Refused: a field that stands twice, two members of one oneof (readers disagree on
//! which counts, so neither can be evidence), anything behind the document.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>,
//! <https://protobuf.dev/programming-guides/json/>.

pub(crate) mod reader;
mod scalar;

use thiserror::Error;

use super::Signal;
use super::check::Limits;
use super::descriptor::{self, Field, Kind, Message, Presence, Role};
use super::writer::Writer;
use reader::{Reader, Syntax};

/// How many steps of a path an error names, from the outermost.
const PATH_STEPS: usize = 12;

/// Why a JSON text is refused. Never quotes content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TranscodeError {
    /// The text is not OTLP/JSON.
    #[error(
        "cannot read the JSON at line {line}, column {column}, in {path}: {reason}; send valid OTLP/JSON"
    )]
    Malformed {
        /// From 1.
        line: usize,
        /// In bytes, from 1.
        column: usize,
        /// The field, such as `resourceLogs[0].scopeLogs[2].logRecords[1].body`; `$` at the top.
        path: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// An `AnyValue` nests too deep.
    #[error("an AnyValue nests deeper than {limit} levels; flatten it or send it as text")]
    TooDeep {
        /// The limit.
        limit: u32,
    },
    /// The text, or the request it stands for, is too long.
    #[error("the request is longer than {limit} bytes; send smaller batches")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
}

impl TranscodeError {
    /// Whether a smaller request of the same kind would do (413); otherwise it can
    /// never be read (400).
    pub const fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }
}

/// Transcodes one request. The bytes still have to pass [`super::check`].
pub fn transcode(signal: Signal, json: &[u8], limits: &Limits) -> Result<Vec<u8>, TranscodeError> {
    transcode_message(descriptor::request(signal), json, limits)
}

/// Transcodes any message of OTLP.
pub(crate) fn transcode_message(
    message: &'static Message,
    json: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, TranscodeError> {
    if json.len() > limits.request_bytes {
        return Err(TranscodeError::TooLarge { limit: limits.request_bytes });
    }
    let mut transcoder =
        Transcoder { reader: Reader::new(json), writer: Writer::new(), limits, pieces: Vec::new() };
    let done = transcoder.message(message, 0).and_then(|()| Ok(transcoder.reader.end()?));
    match done {
        Ok(()) => Ok(transcoder.writer.into_bytes()),
        Err(fault) => Err(fault.locate(json)),
    }
}

/// An error on its way out.
struct Fault {
    what: What,
    /// The fields it was found in, innermost first, with the index in a list.
    path: Vec<(&'static Field, Option<usize>)>,
}

enum What {
    Syntax(Syntax),
    TooDeep(u32),
    TooLarge(usize),
}

impl From<Syntax> for Fault {
    fn from(syntax: Syntax) -> Self {
        Self { what: What::Syntax(syntax), path: Vec::new() }
    }
}

impl Fault {
    fn within(mut self, field: &'static Field, index: Option<usize>) -> Self {
        self.path.push((field, index));
        self
    }

    fn locate(self, json: &[u8]) -> TranscodeError {
        let Syntax { offset, reason } = match self.what {
            What::Syntax(syntax) => syntax,
            What::TooDeep(limit) => return TranscodeError::TooDeep { limit },
            What::TooLarge(limit) => return TranscodeError::TooLarge { limit },
        };
        let before = json.get(..offset).unwrap_or(json);
        let lines = before.split(|byte| *byte == b'\n');
        let column = lines.clone().next_back().unwrap_or_default().len() + 1;
        let line = lines.count();
        let steps = self.path.iter().rev().take(PATH_STEPS).map(|(field, index)| match index {
            Some(index) => format!("{}[{index}]", field.json_name),
            None => field.json_name.to_owned(),
        });
        let mut path = steps.collect::<Vec<_>>().join(".");
        if path.is_empty() {
            path.push('$');
        } else if self.path.len() > PATH_STEPS {
            path.push_str("...");
        }
        TranscodeError::Malformed { line, column, path, reason }
    }
}

struct Transcoder<'a> {
    reader: Reader<'a>,
    writer: Writer,
    limits: &'a Limits,
    /// The fields written so far of all messages that are not ended yet: number, start,
    /// end. Each message uses what lies above its own start and takes it away.
    pieces: Vec<(u32, usize, usize)>,
}

impl Transcoder<'_> {
    /// The content of one message, without key and length.
    fn message(&mut self, message: &'static Message, depth: u32) -> Result<(), Fault> {
        let depth = depth + u32::from(message.role == Role::Value);
        if depth > self.limits.value_depth {
            return Err(Fault { what: What::TooDeep(self.limits.value_depth), path: Vec::new() });
        }
        let start = self.writer.len();
        let first_piece = self.pieces.len();
        self.reader.open(b'{', "an object was expected")?;
        let (mut seen, mut member) = (0_u32, false);
        let mut first = true;
        while self.reader.another(&mut first, b'}')? {
            let key = self.reader.key()?;
            let Some(field) = message.field_by_json_name(&key) else {
                self.reader.skip()?;
                continue;
            };
            if seen & 1 << field.number != 0 {
                return Err(
                    Fault::from(self.reader.fault("the field stands twice")).within(field, None)
                );
            }
            seen |= 1 << field.number;
            if self.reader.null()? {
                continue;
            }
            if field.presence == Presence::Oneof && std::mem::replace(&mut member, true) {
                return Err(Fault::from(self.reader.fault("two values where one may be"))
                    .within(field, None));
            }
            let from = self.writer.len();
            self.field(field, depth)?;
            self.pieces.push((field.number, from, self.writer.len()));
        }
        self.sort_fields(start, first_piece);
        let limit = self.limits.request_bytes;
        if self.writer.len() > limit {
            return Err(Fault { what: What::TooLarge(limit), path: Vec::new() });
        }
        Ok(())
    }

    /// Puts the fields of a message into the order of their numbers.
    fn sort_fields(&mut self, start: usize, first_piece: usize) {
        let pieces = self.pieces.get_mut(first_piece..).unwrap_or_default();
        if !pieces.is_sorted() {
            pieces.sort_unstable();
            self.writer.reorder(start, pieces.iter().map(|(_, from, to)| *from..*to));
        }
        self.pieces.truncate(first_piece);
    }

    /// One field that is not null, with key.
    fn field(&mut self, field: &'static Field, depth: u32) -> Result<(), Fault> {
        match (field.presence, field.kind) {
            (Presence::Repeated, kind) => self.list(field, kind, depth),
            (_, Kind::Message(inner)) => {
                self.embedded(field.number, inner, depth).map_err(|fault| fault.within(field, None))
            }
            _ => scalar::write(&mut self.reader, field, &mut self.writer)
                .map_err(|syntax| Fault::from(syntax).within(field, None)),
        }
    }

    fn embedded(&mut self, number: u32, inner: &'static Message, depth: u32) -> Result<(), Fault> {
        let embedded = self.writer.begin(number);
        if !self.reader.null()? {
            self.message(inner, depth)?;
        }
        self.writer.end(embedded);
        Ok(())
    }

    fn list(&mut self, field: &'static Field, kind: Kind, depth: u32) -> Result<(), Fault> {
        let at = |index: Option<usize>| move |fault: Fault| fault.within(field, index);
        self.reader.open(b'[', "a list was expected").map_err(Fault::from).map_err(at(None))?;
        let mut first = true;
        let mut packed = None;
        let mut index = 0;
        while self.reader.another(&mut first, b']').map_err(Fault::from).map_err(at(Some(index)))? {
            let done = match kind {
                Kind::Message(inner) => self.embedded(field.number, inner, depth),
                Kind::String => {
                    scalar::write(&mut self.reader, field, &mut self.writer).map_err(Fault::from)
                }
                _ => {
                    packed.get_or_insert_with(|| self.writer.begin(field.number));
                    scalar::write_packed(&mut self.reader, kind, &mut self.writer)
                        .map_err(Fault::from)
                }
            };
            done.map_err(at(Some(index)))?;
            index += 1;
        }
        if let Some(packed) = packed {
            self.writer.end(packed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
