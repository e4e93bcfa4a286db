//! `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_EXPORTER_OTLP_HEADERS`: lists of `key=value` in one text.
//!
//! Source: the OpenTelemetry specification, "Resource SDK" and "OTLP Exporter": both follow the
//! W3C Baggage format, in which a value is percent-encoded UTF-8.

/// The bytes that a value may hold as they are: RFC 3986's unreserved ones, and `:`, `/`, `@`.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/@".contains(&byte)
}

/// Percent-encodes a value.
pub(crate) fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            const DIGITS: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.extend(DIGITS.get(usize::from(nibble)));
            }
        }
    }
    out
}

/// The list for a reader that does not decode: only what would break the list is encoded.
///
/// Whoever does decode reads the same. Codex 0.169 (`opentelemetry_sdk` for Rust) does not.
pub(crate) fn barely_encoded(attributes: &[(&'static str, String)]) -> String {
    let entry = |(name, value): &(&str, String)| {
        let value: String = value
            .chars()
            .map(|c| if "%,=".contains(c) { encoded(c.encode_utf8(&mut [0; 4])) } else { c.into() })
            .collect();
        format!("{name}={value}")
    };
    attributes.iter().map(entry).collect::<Vec<_>>().join(",")
}

/// The list with these attributes in it: others stay as they are written, in their order.
pub(crate) fn merged(existing: &str, attributes: &[(&'static str, String)]) -> String {
    let ours = |entry: &str| {
        let key = entry.split_once('=').map_or(entry, |(key, _)| key).trim();
        attributes.iter().any(|(name, _)| *name == key)
    };
    let mut entries: Vec<String> = existing
        .split(',')
        .filter(|entry| !entry.trim().is_empty() && !ours(entry))
        .map(str::to_owned)
        .collect();
    entries.extend(attributes.iter().map(|(name, value)| format!("{name}={}", encoded(value))));
    entries.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_percent_encoded() {
        assert_eq!(encoded("laptop-7.example.org"), "laptop-7.example.org");
        assert_eq!(encoded("ada@example.org"), "ada@example.org");
        assert_eq!(encoded("a,b=c d"), "a%2Cb%3Dc%20d");
        assert_eq!(encoded("Zoë"), "Zo%C3%AB");
        assert_eq!(encoded("50%'\"$;"), "50%25%27%22%24%3B");
    }

    #[test]
    fn a_reader_that_does_not_decode_reads_names_as_they_are() {
        let ours = [("host.name", "h".to_owned()), ("enduser.id", "Zoë Ü, 5%=".to_owned())];
        assert_eq!(barely_encoded(&ours), "host.name=h,enduser.id=Zoë Ü%2C 5%25%3D");
    }

    #[test]
    fn others_stay() {
        let ours = [("host.name", "h 1".to_owned()), ("enduser.id", "ada".to_owned())];
        assert_eq!(merged("", &ours), "host.name=h%201,enduser.id=ada");
        assert_eq!(
            merged("team.id=x%20y,host.name=old, , enduser.id=b", &ours),
            "team.id=x%20y,host.name=h%201,enduser.id=ada"
        );
        let once = merged("team.id=x", &ours);
        assert_eq!(merged(&once, &ours), once);
    }
}
