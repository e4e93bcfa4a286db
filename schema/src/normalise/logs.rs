//! Log records.

use std::borrow::Cow;

use crate::agents;
use crate::event::{Attribute, Event, EventsBuilder, Text};
use crate::ids::{SpanId, TraceId};
use crate::normalise::attributes::{SentAttributes, body_is_invalid, note_non_empty};
use crate::normalise::context::{Context, take_time};
use crate::normalise::envelope::{ResourcePart, ScopePart, push_count, push_unknown};
use crate::normalise::tally::Tally;
use crate::normalise::time::{Moment, micros};
use crate::otlp::{AnyValue, LogRecord, LogsRequest, ValueType, column_text};
use crate::record::json;
use crate::table::cell::TimeUs;
use crate::vocabulary::{Agent, IgnoreRule, RecordSignal, TimeSource};

/// Maps every log record of a request.
pub(super) fn map<'a>(
    context: &Context<'a>,
    payload: &'a [u8],
    mut events: Option<&mut EventsBuilder>,
    tally: &mut Tally<'a, '_>,
) {
    let redactor = context.redactor();
    let mut event = Event::default();
    let mut sent = SentAttributes::default();
    let mut index = 0;
    for group in LogsRequest::new(payload).resource_logs() {
        let mut resource =
            ResourcePart::read(redactor, group.resource, group.schema_url, group.unknown_fields());
        event.resource = std::mem::take(&mut resource.attributes);
        for group in group.scope_logs() {
            let unknown = group.unknown_fields();
            let scope =
                ScopePart::read(redactor, &resource, group.scope, group.schema_url, unknown);
            for record in group.log_records() {
                event.clear_record();
                context.begin(&mut event.columns, index);
                sent.read(record.attributes());
                let one = One { context, resource: &resource, scope: &scope, sent: &sent };
                let noise = one.map(&record, &mut event);
                context.redact(&mut event, record.bytes(), scope.suspect, noise, &resource);
                context.end(&mut event, noise, events.as_deref_mut(), tally);
                index += 1;
            }
        }
    }
}

/// One log record and what it stands in.
struct One<'r, 'a> {
    context: &'r Context<'a>,
    resource: &'r ResourcePart<'a>,
    scope: &'r ScopePart<'a>,
    sent: &'r SentAttributes<'a>,
}

impl<'a> One<'_, 'a> {
    /// Fills the row; gives the rule by which the record is noise.
    fn map(&self, record: &LogRecord<'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
        event.columns.signal = Some(RecordSignal::Logs);
        self.scope.take(&mut event.columns);
        self.context.take_host(&mut event.columns, self.resource.host.as_ref());
        let mut invalid_utf8 = self.sent.invalid_utf8;
        take_envelope(record, event, &mut invalid_utf8);
        let agent = self.scope.agent.of_log(self.sent, &event.columns);
        self.choose_time(record, agent, event);
        let noise = agents::map_log(agent, &self.resource.record(self.sent, None), event);
        self.scope.keep(&mut event.attributes, invalid_utf8);
        noise
    }

    /// Codex sends 0, Gemini and Qwen the time of a later flush, so their own attribute comes
    /// first; others stamp the record.
    fn choose_time(&self, record: &LogRecord<'a>, agent: Agent, event: &mut Event<'a>) {
        let sent = Moment::sent(record.time_unix_nano, TimeSource::Record);
        let stamped = || Moment::event_timestamp(self.sent.find(agents::EVENT_TIMESTAMP)?.text?);
        let stamps_itself = matches!(agent, Agent::Codex | Agent::Gemini | Agent::Qwen);
        let first = if stamps_itself { stamped().or(sent) } else { sent.or_else(stamped) };
        let moment = first
            .or_else(|| Moment::sent(record.observed_time_unix_nano, TimeSource::Observed))
            .unwrap_or_else(|| Moment::received(self.context.received_at));
        take_time(&mut event.columns, moment);
        let held = moment.source == TimeSource::Record
            && moment.nanos.cast_unsigned() == record.time_unix_nano;
        if !held {
            push_count(&mut event.attributes, "otlp.time_unix_nano", record.time_unix_nano);
        }
    }
}

/// Fills the columns of the record's own fields and keeps those that have none.
fn take_envelope<'a>(record: &LogRecord<'a>, event: &mut Event<'a>, invalid_utf8: &mut bool) {
    let observed = record.observed_time_unix_nano;
    let columns = &mut event.columns;
    columns.observed_at = (observed != 0).then(|| TimeUs(micros(observed)));
    columns.severity_number =
        (record.severity_number != 0).then(|| i64::from(record.severity_number));
    columns.severity_text = note_non_empty(record.severity_text, invalid_utf8);
    columns.event_name = note_non_empty(record.event_name, invalid_utf8);
    columns.flags = (record.flags != 0).then(|| i64::from(record.flags));
    columns.trace_id = record.trace_id.try_into().ok().map(TraceId);
    columns.span_id = record.span_id.try_into().ok().map(SpanId);
    let attributes = &mut event.attributes;
    push_id(attributes, "otlp.trace_id", record.trace_id, columns.trace_id.is_some());
    push_id(attributes, "otlp.span_id", record.span_id, columns.span_id.is_some());
    if !observed.is_multiple_of(1000) {
        attributes.push(Attribute::number("otlp.observed_time_unix_nano", observed));
    }
    push_count(attributes, "otlp.dropped_attributes_count", record.dropped_attributes_count);
    push_unknown(attributes, "otlp.unknown", record.unknown_fields());
    if let Some(body) = record.body {
        *invalid_utf8 |= body_is_invalid(body);
        take_body(body, event);
    }
}

/// A string stands as it is, any other value as JSON text with its type beside it.
fn take_body<'a>(body: AnyValue<'a>, event: &mut Event<'a>) {
    if let AnyValue::Text(text) = body {
        event.columns.body = Some(text.to_cow());
        return;
    }
    let mut scratch = String::new();
    let (kind, _) = column_text(body, &mut scratch);
    event.body_type = Some(kind);
    event.columns.body = (kind != ValueType::Empty).then_some(Text::Owned(scratch));
}

/// Keeps an id that is not as long as it should be, as hex digits.
pub(super) fn push_id(
    attributes: &mut Vec<Attribute<'_>>,
    key: &'static str,
    id: &[u8],
    held: bool,
) {
    if !held && !id.is_empty() {
        attributes.push(Attribute::text(key, Cow::Owned(json::hex(id))));
    }
}
