//! Spans and their events.

use crate::agents;
use crate::event::{Attribute, Event, EventsBuilder, Text};
use crate::ids::{SpanId, TraceId};
use crate::normalise::attributes::{SentAttributes, note_non_empty, note_text};
use crate::normalise::context::{Context, take_time};
use crate::normalise::envelope::{ResourcePart, ScopePart, push_count, push_unknown};
use crate::normalise::logs::push_id;
use crate::normalise::tally::Tally;
use crate::normalise::time::{Moment, micros};
use crate::otlp::{Span, SpanEvent, Status, TracesRequest, descriptor};
use crate::record::json;
use crate::table::cell::TimeUs;
use crate::vocabulary::{Agent, IgnoreRule, RecordSignal, SpanKind, StatusCode, TimeSource};

/// Maps every span and every span event of a request.
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
    for group in TracesRequest::new(payload).resource_spans() {
        let mut resource =
            ResourcePart::read(redactor, group.resource, group.schema_url, group.unknown_fields());
        event.resource = std::mem::take(&mut resource.attributes);
        for group in group.scope_spans() {
            let unknown = group.unknown_fields();
            let scope =
                ScopePart::read(redactor, &resource, group.scope, group.schema_url, unknown);
            for span in group.spans() {
                let mut walk = Walk {
                    context,
                    resource: &resource,
                    scope: &scope,
                    sent: &mut sent,
                    event: &mut event,
                    index: &mut index,
                };
                let noise = walk.span(&span);
                let agent = walk.event.columns.agent.unwrap_or(Agent::Unknown);
                walk.end(span.bytes(), noise, events.as_deref_mut(), tally);
                for span_event in span.events() {
                    let noise = walk.span_event(&span, &span_event, agent);
                    walk.end(span_event.bytes(), noise, events.as_deref_mut(), tally);
                }
            }
        }
    }
}

/// A span on its way into a row, and then each of its events.
struct Walk<'r, 'a> {
    context: &'r Context<'a>,
    resource: &'r ResourcePart<'a>,
    scope: &'r ScopePart<'a>,
    sent: &'r mut SentAttributes<'a>,
    event: &'r mut Event<'a>,
    index: &'r mut i64,
}

