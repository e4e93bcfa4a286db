//! Documents of one signal as one request.
//!
//! Records that follow on one another share a resource and a scope where theirs are equal, so that
//! a batch of one agent is as small as the agent's own. The order of records stays.

use bytes::Bytes;
use seam_schema::otlp::wire::{Reader, Value};
use seam_schema::otlp::writer::{Embedded, Writer};

/// A request of one record, taken apart. The heads are what stands before the part, the tails what
/// stands behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts<'a> {
    resource_head: &'a [u8],
    resource_tail: &'a [u8],
    scope_head: &'a [u8],
    scope_tail: &'a [u8],
    record: &'a [u8],
}

/// One request of all.
pub(super) fn merge<'a>(requests: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut out = Writer::new();
    let mut open = None;
    for request in requests {
        let Some(parts) = Parts::of(request) else {
            close(&mut out, &mut open);
            // Not as ours are made, but one behind the other is right all the same.
            out.put_raw(request);
            continue;
        };
        match &open {
            Some(group) if group.same_scope(&parts) => {}
            Some(group) if group.same_resource(&parts) => {
                next_scope(&mut out, &mut open, parts);
            }
            _ => {
                close(&mut out, &mut open);
                begin(&mut out, &mut open, parts);
            }
        }
        out.bytes_field(2, parts.record);
    }
    close(&mut out, &mut open);
    out.into_bytes().into()
}

/// The group that is being written.
struct Group<'a> {
    parts: Parts<'a>,
    resource: Embedded,
    scope: Embedded,
}

impl Group<'_> {
    fn same_resource(&self, parts: &Parts<'_>) -> bool {
        self.parts.resource_head == parts.resource_head
            && self.parts.resource_tail == parts.resource_tail
    }

    fn same_scope(&self, parts: &Parts<'_>) -> bool {
        self.same_resource(parts)
            && self.parts.scope_head == parts.scope_head
            && self.parts.scope_tail == parts.scope_tail
    }
}

fn begin<'a>(out: &mut Writer, open: &mut Option<Group<'a>>, parts: Parts<'a>) {
    let resource = out.begin(1);
    out.put_raw(parts.resource_head);
    let scope = out.begin(2);
    out.put_raw(parts.scope_head);
    *open = Some(Group { parts, resource, scope });
}

fn next_scope<'a>(out: &mut Writer, open: &mut Option<Group<'a>>, parts: Parts<'a>) {
    let Some(Group { parts: before, resource, scope }) = open.take() else { return };
    out.put_raw(before.scope_tail);
    out.end(scope);
    let scope = out.begin(2);
    out.put_raw(parts.scope_head);
    *open = Some(Group { parts, resource, scope });
}

fn close(out: &mut Writer, open: &mut Option<Group<'_>>) {
    let Some(Group { parts, resource, scope }) = open.take() else { return };
    out.put_raw(parts.scope_tail);
    out.end(scope);
    out.put_raw(parts.resource_tail);
    out.end(resource);
}

impl<'a> Parts<'a> {
    fn of(request: &'a [u8]) -> Option<Self> {
        let (head, group, tail) = around(request, 1)?;
        if !head.is_empty() || !tail.is_empty() {
            return None;
        }
        let (resource_head, scope, resource_tail) = around(group, 2)?;
        let (scope_head, record, scope_tail) = around(scope, 2)?;
        Some(Self { resource_head, resource_tail, scope_head, scope_tail, record })
    }
}

/// The only embedded message `number`, with what stands before and behind it.
fn around(message: &[u8], number: u32) -> Option<(&[u8], &[u8], &[u8])> {
    let mut reader = Reader::new(message);
    let mut found = None;
    loop {
        let before = message.len() - reader.rest().len();
        let Some((at, value)) = reader.next_field().ok()? else { return found };
        match value {
            Value::Bytes(_) if at == number && found.is_some() => return None,
            Value::Bytes(inner) if at == number => {
                found = Some((message.get(..before)?, inner, reader.rest()));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    /// A record with the resource, the scope and the schemas that it is to stand in.
    type Given = (u8, u8, bool, bool);

    fn request(number: usize, (resource, scope, resource_url, scope_url): Given) -> Bytes {
        let url =
            |said: bool| if said { "https://example.org/1".to_owned() } else { String::new() };
        let attribute = KeyValue { key: format!("r{resource}"), ..KeyValue::default() };
        let record = LogRecord { time_unix_nano: number as u64 + 1, ..LogRecord::default() };
        let scope = InstrumentationScope { name: format!("s{scope}"), ..Default::default() };
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(Resource { attributes: vec![attribute], ..Resource::default() }),
                scope_logs: vec![ScopeLogs {
                    scope: Some(scope),
                    log_records: vec![record],
                    schema_url: url(scope_url),
                }],
                schema_url: url(resource_url),
            }],
        };
        request.encode_to_vec().into()
    }

    /// All records in order, each with what stands around it.
    fn flat(request: &[u8]) -> Vec<(ResourceLogs, LogRecord)> {
        let mut all = Vec::new();
        for group in ExportLogsServiceRequest::decode(request).unwrap().resource_logs {
            for scope in &group.scope_logs {
                for record in &scope.log_records {
                    let around = ScopeLogs { log_records: Vec::new(), ..scope.clone() };
                    let around = ResourceLogs { scope_logs: vec![around], ..group.clone() };
                    all.push((around, record.clone()));
                }
            }
        }
        all
    }

    proptest! {
        /// Guarantees: a batch holds the records of its documents, in their order, each in its own
        /// resource and scope, and is no larger than the documents.
        #[test]
        fn a_batch_is_its_documents(
            given in proptest::collection::vec((0_u8..3, 0_u8..2, any::<bool>(), any::<bool>()), 0..40),
        ) {
            let requests: Vec<Bytes> =
                given.into_iter().enumerate().map(|(number, given)| request(number, given)).collect();
            let merged = merge(requests.iter());
            let plain = requests.concat();
            prop_assert_eq!(flat(&merged), flat(&plain));
            prop_assert!(merged.len() <= plain.len() + 16);
        }

        /// Bytes that are no request of ours go as they are.
        #[test]
        fn strange_bytes_stay(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let strange = Bytes::from(bytes);
            let merged = merge([&strange].into_iter());
            if Parts::of(&strange).is_none() {
                prop_assert_eq!(merged, strange);
            }
        }
    }
}
