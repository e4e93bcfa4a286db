//! What the id of a prompt tells.
//!
//! Of the main agent it is the session's id (print mode) or `<session>########<n>`, after which
//! Qwen writes `/automatic/<n>` for what its own machinery asked. Of a subagent it is
//! `<agent id>#<turn>` (Gemini) or `<session>#<type>-<call id>#<n>` (Qwen).

/// Between the session's id and the number of a prompt of the main agent.
const MAIN: &str = "########";
/// After the id of the prompt before it, where no person asked.
const AUTOMATIC: &str = "/automatic/";

/// The subagent that a prompt id belongs to; `None` for the main agent.
pub(in crate::agents) fn subagent<'p>(
    prompt_id: &'p str,
    session_id: Option<&str>,
) -> Option<&'p str> {
    if prompt_id.contains(MAIN) {
        return None;
    }
    let (before, turn) = prompt_id.rsplit_once('#')?;
    if turn.is_empty() || !turn.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let agent = match session_id.and_then(|session| before.strip_prefix(session)) {
        Some(rest) => rest.strip_prefix('#').unwrap_or_default(),
        None => before,
    };
    (!agent.is_empty()).then_some(agent)
}

/// Whether the agent's own machinery asked.
pub(in crate::agents) fn is_automatic(prompt_id: &str) -> bool {
    prompt_id.contains(AUTOMATIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A subagent is told from the main agent, in the forms of both agents.
    #[test]
    fn subagents_are_told() {
        for (prompt_id, agent) in [
            ("s-1", None),
            ("s-1########0", None),
            ("s-1########0/automatic/10", None),
            ("s-1#general-purpose-call_m7_0#0", Some("general-purpose-call_m7_0")),
            ("3e50d79f#1", Some("3e50d79f")),
            ("s-1#4", None),
            ("#4", None),
            ("3e50d79f#", None),
            ("3e50d79f#x", None),
            ("", None),
        ] {
            assert_eq!(subagent(prompt_id, Some("s-1")), agent, "{prompt_id}");
        }
        assert_eq!(subagent("a#b#2", None), Some("a#b"));
        assert!(is_automatic("s-1########0/automatic/10"));
        assert!(!is_automatic("s-1########0"));
    }
}
