//! A sink of kind `otlp`, and what else takes OTLP.

use std::borrow::Cow;

use seam_exporters::delivery::Encode;
use seam_exporters::otlp::{self, Action, Options, Protocol};
use seam_schema::derived::actions::ActionRow;
use seam_schema::event::Event;
use seam_schema::project::{Content, Projector, action_time_us, withhold};
use seam_schema::vocabulary::Kind;

use super::of_http;
use crate::config::sinks::SinkConfig;

pub(super) fn options(sink: &SinkConfig) -> Options {
    let protocol = match sink.text("protocol") {
        "http" => Protocol::Http,
        _ => Protocol::Grpc,
    };
    let header = sink.secret("authorization");
    Options {
        server: of_http(sink),
        headers: header.map(|said| ("authorization".to_owned(), said)).into_iter().collect(),
        gzip: sink.flag("gzip"),
        ..Options::new(sink.text("url"), protocol)
    }
}

/// Rows as OTLP requests of one record each.
pub(super) struct AsOtlp {
    /// Writes what the log record of an action has as its body.
    pub(super) projector: Projector,
    /// Whether what people and programs said is part of the records.
    pub(super) content: Content,
}

impl AsOtlp {
    /// The row as far as it is to be sent.
    fn sent<'e, 'a>(&self, event: &'e Event<'a>) -> Cow<'e, Event<'a>> {
        let mut event = Cow::Borrowed(event);
        if self.content == Content::Withheld {
            withhold(event.to_mut());
        }
        event
    }
}

impl Encode for AsOtlp {
    fn format(&self) -> &'static str {
        "otlp"
    }

    fn event(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        let event = self.sent(event);
        let begin = out.len();
        if otlp::event(&event, out).is_ok() {
            return;
        }
        // Another program changed the row: that it is there is told all the same.
        out.truncate(begin);
        let mut told = event.into_owned();
        told.columns.kind = Some(Kind::Undecoded);
        if let Err(error) = otlp::event(&told, out) {
            tracing::error!(%error, event = %told.columns.event_id, "an event cannot be told as OTLP");
        }
    }

    fn action(&self, action: &ActionRow<'_>, out: &mut Vec<u8>) {
        let mut json = Vec::new();
        self.projector.action(action, &mut json);
        let told = Action {
            id: &format!("{}.{}", action.action_id, action.revision),
            tenant: &action.tenant,
            session_id: &action.session_id,
            time_us: action_time_us(action),
            json: &String::from_utf8_lossy(&json),
        };
        otlp::action(&told, out);
    }
}
