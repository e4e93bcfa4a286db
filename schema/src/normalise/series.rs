//! Which series a data point belongs to.
//!
//! A series is what one process measures under one name and one set of attributes. Its id is 32
//! hex digits of a BLAKE3 hash over tenant, principal, agent, metric, resource, scope and
//! attributes, in the order of their keys, so it does not depend on the order they were sent in.

use crate::event::{Attribute, AttributeValue, Text};
use crate::otlp;
use crate::table::maps::RESERVED;
use crate::table::metrics::Point;

/// The reserved keys that tell series apart; the others belong to one data point.
const OF_THE_SERIES: &[&str] =
    &["otlp.scope.name", "otlp.scope.version", "otlp.scope.attributes.", "otlp.attribute."];

/// Fills `series_id`.
pub(super) fn fill<'a>(point: &mut Point<'a>) {
    let columns = &point.columns;
    let mut hasher = blake3::Hasher::new();
    let text = |text: &Option<Text<'a>>| text.as_deref().unwrap_or_default().to_owned();
    for part in [
        columns.tenant.as_ref(),
        columns.principal.as_ref(),
        columns.agent.map_or("", |agent| agent.as_str()),
        &text(&columns.name),
        &text(&columns.unit),
        columns.r#type.map_or("", |kind| kind.as_str()),
        columns.temporality.map_or("", |temporality| temporality.as_str()),
    ] {
        add(&mut hasher, part);
    }
    add_attributes(&mut hasher, &point.resource);
    add_attributes(&mut hasher, &point.attributes);
    let id = hasher.finalize().to_hex();
    point.columns.series_id = Some(Text::Owned(id.get(..32).unwrap_or_default().to_owned()));
}

/// Adds a text so that no two lists of texts look the same.
fn add(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn add_attributes(hasher: &mut blake3::Hasher, attributes: &[Attribute<'_>]) {
    let mut own: Vec<&Attribute<'_>> = attributes.iter().filter(|kept| counts(&kept.key)).collect();
    own.sort_by(|one, other| one.key.cmp(&other.key));
    hasher.update(&(own.len() as u64).to_le_bytes());
    let mut scratch = String::new();
    for kept in own {
        add(hasher, &kept.key);
        match &kept.value {
            AttributeValue::Column(_, text) => add(hasher, text),
            AttributeValue::Wire(value) => {
                let (_, text) = otlp::column_text(*value, &mut scratch);
                add(hasher, text);
            }
            AttributeValue::Number(number) => add(hasher, &number.to_string()),
        }
    }
}

fn counts(key: &str) -> bool {
    !key.starts_with(RESERVED) || OF_THE_SERIES.iter().any(|own| key.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(attributes: &[(&'static str, &'static str)]) -> Option<Text<'static>> {
        let mut point = Point::default();
        point.columns.name = Some("claude_code.token.usage".into());
        let kept = attributes.iter().map(|(key, value)| Attribute::text(*key, *value));
        point.attributes = kept.collect();
        fill(&mut point);
        point.columns.series_id
    }

    /// The order of the attributes and what belongs to one data point do not matter; every
    /// attribute does.
    #[test]
    fn a_series_is_its_attributes() {
        let one = id(&[("type", "input"), ("model", "m")]);
        assert_eq!(one, id(&[("model", "m"), ("type", "input"), ("otlp.time_unix_nano", "5")]));
        assert_ne!(one, id(&[("type", "output"), ("model", "m")]));
        assert_ne!(one, id(&[("type", "input"), ("model", "m"), ("otlp.scope.name", "s")]));
        assert_ne!(id(&[("a", "bc")]), id(&[("ab", "c")]));
    }
}
