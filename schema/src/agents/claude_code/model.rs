//! Requests to the model: who served it, and what they used.

use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome};

/// The word for Anthropic's own service.
const FIRST_PARTY: &str = "firstParty";
/// What that service is called everywhere else.
const ANTHROPIC: &str = "anthropic";
/// What the input is made of. `input_tokens` leaves out what the cache gave and what was put
/// there; the conventions, and the other agents, count them in.
const INPUT: [&str; 3] = ["input_tokens", "cache_read_tokens", "cache_creation_tokens"];
/// The lowest HTTP status that is an error.
const FIRST_ERROR_STATUS: i64 = 400;

/// Names who serves the model.
pub(super) fn map_provider<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if columns.provider.is_some() {
        return;
    }
    let told = || sent.text("gen_ai.provider.name").or_else(|| sent.text("gen_ai.system"));
    columns.provider = match sent.text("anthropic.provider") {
        Some(FIRST_PARTY) => Some(Text::Borrowed(ANTHROPIC)),
        _ => told().map(Text::Borrowed),
    };
}

/// Adds up the tokens that were read; the parts stay among the attributes.
pub(super) fn map_usage<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let [fresh, cached @ ..] = INPUT;
    let Some(fresh) = sent.int(fresh) else { return };
    let parts = cached.iter().filter_map(|key| sent.int(key));
    columns.input_tokens = Some(parts.fold(fresh, i64::saturating_add));
}

/// Reads how the request behind a span ended.
pub(super) fn map_end<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let success = sent.bool("success");
    let status = sent.int("status_code");
    let failed = success == Some(false)
        || columns.error.is_some()
        || status.is_some_and(|status| status >= FIRST_ERROR_STATUS);
    if failed {
        columns.kind = Some(Kind::Error);
        columns.outcome = Some(Outcome::Failed);
    } else if success == Some(true) {
        columns.outcome = Some(Outcome::Succeeded);
    }
}
