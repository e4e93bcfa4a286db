//! What of Claude Code is noise.
//!
//! `gen_ai.request.attempt` is an event of every span of a model request and says which attempt
//! began; the span has the number too, as `attempt`. An attempt that carries anything else is
//! kept.

use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::IgnoreRule;

/// The span event that says that an attempt began.
const ATTEMPT: &str = "gen_ai.request.attempt";

/// The rule by which a span event is noise.
pub(super) fn span_event(name: Option<&str>, sent: &SentAttributes<'_>) -> Option<IgnoreRule> {
    let bare = || sent.iter().all(|sent| sent.key == "attempt");
    (name == Some(ATTEMPT) && bare()).then_some(IgnoreRule::ClaudeCodeRequestAttempt)
}
