//! Rows of `events` as log records, spans and span events.

use crate::agents::exact::{self, DERIVED, Given};
use crate::agents::table_of;
use crate::event::{Event, EventColumns, Text};
use crate::otlp::writer::Writer;
use crate::otlp::{ResourceSpans, ScopeSpans, Signal, TracesRequest, ValueType};
use crate::record::canonical::{bytes, fixed32, fixed64, of_request, varint};
use crate::record::kept::{Kept, column, request, write};
use crate::record::{RecordError, json, parts};
use crate::vocabulary::{Kind, RecordSignal, SpanKind, StatusCode, TimeSource};

/// The canonical form of the record that a row of `events` was made of.
pub fn of_event(event: &Event<'_>) -> Result<Vec<u8>, RecordError> {
    if event.columns.kind == Some(Kind::Undecoded) {
        return Err(RecordError::Undecoded);
    }
    let kept = Kept::read(&event.attributes, &event.resource)?;
    let mut row = Row { columns: event.columns.clone(), kept, body_type: event.body_type };
    match event.columns.signal {
        Some(RecordSignal::Logs) => row.log(),
        Some(RecordSignal::Traces) => row.span(),
        Some(RecordSignal::SpanEvent) => row.span_event(),
        Some(RecordSignal::Metrics) | None => Err(RecordError::Reserved { key: "signal" }),
    }
}

/// A row on its way back. The columns are emptied where an attribute takes their content.
struct Row<'r> {
    columns: EventColumns<'r>,
    kept: Kept<'r>,
    body_type: Option<ValueType>,
}

