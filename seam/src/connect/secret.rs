//! The token on its way into an agent's settings: it never shows in `Debug`, a diff or an error.

use std::path::Path;

use super::error::ConnectError;

/// What stands where a secret would.
pub(crate) const MASK: &str = "…";

/// A bearer token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// Takes what a token file holds: one line of visible ASCII.
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectError> {
        let token = text.trim();
        // A shell script and JSON both carry it between quotes, and `$` would be expanded.
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\$`,".contains(&byte);
        if token.is_empty() || !token.bytes().all(fits) {
            return Err(ConnectError::Token);
        }
        Ok(Self(token.to_owned()))
    }

    /// Reads a token file.
    pub(crate) fn read(file: &Path) -> Result<Self, ConnectError> {
        let text =
            std::fs::read_to_string(file).map_err(|source| ConnectError::read(file, source))?;
        Self::parse(&text)
    }

    /// The token as it is.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bearer …")
    }
}

/// The text with what looks like a credential taken out, for people to read.
///
/// Whatever follows `Bearer` goes, and the value of a line whose key speaks of a secret: a diff
/// shows lines of the agent's file that are not ours.
pub(crate) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((at, mark)) = next_bearer(rest) {
        let (kept, after) = rest.split_at(at + mark);
        out.push_str(kept);
        out.push_str(MASK);
        let end = after.find(|c: char| c.is_whitespace() || "\"',}".contains(c));
        rest = after.get(end.unwrap_or(after.len())..).unwrap_or_default();
    }
    out.push_str(rest);
    let Some((key, value)) = out.split_once(['=', ':']) else { return out };
    let lower = key.to_ascii_lowercase();
    let secret = ["token", "secret", "password", "api_key", "apikey", "auth_key"]
        .iter()
        .any(|word| lower.contains(word));
    // The name of a script or a switch beside such a word is no secret, but neither is it missed.
    if !secret || value.trim().is_empty() || value.trim_start().starts_with(['{', '[', '$']) {
        return out;
    }
    let ending = value.trim_end_matches(['\n', '\r', ',']);
    let ending = value.get(ending.len()..).unwrap_or_default();
    let between = out.get(key.len()..=key.len()).unwrap_or_default();
    format!("{key}{between} {MASK}{ending}")
}

/// Where the next `Bearer` stands and how long it is with what separates it from the token.
fn next_bearer(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    ["bearer ", "bearer%20"]
        .iter()
        .filter_map(|mark| Some((lower.find(mark)?, mark.len())))
        .filter(|(at, mark)| {
            let rest = text.get(at + mark..).unwrap_or_default();
            !rest.starts_with(MASK) && !rest.starts_with("%s")
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_show() {
        let token = Token::parse("seam_abc123\n").unwrap();
        assert_eq!(format!("{token:?}"), "Bearer …");
        assert_eq!(token.reveal(), "seam_abc123");
        for bad in ["", "  ", "two words", "a\"b", "a'b", "a\\b", "a$b", "ä"] {
            assert!(Token::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_are_masked() {
        assert_eq!(
            masked("a = { authorization = \"Bearer abc\" }\n"),
            "a = { authorization = \"Bearer …\" }\n"
        );
        assert_eq!(
            masked("H='authorization=Bearer%20abc,x=bearer def'"),
            "H='authorization=Bearer%20…,x=bearer …'"
        );
        assert_eq!(masked("  \"ANTHROPIC_API_KEY\": \"sk-1\",\n"), "  \"ANTHROPIC_API_KEY\": …,\n");
        assert_eq!(masked("model = \"x\"\n# bearer\n"), "model = \"x\"\n# bearer\n");
        for no_secret in
            ["Bearer … again", "printf 'Bearer %s'", "token=$(cat f)\n", "tokens = {\n"]
        {
            assert_eq!(masked(no_secret), no_secret);
        }
    }
}
