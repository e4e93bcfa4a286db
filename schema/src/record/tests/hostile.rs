//! Records that no agent sends, made from a tape of random bytes by the tables of OTLP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::{assert_round_trip, captures, rows};
use crate::otlp::Signal;
use crate::otlp::descriptor::{self, Field, Kind, Message, Presence, Role};
use crate::otlp::writer::Writer;

/// Keys that a mapper, a map or the way back could trip over.
const KEYS: &[&[u8]] = &[
    b"event.name",
    b"event.timestamp",
    b"conversation.id",
    b"app.version",
    b"model",
    b"tool_name",
    b"call_id",
    b"duration_ms",
    b"mcp_server",
    b"source",
    b"output_truncated",
    b"server.port",
    b"http.request.method",
    b"network.policy.decision",
    b"turn_id",
    b"turn.id",
    b"tool_result_seq",
    b"input_token_count",
    b"host.name",
    b"service.version",
    b"",
    b"otlp.",
    b"otlp.derived",
    b"otlp.duplicate.2.call_id",
    b"otlp.attribute.call_id",
    b"otlp.time_unix_nano",
    b"otlp.scope.attributes.x",
    b"schema_url",
    b"\xff",
    b"\xfe",
];

/// Texts that a mapper could trip over.
const TEXTS: &[&[u8]] = &[
    b"codex.tool_result",
    b"codex.tool_decision",
    b"codex.network_proxy.policy_decision",
    b"codex.sse_event",
    b"codex.guardian_assessment",
    b"codex.api_request",
    b"codex.user_prompt",
    b"codex_otel.log_only",
    b"codex_exec",
    b"2026-11-20T11:33:33.221Z",
    b"2026-11-20T11:33:33Z",
    b"9999-12-31T23:59:59.999Z",
    b"",
    b"0",
    b"7",
    b"007",
    b"-0",
    b"99999999999999999999",
    b"true",
    b"allow",
    b"none",
    b"unix-socket",
    b"mcp__tickets",
    b"{\"cmd\":\"ls\"}",
    b"\xff\xfe",
    b"a\0b\"\\\n",
];

/// Numbers at the edges.
const NUMBERS: &[u64] = &[
    0,
    1,
    2,
    3,
    999,
    1000,
    1_795_174_413_222_009_489,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    u64::MAX,
    0x7ff8_0000_0000_0001,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
];

/// Decisions, one byte each; zero when there are no more.
struct Tape<'t>(std::slice::Iter<'t, u8>);

impl Tape<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % limit
    }

    fn pick<T: Copy>(&mut self, pool: &[T]) -> T {
        pool[self.below(pool.len())]
    }

    fn number(&mut self) -> u64 {
        self.pick(NUMBERS)
    }

    fn low(&mut self) -> u32 {
        u32::try_from(self.number() & u64::from(u32::MAX)).unwrap()
    }

    /// A message with some of its fields, and sometimes one that nobody knows.
    fn message(&mut self, message: &'static Message, depth: u32, out: &mut Writer) {
        let oneofs = message.fields.iter().filter(|field| field.presence == Presence::Oneof);
        let member = self.below(oneofs.count().max(1) + 1);
        let mut oneof = 0;
        for field in message.fields {
            let times = match field.presence {
                Presence::Oneof => {
                    oneof += 1;
                    usize::from(oneof == member)
                }
                Presence::Repeated if depth == 0 => 1 + self.below(2),
                Presence::Repeated => self.below(4),
                Presence::Implicit | Presence::Optional => usize::from(self.below(4) > 0),
            };
            for _ in 0..times {
                self.field(message, field, depth, out);
            }
        }
        if keeps_unknown(message) && self.below(6) == 0 {
            out.varint_field(77, self.number());
            out.bytes_field(78, b"later");
        }
    }

    fn field(&mut self, parent: &Message, field: &Field, depth: u32, out: &mut Writer) {
        match field.kind {
            Kind::Message(inner) => {
                if inner.role == Role::Value && depth > 8 {
                    return;
                }
                let begun = out.begin(field.number);
                self.message(inner, depth + 1, out);
                out.end(begun);
            }
            Kind::String => {
                let pool = if parent.name == "KeyValue" { KEYS } else { TEXTS };
                out.bytes_field(field.number, self.pick(pool));
            }
            Kind::Bytes => out.bytes_field(field.number, self.pick(TEXTS)),
            Kind::HexId => {
                let length = self.pick(&[0, 1, 8, 16, 17]);
                out.bytes_field(field.number, &[0xab; 17][..length]);
            }
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => {
                out.fixed64_field(field.number, self.number());
            }
            Kind::Fixed32 => out.fixed32_field(field.number, self.low()),
            Kind::Bool => out.varint_field(field.number, self.number() & 1),
            Kind::Uint32 | Kind::Sint32 => out.varint_field(field.number, self.low().into()),
            Kind::Int32 | Kind::Enum(_) => {
                let number = i64::from(self.low().cast_signed());
                out.varint_field(field.number, number.cast_unsigned());
            }
            Kind::Int64 | Kind::Uint64 => out.varint_field(field.number, self.number()),
        }
    }
}

/// The messages whose unknown fields a row keeps.
fn keeps_unknown(message: &Message) -> bool {
    matches!(message.role, Role::Record(_))
        || ["Resource", "InstrumentationScope", "Status", "Metric"].contains(&message.name)
        || (message.name.starts_with("Resource") || message.name.starts_with("Scope"))
            && message.role == Role::Group
}

fn request(signal: Signal, tape: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    Tape(tape.iter()).message(descriptor::request(signal), 0, &mut out);
    out.into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// A record with any keys, types, times, ids and unknown fields comes back as it was sent.
    #[test]
    fn hostile_logs_round_trip(tape in proptest::collection::vec(any::<u8>(), 0..1200)) {
        assert_round_trip(Signal::Logs, &request(Signal::Logs, &tape), "hostile logs");
    }

    /// The same for spans, their links and their events.
    #[test]
    fn hostile_traces_round_trip(tape in proptest::collection::vec(any::<u8>(), 0..1200)) {
        assert_round_trip(Signal::Traces, &request(Signal::Traces, &tape), "hostile traces");
    }

    /// The same for data points of every type, with exemplars, buckets and quantiles.
    #[test]
    fn hostile_metrics_round_trip(tape in proptest::collection::vec(any::<u8>(), 0..1200)) {
        assert_round_trip(Signal::Metrics, &request(Signal::Metrics, &tape), "hostile metrics");
    }

    /// No bytes whatever make the normaliser panic.
    #[test]
    fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for signal in Signal::ALL {
            rows(signal, &bytes);
        }
    }
}

/// Neither does a real request with some of its bytes changed, or cut anywhere.
#[test]
fn broken_captures_do_no_harm() {
    let mut state = 1_u64;
    let mut random = move || {
        // A linear congruential generator: the same bytes are broken on every run.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    for (_, signal, payload) in captures() {
        let length = payload.len().min(20_000);
        for _ in 0..4 {
            let mut broken = payload[..random() % (length + 1)].to_vec();
            for _ in 0..8 {
                let length = broken.len().max(1);
                if let Some(byte) = broken.get_mut(random() % length) {
                    *byte ^= 1 << (random() % 8);
                }
            }
            rows(signal, &broken);
        }
    }
}
