//! Resource and scope of a row, and the request around its record.

use crate::event::Text;
use crate::otlp::writer::Writer;
use crate::otlp::{MetricsRequest, Signal};
use crate::record::canonical::{bytes, varint};
use crate::record::kept::{Kept, request, write};
use crate::record::{RecordError, canonical};

/// Writes a request of one record, resource and scope around it.
pub(super) fn around(
    kept: &Kept<'_>,
    scope: (Option<&Text<'_>>, Option<&Text<'_>>),
    record: impl FnOnce(&mut Writer),
) -> Result<Vec<u8>, RecordError> {
    let resource_part = resource(kept)?;
    let scope_part = scope_bytes(kept, scope)?;
    let resource_unknown = kept.bytes("otlp.resource.group_unknown")?;
    let scope_unknown = kept.bytes("otlp.scope.group_unknown")?;
    let url = |key: &str| kept.text(key).unwrap_or_default().as_bytes();
    let mut out = Writer::new();
    out.message_field(1, |out| {
        out.bytes_field(1, &resource_part);
        out.message_field(2, |out| {
            out.bytes_field(1, &scope_part);
            out.message_field(2, record);
            bytes(out, 3, url("otlp.scope.schema_url"));
            out.put_raw(&scope_unknown);
        });
        bytes(out, 3, url("otlp.resource.schema_url"));
        out.put_raw(&resource_unknown);
    });
    Ok(out.into_bytes())
}

fn resource(kept: &Kept<'_>) -> Result<Vec<u8>, RecordError> {
    const ENTITIES: &str = "otlp.resource.entity_refs";
    let mut out = Writer::new();
    write(&mut out, 1, &kept.resource);
    let dropped = kept.number::<u32>("otlp.resource.dropped_attributes_count")?;
    varint(&mut out, 2, dropped.unwrap_or(0).into());
    if let Some(json) = kept.text(ENTITIES) {
        let path = "resourceMetrics[].resource.entityRefs";
        let parsed = request(Signal::Metrics, ENTITIES, path, json)?;
        for group in MetricsRequest::new(&parsed).resource_metrics() {
            for entity in group.resource.entity_refs() {
                out.message_field(3, |out| canonical::write_entity(&entity, out));
            }
        }
    }
    out.put_raw(&kept.bytes("otlp.resource.unknown")?);
    Ok(out.into_bytes())
}

fn scope_bytes(
    kept: &Kept<'_>,
    (name, version): (Option<&Text<'_>>, Option<&Text<'_>>),
) -> Result<Vec<u8>, RecordError> {
    let mut out = Writer::new();
    bytes(&mut out, 1, name.map_or(&[], |name| name.as_bytes()));
    bytes(&mut out, 2, version.map_or(&[], |version| version.as_bytes()));
    write(&mut out, 3, &kept.scope);
    let dropped = kept.number::<u32>("otlp.scope.dropped_attributes_count")?;
    varint(&mut out, 4, dropped.unwrap_or(0).into());
    out.put_raw(&kept.bytes("otlp.scope.unknown")?);
    Ok(out.into_bytes())
}
