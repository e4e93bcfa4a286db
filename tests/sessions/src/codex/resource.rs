//! Who Codex says it is: the resource, and the attributes that every record has.

use crate::codex::Codex;
use crate::story::ConversationIx;
use crate::wire::{Attributes, timestamp};

const MODEL: &str = "gpt-5.4";

impl Codex<'_> {
    /// The resources of log records and of spans.
    pub(super) fn resources(&self) -> (Attributes, Attributes) {
        let plain = Attributes::new()
            .text("service.name", self.setup.originator())
            .text("service.version", self.setup.version)
            .text("env", "prod")
            .text("telemetry.sdk.language", "rust")
            .text("telemetry.sdk.name", "opentelemetry")
            .text("telemetry.sdk.version", "0.31.0");
        (plain.clone().text("host.name", self.setup.host.as_str()), plain)
    }

    /// The attributes that every event has, behind its own.
    pub(super) fn common(&self, conversation: ConversationIx, at_us: i64) -> Attributes {
        let id = self.story.conversations[conversation].id.as_str();
        let login = self.setup.email.as_deref();
        Attributes::new()
            .text("event.timestamp", timestamp(at_us))
            .text("conversation.id", id)
            .text("app.version", self.setup.version)
            .maybe("auth_mode", login.map(|_| "Chatgpt"))
            .text("originator", self.setup.originator())
            .maybe("user.email", login)
            .text("terminal.type", "xterm-256color")
            .text("model", MODEL)
            .text("slug", MODEL)
    }
}
