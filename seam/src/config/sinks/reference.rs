//! How `[[sinks]]` stand in `seam config reference` and `seam config show`.

use std::fmt::Write as _;

use super::keys::{SINK_KEYS, SinkKey, SinkShape};
use super::read::described;
use super::{RawSink, SinkKind};

/// Every key as a comment: there is no sink unless somebody asks for one.
pub(crate) fn reference() -> String {
    let mut out =
        "\n# Destinations that records are sent on to; one [[sinks]] each.\n# [[sinks]]\n"
            .to_owned();
    for key in SINK_KEYS {
        let of = if key.kinds.is_empty() {
            String::new()
        } else {
            let kinds: Vec<&str> = key.kinds.iter().map(|kind| kind.as_str()).collect();
            format!(" ({})", kinds.join(", "))
        };
        let needed = if key.required { "; has to be said" } else { "" };
        line(&mut out, &format!("# {}; {}{needed}{of}", key.meaning, described(key.shape)));
        line(&mut out, &format!("# {}", example(key.name, key.shape, key.default)));
    }
    out
}

fn example(name: &str, shape: SinkShape, default: &str) -> String {
    match shape {
        SinkShape::Secret => format!("{name}_env = \"\""),
        SinkShape::Texts => format!("{name} = []"),
        SinkShape::Pairs => format!("{name} = {{}}"),
        SinkShape::Number { .. } | SinkShape::Flag if !default.is_empty() => {
            format!("{name} = {default}")
        }
        SinkShape::Number { .. } => format!("{name} = 0"),
        _ => format!("{name} = \"{default}\""),
    }
}

/// The sinks as they were written, but for what may be a credential: the address of a webhook, and
/// what was written under the name of a secret by mistake.
pub(crate) fn show(sinks: &[RawSink]) -> String {
    let mut out = String::new();
    for sink in sinks {
        line(&mut out, &format!("\n[[sinks]]  # {}", sink.source));
        let kind = sink.table.get("kind").and_then(toml::Value::as_str).and_then(SinkKind::parse);
        for (name, value) in &sink.table {
            let of = |key: &&SinkKey| kind.is_none_or(|kind| key.is_of(kind));
            let mut keys = SINK_KEYS.iter().filter(|key| key.name == name).filter(of);
            if keys.any(|key| key.shape.is_secret()) {
                line(&mut out, &format!("{name} = \"(not shown)\""));
            } else {
                line(&mut out, &format!("{name} = {value}"));
            }
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let written = writeln!(out, "{text}");
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::config::raw::Source;

    /// An address that is a credential is not shown, nor a secret that stands where none may; other
    /// addresses are.
    #[test]
    fn no_credential_is_shown() {
        let shown = |text: &str| {
            let sink = RawSink { table: text.parse().unwrap(), source: Source::Default };
            show(&[sink])
        };
        let hook = shown("kind = \"webhook\"\nname = \"pager\"\nurl = \"https://hooks/hush\"");
        assert!(!hook.contains("hush") && hook.contains("url = \"(not shown)\""), "{hook}");
        assert!(hook.contains("name = \"pager\""), "{hook}");
        let splunk = shown("kind = \"splunk\"\nurl = \"https://splunk:8088\"\ntoken = \"hush\"");
        assert!(splunk.contains("https://splunk:8088") && !splunk.contains("hush"), "{splunk}");
    }
}
