//! `user:password` in base64, as Basic and Docker have it.

use crate::otlp::base64;

/// Whether the value is base64 of a text with a name, a colon and something behind it.
pub(crate) fn is_pair(value: &[u8]) -> bool {
    let Some(decoded) = base64::decode(value) else { return false };
    let Some(colon) = decoded.iter().position(|byte| *byte == b':') else { return false };
    let printable = decoded.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
    printable && colon + 1 < decoded.len()
}
