//! What a text names that can bear witness: hosts and conversations.

use super::detail::Name;
use super::hash::hash_of;
use crate::vocabulary::Agent;

/// A text names at most so many hosts that are remembered.
const HOSTS_MOST: usize = 64;
/// A call names at most so many conversations that are remembered.
const MENTIONS_MOST: usize = 16;

/// Whether this agent, or one that may be it, tells of network attempts.
pub(super) const fn watches_network(agent: Agent) -> bool {
    matches!(agent, Agent::Codex | Agent::Unknown)
}

/// Whether a command's output says that it goes on (Codex: "Process running with session ID n").
pub(super) fn runs_on(output: &str) -> bool {
    // It stands in the first lines, before what the command printed.
    let head = output.get(..output.floor_char_boundary(256)).unwrap_or(output);
    head.contains("Process running with session ID")
}

/// The hosts that stand in a text, as hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hosts(Vec<u64>);

impl Hosts {
    /// The hosts of some texts.
    pub fn of<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> Self {
        let mut hosts = Vec::new();
        for text in texts.into_iter().flatten() {
            collect(text.as_bytes(), &mut hosts);
        }
        hosts.sort_unstable();
        hosts.dedup();
        Self(hosts)
    }

    /// Whether this host is among them.
    pub fn name(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']', '.']);
        self.0.binary_search(&hash(host.as_bytes())).is_ok()
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.len() * size_of::<u64>()
    }
}

/// A host's name has a dot or a colon in it, or is `localhost`.
fn collect(text: &[u8], hosts: &mut Vec<u64>) {
    let mut done = 0;
    let marks = memchr::memchr3_iter(b'.', b':', b'h', text);
    for at in marks {
        if at < done || hosts.len() >= HOSTS_MOST {
            continue;
        }
        let found = match text.get(at) {
            Some(b'.') => around(text, at, |byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
            }),
            Some(b':') if text.get(at + 1) == Some(&b':') => {
                around(text, at, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
            }
            Some(b'h') if text.get(..at).is_some_and(|head| head.ends_with(b"local")) => {
                around(text, at, |byte| byte.is_ascii_alphanumeric())
            }
            _ => continue,
        };
        let host = text.get(found.clone()).unwrap_or_default();
        let host = host.strip_suffix(b".").unwrap_or(host);
        done = found.end;
        if host.len() > 2 {
            hosts.push(hash(host));
        }
    }
}

/// The bytes around a place that fit together.
fn around(text: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> std::ops::Range<usize> {
    let (head, tail) = text.split_at(at);
    let before = head.iter().rev().take(255).take_while(|byte| fits(**byte)).count();
    let after = tail.iter().take(255).take_while(|byte| fits(**byte)).count();
    at - before..at + after
}

fn hash(host: &[u8]) -> u64 {
    hash_of(&host.to_ascii_lowercase())
}

/// A text without white space, hashed: agents print one JSON value with and without it.
pub(super) fn without_space(text: &str) -> u64 {
    let dense: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    hash_of(&dense)
}

/// The ids of conversations that texts name: UUIDs, and opencode's `ses_…`.
pub(super) fn mentions<'t>(texts: impl IntoIterator<Item = &'t str>, found: &mut Vec<Name>) {
    let word =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    for text in texts {
        for token in text.split(|character| !word(character)) {
            let named = is_uuid(token) || (token.len() > 12 && token.starts_with("ses_"));
            if named && found.len() < MENTIONS_MOST && !found.iter().any(|known| *known == token) {
                found.push(Name::from(token));
            }
        }
    }
}

fn is_uuid(token: &str) -> bool {
    token.len() == 36
        && token.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts are found in commands, addresses and prose, whatever their case.
    #[test]
    fn hosts_are_found() {
        let hosts = Hosts::of([Some(
            "curl -sS https://API.example.com/x?y=1 && ping ::1; see 10.0.0.7:80, localhost.",
        )]);
        for host in ["api.example.com", "::1", "10.0.0.7", "localhost"] {
            assert!(hosts.name(host), "{host}");
        }
        assert!(!hosts.name("example.com"));
    }

    /// A child's id is found in what its parent got back.
    #[test]
    fn conversations_are_found() {
        let mut found = Vec::new();
        let text =
            r#"{"agent_id":"01a1f8da-c289-72e1-8763-d3951d5c58ed","n":"x"} ses_e044e5325ffeBk8x"#;
        mentions([text], &mut found);
        let found: Vec<_> = found.iter().map(Name::as_str).collect();
        assert_eq!(found, ["01a1f8da-c289-72e1-8763-d3951d5c58ed", "ses_e044e5325ffeBk8x"]);
    }
}
