//! What all rows of a frame share: position, identity, receive time.

use crate::event::{Attribute, Event, EventColumns, EventsBuilder, Text};
use crate::frame::FrameMeta;
use crate::ids::{EventId, ReceivedAt};
use crate::normalise::envelope::ResourcePart;
use crate::normalise::tally::Tally;
use crate::normalise::time::Moment;
use crate::normalise::{FrameInput, Mapping, VERSION};
use crate::redact::{Redactor, add_counts};
use crate::table::cell::{Day, TimeUs};
use crate::table::metrics::PointColumns;
use crate::vocabulary::{Agent, HostSource, IgnoreRule, RecordSignal};

/// What all rows of a frame share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    mapping: &'a Mapping,
    log_id: &'a str,
    sequence: i64,
    /// When the frame was received.
    pub(crate) received_at: ReceivedAt,
    meta: &'a FrameMeta,
}

/// A text, unless there is nothing in it.
pub(crate) fn non_empty(text: &str) -> Option<Text<'_>> {
    (!text.is_empty()).then_some(Text::Borrowed(text))
}

/// Fills the time of a row of `events`.
pub(crate) fn take_time(columns: &mut EventColumns<'_>, moment: Moment) {
    columns.time = TimeUs(moment.us);
    columns.time_unix_nano = moment.nanos;
    columns.time_source = Some(moment.source);
}

impl<'a> Context<'a> {
    /// `log_id` is the frame's, as text.
    pub(crate) fn new(mapping: &'a Mapping, frame: &FrameInput<'a>, log_id: &'a str) -> Self {
        Self {
            mapping,
            log_id,
            sequence: frame.sequence.0,
            received_at: frame.received_at,
            meta: frame.meta,
        }
    }

    /// The id of a record of this frame.
    fn event_id(&self, index: i64) -> EventId {
        self.meta.digest.event_id(index)
    }

    /// Fills the position and the identity of a row of `events`.
    pub(crate) fn begin(&self, columns: &mut EventColumns<'a>, index: i64) {
        columns.log_id = Text::Borrowed(self.log_id);
        columns.offset_sequence = self.sequence;
        columns.offset_index = index;
        columns.event_id = self.event_id(index);
        columns.tenant = Text::Borrowed(self.meta.tenant.as_str());
        columns.principal = Text::Borrowed(self.meta.principal.as_str());
        columns.peer_address = non_empty(&self.meta.peer_address);
        columns.received_at = TimeUs(self.received_at.0);
        columns.day = Day(self.received_at.day());
        columns.schema_version = VERSION;
    }

    /// What finds secrets.
    pub(crate) fn redactor(&self) -> &'a Redactor {
        &self.mapping.redactor
    }

    /// Takes secrets out of a row of `events`, if its record or scope is suspect, and counts them
    /// with those of its resource. Of what is not stored only what the ledger shows is searched.
    pub(crate) fn redact(
        &self,
        event: &mut Event<'a>,
        raw: &[u8],
        suspect_scope: bool,
        noise: Option<IgnoreRule>,
        resource: &ResourcePart<'a>,
    ) {
        if noise.is_some() && !self.mapping.keep_all {
            self.redact_label(&mut event.columns.name);
            self.redact_label(&mut event.columns.agent_version);
            return;
        }
        let suspect = suspect_scope || self.redactor().suspects(raw);
        self.mapping.redactor.event(suspect, event);
        if let Some(counts) = &resource.redactions {
            add_counts(&mut event.columns.redactions, counts);
        }
    }

    fn redact_label(&self, label: &mut Option<Text<'a>>) {
        if let Some(text) = label {
            self.mapping.redactor.label(text);
        }
    }

    /// Takes out of a row what is not to be kept, counts it, and appends it unless it is noise by
    /// a rule.
    pub(crate) fn end(
        &self,
        event: &mut Event<'a>,
        noise: Option<IgnoreRule>,
        events: Option<&mut EventsBuilder>,
        tally: &mut Tally<'a, '_>,
    ) {
        let ignored = noise.filter(|_| !self.mapping.keep_all);
        let whole = if ignored.is_none() { self.mapping.capture.apply(event) } else { None };
        let columns = &event.columns;
        tally.note_skew(self.received_at.0, columns);
        tally.count(
            columns.agent.unwrap_or(Agent::Unknown),
            columns.agent_version.as_ref(),
            columns.signal.unwrap_or(RecordSignal::Logs),
            columns.name.as_ref(),
            ignored,
        );
        if ignored.is_none()
            && let Some(events) = events
        {
            events.append(event);
        }
        if let Some(resource) = whole {
            event.resource = resource;
        }
    }

    /// Takes out of the resource of metrics what is not to be kept.
    pub(crate) fn keep_of_metrics(&self, resource: &mut Vec<Attribute<'a>>) {
        self.mapping.capture.apply_to_metrics(resource);
    }

    /// Fills the position and the identity of a row of `metrics`.
    pub(crate) fn begin_point(&self, columns: &mut PointColumns<'a>, index: i64) {
        columns.log_id = Text::Borrowed(self.log_id);
        columns.offset_sequence = self.sequence;
        columns.offset_index = index;
        columns.event_id = self.event_id(index);
        columns.tenant = Text::Borrowed(self.meta.tenant.as_str());
        columns.principal = Text::Borrowed(self.meta.principal.as_str());
        columns.peer_address = non_empty(&self.meta.peer_address);
        columns.received_at = TimeUs(self.received_at.0);
        columns.day = Day(self.received_at.day());
        columns.schema_version = VERSION;
    }

    /// Fills the host: what the certificate proves, else what the resource claims, else where
    /// the request came from.
    pub(crate) fn take_host(&self, columns: &mut EventColumns<'a>, claimed: Option<&Text<'a>>) {
        let certificate = non_empty(&self.meta.certificate_host);
        let found = certificate
            .map(|host| (host, HostSource::Certificate))
            .or_else(|| claimed.map(|host| (host.clone(), HostSource::Claimed)))
            .or_else(|| non_empty(&self.meta.peer_address).map(|host| (host, HostSource::Peer)));
        if let Some((host, source)) = found {
            columns.host = Some(host);
            columns.host_source = Some(source);
        }
    }
}
