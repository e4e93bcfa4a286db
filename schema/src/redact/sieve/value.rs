//! What follows a name whose value may be a secret, at a glance.
//!
//! Most names stand in sentences: `the token is`. This says no to those, and never no to what a
//! rule of names would take for a name and its value, on the wire and behind encodings too.

/// So much may stand between a name and its value, encoded.
const BETWEEN: usize = 64;
/// A value that is called a secret is at least so long.
const LEAST: usize = 8;

/// Whether what follows a name may be its value, and one that is a secret.
pub(super) fn follows(rest: &[u8]) -> bool {
    let mut at = 0;
    while at < BETWEEN {
        let Some(byte) = rest.get(at) else { return false };
        let after = rest.get(at + 1..).unwrap_or_default();
        match byte {
            b'"' | b'\'' | b'`' | b']' | b' ' | b'\t' => at += 1,
            // An escaped line's end ends a name, other escapes may be anything.
            b'\\' => match after.first() {
                Some(b'n' | b'r' | b'b' | b'f' | b'/') => return false,
                Some(b'"' | b'\'' | b'\\') => at += 1,
                _ => return true,
            },
            b'=' | b':' => return is_value(after),
            b'i' | b'I' | b'w' | b'W' if at > 0 => {
                let is = matches!(rest.get(at + 1), Some(b's' | b'S'));
                let was = matches!(rest.get(at + 1..at + 3), Some([b'a' | b'A', b's' | b'S']));
                let word = if is { 2 } else { 3 };
                return (is || was) && is_value(rest.get(at + word..).unwrap_or_default());
            }
            // The value of an attribute; its type in JSON; an encoded byte.
            b'%' | b',' => return true,
            b'\n' | b'\r' => return false,
            byte => return *byte < b' ',
        }
    }
    true
}

/// Whether what follows the name of a header may be its value, which may be the next in a list.
pub(super) fn follows_header(rest: &[u8]) -> bool {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = rest.iter().take(BETWEEN).take_while(|byte| part(byte)).count();
    let behind = rest.get(name..).unwrap_or_default();
    if name > 0 {
        return matches!(behind.first(), Some(b'\x12'));
    }
    if matches!(behind, [b'\n', _, b'\n', ..] | [b'\n', _, _, b'\n', ..]) {
        return true;
    }
    let blank = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b' ' | b'\t');
    let next = behind.iter().take(BETWEEN).find(|byte| !blank(byte));
    next.is_some_and(|byte| {
        matches!(byte, b':' | b'=' | b',' | b'\\' | b'%')
            || (*byte < b' ' && !matches!(byte, b'\n' | b'\r'))
    })
}

/// Whether a value begins here that is long enough and no word in small letters.
fn is_value(rest: &[u8]) -> bool {
    let between =
        |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b' ' | b'\t' | b'=' | b':' | b'>' | b'\\');
    let start = rest.iter().take(BETWEEN).take_while(|byte| between(byte)).count();
    let value = rest.get(start..).unwrap_or_default();
    let length = value.iter().take(BETWEEN).take_while(|byte| !byte.is_ascii_whitespace()).count();
    let value = value.get(..length).unwrap_or_default();
    length >= LEAST && value.iter().any(|byte| !byte.is_ascii_lowercase())
}
