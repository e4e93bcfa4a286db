//! From a row to a document.

use seam_schema::derived::actions::ActionRow;
use seam_schema::event::Event;
use seam_schema::project::Projector;

/// Writes what a destination gets of a row. The same row always gives the same bytes.
pub trait Encode: Send + Sync {
    /// What the documents are, for people: `seam`, `ocsf`, `ecs`, `otlp`.
    fn format(&self) -> &'static str;

    /// Appends the document of an event. One that gives nothing is not sent.
    fn event(&self, event: &Event<'_>, out: &mut Vec<u8>);

    /// Appends the document of a settled action. One that gives nothing is not sent.
    fn action(&self, action: &ActionRow<'_>, out: &mut Vec<u8>);
}

impl Encode for Projector {
    fn format(&self) -> &'static str {
        Self::format(self).as_str()
    }

    fn event(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        Self::event(self, event, out);
    }

    fn action(&self, action: &ActionRow<'_>, out: &mut Vec<u8>) {
        Self::action(self, action, out);
    }
}
