//! Base64 (RFC 4648), for `bytes` in JSON and in text columns.
//!
//! Written in the standard alphabet with padding; read in either alphabet, padded or
//! not, as proto3 JSON demands of its readers.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the base64 of `bytes` to `out`.
pub(crate) fn encode(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = group >> (18 - 6 * place) & 0x3f;
            out.push(if place <= chunk.len() {
                char::from(ALPHABET[sextet as usize])
            } else {
                '='
            });
        }
    }
}

/// The bytes that `text` stands for; `None` if it is not base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let content = strip_padding(text)?;
    if content.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(content.len() / 4 * 3 + 2);
    for chunk in content.chunks(4) {
        let mut group = 0_u32;
        for byte in chunk {
            group = group << 6 | sextet(*byte)?;
        }
        group <<= 6 * (4 - chunk.len());
        let [_, decoded @ ..] = group.to_be_bytes();
        bytes.extend(decoded.iter().take(chunk.len() - 1));
    }
    Some(bytes)
}

/// Padding may be missing; if it is there it must fill the last group.
fn strip_padding(text: &[u8]) -> Option<&[u8]> {
    match text {
        [content @ .., b'=', b'='] | [content @ .., b'='] => {
            text.len().is_multiple_of(4).then_some(content)
        }
        content => Some(content),
    }
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::{decode, encode};
    use proptest::prelude::*;

    fn encoded(bytes: &[u8]) -> String {
        let mut out = String::new();
        encode(bytes, &mut out);
        out
    }

    /// The test vectors of RFC 4648, section 10.
    #[test]
    fn agrees_with_the_rfc() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, text) in vectors {
            assert_eq!(encoded(plain.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).unwrap(), plain.as_bytes());
        }
    }

    /// What is not base64 is refused.
    #[test]
    fn refuses_what_is_not_base64() {
        for text in ["A", "A===", "Zg=", "Zg=a", "Zm9vYg===", "Zm 9", "Zm9\u{e9}", "=", "===="] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        /// Any bytes survive, in both alphabets, with padding and without.
        #[test]
        fn any_bytes_survive(bytes: Vec<u8>) {
            let standard = encoded(&bytes);
            let url_safe = standard.replace('+', "-").replace('/', "_");
            for text in [standard.as_str(), standard.trim_end_matches('='), url_safe.as_str(), url_safe.trim_end_matches('=')] {
                let decoded = decode(text.as_bytes());
                prop_assert_eq!(decoded.as_deref(), Some(bytes.as_slice()));
            }
        }
    }
}