impl Row<'_> {
    fn log(&mut self) -> Result<Vec<u8>, RecordError> {
        let mut out = Writer::new();
        let name = self.columns.name.clone();
        self.attributes(&mut out, 6, name.as_deref());
        fixed64(&mut out, 1, self.time()?);
        let columns = &self.columns;
        varint(&mut out, 2, columns.severity_number.unwrap_or(0).cast_unsigned());
        text(&mut out, 3, columns.severity_text.as_ref());
        if columns.body.is_some() || self.body_type.is_some() {
            let kind = self.body_type.unwrap_or(ValueType::String);
            let body = column("body", kind, columns.body.as_deref().unwrap_or_default())?;
            out.bytes_field(5, &body);
        }
        varint(&mut out, 7, self.kept.number("otlp.dropped_attributes_count")?.unwrap_or(0));
        fixed32(&mut out, 8, self.flags());
        self.id(&mut out, 9, columns.trace_id.map(|id| id.0.to_vec()), "otlp.trace_id")?;
        self.id(&mut out, 10, columns.span_id.map(|id| id.0.to_vec()), "otlp.span_id")?;
        let observed = self.kept.number("otlp.observed_time_unix_nano")?;
        fixed64(&mut out, 11, observed.unwrap_or_else(|| nanos(columns.observed_at)));
        text(&mut out, 12, columns.event_name.as_ref());
        out.put_raw(&self.kept.bytes("otlp.unknown")?);
        let parsed = self.request(out)?;
        Ok(of_request(Signal::Logs, &parsed).pop().unwrap_or_default())
    }

    fn span(&mut self) -> Result<Vec<u8>, RecordError> {
        let mut out = Writer::new();
        let name = self.columns.name.take();
        text(&mut out, 5, name.as_ref());
        self.attributes(&mut out, 9, name.as_deref());
        fixed64(&mut out, 7, self.time()?);
        self.span_ids(&mut out)?;
        let (kept, columns) = (&self.kept, &self.columns);
        bytes(&mut out, 3, kept.text("otlp.trace_state").unwrap_or_default().as_bytes());
        let parent = columns.parent_span_id.map(|id| id.0.to_vec());
        self.id(&mut out, 4, parent, "otlp.parent_span_id")?;
        let kind = match columns.span_kind {
            Some(SpanKind::Internal) => 1,
            Some(SpanKind::Server) => 2,
            Some(SpanKind::Client) => 3,
            Some(SpanKind::Producer) => 4,
            Some(SpanKind::Consumer) => 5,
            None => kept.number::<i64>("otlp.span_kind")?.unwrap_or(0),
        };
        varint(&mut out, 6, kind.cast_unsigned());
        let end = kept.number("otlp.end_time_unix_nano")?;
        fixed64(&mut out, 8, end.unwrap_or_else(|| nanos(columns.end_time)));
        varint(&mut out, 10, kept.number("otlp.dropped_attributes_count")?.unwrap_or(0));
        varint(&mut out, 12, kept.number("otlp.dropped_events_count")?.unwrap_or(0));
        varint(&mut out, 14, kept.number("otlp.dropped_links_count")?.unwrap_or(0));
        if let Some(links) = columns.span_links.as_deref() {
            let path = "resourceSpans[].scopeSpans[].spans[].links";
            let parsed = request(Signal::Traces, "span_links", path, links)?;
            let groups = TracesRequest::new(&parsed).resource_spans();
            let spans = groups.flat_map(ResourceSpans::scope_spans).flat_map(ScopeSpans::spans);
            for link in spans.flat_map(|span| span.links()) {
                out.bytes_field(13, link.bytes());
            }
        }
        let status = self.status()?;
        bytes(&mut out, 15, &status);
        fixed32(&mut out, 16, self.flags());
        out.put_raw(&kept.bytes("otlp.unknown")?);
        let parsed = self.request(out)?;
        Ok(of_request(Signal::Traces, &parsed).pop().unwrap_or_default())
    }

    fn span_event(&mut self) -> Result<Vec<u8>, RecordError> {
        let mut inner = Writer::new();
        let name = self.columns.name.clone();
        // A mapper that found the name in an attribute moved this field's to `event_name`.
        let field = match self.columns.event_name.take() {
            Some(field) => Some(field),
            None => self.columns.name.take(),
        };
        text(&mut inner, 2, field.as_ref());
        self.attributes(&mut inner, 3, name.as_deref());
        fixed64(&mut inner, 1, self.time()?);
        varint(&mut inner, 4, self.kept.number("otlp.dropped_attributes_count")?.unwrap_or(0));
        inner.put_raw(&self.kept.bytes("otlp.unknown")?);
        let mut out = Writer::new();
        self.span_ids(&mut out)?;
        out.bytes_field(11, inner.bytes());
        let parsed = self.request(out)?;
        // The span around it comes first.
        Ok(of_request(Signal::Traces, &parsed).pop().unwrap_or_default())
    }

    /// Writes what the columns hold, then what the map keeps. The column `name` is empty where
    /// its own field has taken it; `name` is what the row said.
    fn attributes(&mut self, out: &mut Writer, number: u32, name: Option<&str>) {
        let columns = &mut self.columns;
        let kept = &self.kept;
        if let Some(table) = table_of(columns.agent, columns.signal, name) {
            let derived = kept.text(DERIVED).unwrap_or_default();
            for (key, given) in exact::give(table, columns, derived, |key| kept.stands(key)) {
                out.message_field(number, |out| {
                    out.bytes_field(1, key.as_bytes());
                    out.message_field(2, |out| match given {
                        Given::Text(text) => out.bytes_field(1, text.as_bytes()),
                        Given::Bool(flag) => out.varint_field(2, flag.into()),
                        Given::Int(value) => out.varint_field(3, value.cast_unsigned()),
                        Given::Double(value) => out.fixed64_field(4, value.to_bits()),
                    });
                });
            }
        }
        write(out, number, &kept.record);
    }

    /// The record's own time in nanoseconds, 0 if it brought none.
    fn time(&self) -> Result<u64, RecordError> {
        if let Some(time) = self.kept.number("otlp.time_unix_nano")? {
            return Ok(time);
        }
        let own = self.columns.time_source == Some(TimeSource::Record);
        Ok(if own { self.columns.time_unix_nano.cast_unsigned() } else { 0 })
    }

    fn flags(&self) -> u32 {
        self.columns.flags.and_then(|flags| u32::try_from(flags).ok()).unwrap_or(0)
    }

    fn span_ids(&self, out: &mut Writer) -> Result<(), RecordError> {
        self.id(out, 1, self.columns.trace_id.map(|id| id.0.to_vec()), "otlp.trace_id")?;
        self.id(out, 2, self.columns.span_id.map(|id| id.0.to_vec()), "otlp.span_id")
    }

    fn id(
        &self,
        out: &mut Writer,
        number: u32,
        id: Option<Vec<u8>>,
        key: &'static str,
    ) -> Result<(), RecordError> {
        let odd =
            self.kept.text(key).map(|hex| json::from_hex(hex).ok_or(RecordError::Reserved { key }));
        bytes(
            out,
            number,
            &id.map_or_else(|| odd.transpose(), |id| Ok(Some(id)))?.unwrap_or_default(),
        );
        Ok(())
    }

    fn status(&self) -> Result<Vec<u8>, RecordError> {
        let mut out = Writer::new();
        text(&mut out, 2, self.columns.status_message.as_ref());
        let code = match self.columns.status_code {
            Some(StatusCode::Ok) => 1,
            Some(StatusCode::Error) => 2,
            None => self.kept.number::<i64>("otlp.status_code")?.unwrap_or(0),
        };
        varint(&mut out, 3, code.cast_unsigned());
        out.put_raw(&self.kept.bytes("otlp.status.unknown")?);
        Ok(out.into_bytes())
    }

    fn request(&self, record: Writer) -> Result<Vec<u8>, RecordError> {
        let scope = (self.columns.scope_name.as_ref(), self.columns.scope_version.as_ref());
        let record = record.into_bytes();
        parts::around(&self.kept, scope, |out| out.put_raw(&record))
    }
}

/// Nanoseconds of a time column; what it cannot hold stands under a reserved key.
fn nanos(time: Option<crate::table::cell::TimeUs>) -> u64 {
    time.map_or(0, |time| time.0.cast_unsigned().saturating_mul(1000))
}

fn text(out: &mut Writer, number: u32, text: Option<&Text<'_>>) {
    bytes(out, number, text.map_or(&[], |text| text.as_bytes()));
}
