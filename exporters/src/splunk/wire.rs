//! What every request to the event collector carries.

use super::Options;
use super::channel::Ticket;
use crate::http::{Client, Fault, Head, OptionsError, Secret};

/// The header that names the channel.
const CHANNEL: &str = "x-splunk-request-channel";

/// The client and the token.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) client: Client,
    token: Secret,
}

impl Wire {
    pub(crate) fn new(options: &Options) -> Result<Self, OptionsError> {
        Ok(Self { client: Client::new(options.http.clone())?, token: options.token.clone() })
    }

    /// The token, and the channel where there is one.
    pub(crate) fn head(&self, ticket: Option<&Ticket>) -> Result<Head, Fault> {
        let token = self.token.read();
        let token = token.map_err(|error| Fault::Misconfigured(error.to_string()))?;
        // The scheme's case counts.
        let head = Head::default().authorized("Splunk", &token);
        let Some(ticket) = ticket else { return Ok(head) };
        let head = head.with(CHANNEL, &ticket.channel);
        Ok(match &ticket.cookie {
            Some(cookie) => head.with("cookie", cookie),
            None => head,
        })
    }

    /// Has the token read again: it was refused.
    pub(crate) fn refused(&self) {
        self.token.forget();
    }
}
