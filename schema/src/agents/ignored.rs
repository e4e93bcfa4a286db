//! Why a record is noise: every rule by which one is left out, and its reason.
//!
//! An ignored record is counted in `ledger` under its rule. A record may be ignored only if no
//! action, decision, outcome or prompt is known better with it than without, and if no span that
//! is kept has it as an ancestor. What nobody listed is never ignored. `keep_all` keeps them.

use crate::vocabulary::IgnoreRule;

/// The reason of a rule, as a sentence without a full stop.
pub const fn reason(rule: IgnoreRule) -> &'static str {
    match rule {
        IgnoreRule::Repeat => "the same request was admitted within the last ten minutes",
        IgnoreRule::ClaudeCodeRequestAttempt => {
            "it says only that an attempt began, and the span of the request counts them"
        }
        IgnoreRule::OpencodeInternalSpan => {
            "opencode's own storage, files, credentials and registries, without an id or content"
        }
        IgnoreRule::OpencodeStreamMark => "its span holds the time it marks",
        IgnoreRule::CodexStreamEvent => {
            "it says that a response goes on, without tokens and without an error"
        }
        IgnoreRule::CodexMetricsLine => "the metrics client speaks of itself",
        IgnoreRule::CodexBookkeepingSpan => {
            "Codex reads files, assembles prompts or keeps its own records; no call is named"
        }
        IgnoreRule::GeminiInferenceDetails => {
            "it repeats a request to the model or its response, without the prompt's id"
        }
        IgnoreRule::GeminiHttpClient => {
            "it is the HTTP side of a request whose span, just above it, says all of it"
        }
    }
}