impl<'a> Walk<'_, 'a> {
    /// Takes secrets out of the row, counts it and appends it; `raw` is the encoded record.
    fn end(
        &mut self,
        raw: &[u8],
        noise: Option<IgnoreRule>,
        events: Option<&mut EventsBuilder>,
        tally: &mut Tally<'a, '_>,
    ) {
        self.context.redact(self.event, raw, self.scope.suspect, noise, self.resource);
        self.context.end(self.event, noise, events, tally);
        *self.index += 1;
    }

    fn begin(&mut self, signal: RecordSignal, unix_nano: u64) {
        self.event.clear_record();
        let columns = &mut self.event.columns;
        self.context.begin(columns, *self.index);
        columns.signal = Some(signal);
        self.scope.take(columns);
        self.context.take_host(columns, self.resource.host.as_ref());
        let moment = Moment::sent(unix_nano, TimeSource::Record)
            .unwrap_or_else(|| Moment::received(self.context.received_at));
        take_time(columns, moment);
        if i64::try_from(unix_nano).is_err() {
            push_count(&mut self.event.attributes, "otlp.time_unix_nano", unix_nano);
        }
    }

    /// Fills the row of a span; gives the rule by which it is noise.
    fn span(&mut self, span: &Span<'a>) -> Option<IgnoreRule> {
        self.begin(RecordSignal::Traces, span.start_time_unix_nano);
        self.sent.read(span.attributes());
        let mut invalid_utf8 = self.sent.invalid_utf8;
        self.take_ids(span.trace_id, span.span_id);
        self.take_span(span, &mut invalid_utf8);
        let agent = self.scope.agent.of_span(self.sent);
        let noise = agents::map_span(agent, &self.resource.record(self.sent, None), self.event);
        self.scope.keep(&mut self.event.attributes, invalid_utf8);
        noise
    }

    /// Fills the row of a span event; gives the rule by which it is noise.
    fn span_event(
        &mut self,
        span: &Span<'a>,
        span_event: &SpanEvent<'a>,
        agent: Agent,
    ) -> Option<IgnoreRule> {
        self.begin(RecordSignal::SpanEvent, span_event.time_unix_nano);
        self.sent.read(span_event.attributes());
        let mut invalid_utf8 = self.sent.invalid_utf8;
        self.take_ids(span.trace_id, span.span_id);
        self.event.columns.name = Some(note_text(span_event.name, &mut invalid_utf8));
        let attributes = &mut self.event.attributes;
        push_count(
            attributes,
            "otlp.dropped_attributes_count",
            span_event.dropped_attributes_count,
        );
        push_unknown(attributes, "otlp.unknown", span_event.unknown_fields());
        let record = self.resource.record(self.sent, span.name.as_str());
        let noise = agents::map_span_event(agent, &record, self.event);
        self.scope.keep(&mut self.event.attributes, invalid_utf8);
        noise
    }

    fn take_ids(&mut self, trace_id: &[u8], span_id: &[u8]) {
        let columns = &mut self.event.columns;
        columns.trace_id = trace_id.try_into().ok().map(TraceId);
        columns.span_id = span_id.try_into().ok().map(SpanId);
        let attributes = &mut self.event.attributes;
        push_id(attributes, "otlp.trace_id", trace_id, columns.trace_id.is_some());
        push_id(attributes, "otlp.span_id", span_id, columns.span_id.is_some());
    }

    /// Fills the columns of the span's own fields and keeps those that have none.
    fn take_span(&mut self, span: &Span<'a>, invalid_utf8: &mut bool) {
        let end = span.end_time_unix_nano;
        let columns = &mut self.event.columns;
        let attributes = &mut self.event.attributes;
        columns.name = Some(note_text(span.name, invalid_utf8));
        columns.parent_span_id = span.parent_span_id.try_into().ok().map(SpanId);
        push_id(
            attributes,
            "otlp.parent_span_id",
            span.parent_span_id,
            columns.parent_span_id.is_some(),
        );
        columns.end_time = (end != 0).then(|| TimeUs(micros(end)));
        if !end.is_multiple_of(1000) {
            attributes.push(Attribute::number("otlp.end_time_unix_nano", end));
        }
        columns.flags = (span.flags != 0).then(|| i64::from(span.flags));
        columns.span_kind = span_kind(span.kind);
        if columns.span_kind.is_none() && span.kind != 0 {
            attributes.push(Attribute::text("otlp.span_kind", span.kind.to_string()));
        }
        if let Some(state) = note_non_empty(span.trace_state, invalid_utf8) {
            attributes.push(Attribute::text("otlp.trace_state", state));
        }
        push_count(attributes, "otlp.dropped_attributes_count", span.dropped_attributes_count);
        push_count(attributes, "otlp.dropped_events_count", span.dropped_events_count);
        push_count(attributes, "otlp.dropped_links_count", span.dropped_links_count);
        push_unknown(attributes, "otlp.unknown", span.unknown_fields());
        let links = json::array(&descriptor::SPAN_LINK, span.links().map(|link| link.bytes()));
        columns.span_links = links.map(Text::Owned);
        if let Some(status) = span.status {
            self.take_status(&status, invalid_utf8);
        }
    }

    fn take_status(&mut self, status: &Status<'a>, invalid_utf8: &mut bool) {
        let columns = &mut self.event.columns;
        columns.status_message = note_non_empty(status.message, invalid_utf8);
        match status.code {
            0 => {}
            1 => columns.status_code = Some(StatusCode::Ok),
            2 => columns.status_code = Some(StatusCode::Error),
            other => {
                let kept = Attribute::text("otlp.status_code", other.to_string());
                self.event.attributes.push(kept);
            }
        }
        push_unknown(&mut self.event.attributes, "otlp.status.unknown", status.unknown_fields());
    }
}

fn span_kind(number: i32) -> Option<SpanKind> {
    Some(match number {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => return None,
    })
}
