//! Generated and damaged requests: views and check against `prost`.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Tape, decoded, reencode, viewed};
use crate::otlp::writer::Writer;
use crate::otlp::{CheckError, Limits, Signal, check, descriptor};

fn signals() -> impl Strategy<Value = Signal> {
    proptest::sample::select(&Signal::ALL)
}

fn request(signal: Signal, tape: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    Tape::new(tape).message(descriptor::request(signal), &mut writer, 0);
    writer.into_bytes()
}

/// One way of damaging bytes.
#[derive(Debug, Clone)]
enum Damage {
    Truncate(usize),
    Set(usize, u8),
    Remove(usize),
    Insert(usize, u8),
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<usize>;
    let damage = prop_oneof![
        at().prop_map(Damage::Truncate),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        at().prop_map(Damage::Remove),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
    ];
    vec(damage, 1..4)
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match *damage {
            Damage::Truncate(at) => bytes.truncate(at % length),
            Damage::Set(at, byte) => bytes[at % length] = byte,
            Damage::Remove(at) => drop(bytes.remove(at % length)),
            Damage::Insert(at, byte) => bytes.insert(at % length, byte),
        }
    }
    bytes
}

/// Whether check and `prost` agree, but for the differences the module documents; and
/// where `prost` can read, whether the views show the same.
fn compare(signal: Signal, bytes: &[u8]) -> Result<(), TestCaseError> {
    let verdict = check(signal, bytes, &Limits::default());
    match (verdict, decoded(signal, bytes)) {
        (Ok(_), Ok(expected)) => prop_assert_eq!(viewed(signal, bytes), expected),
        (Ok(_), Err(error)) => {
            prop_assert!(error.to_string().contains("UTF-8"), "only prost refuses: {}", error);
        }
        (Err(error), Ok(_)) => {
            prop_assert!(
                matches!(error, CheckError::TooDeep { .. }),
                "only the check refuses: {}",
                error
            );
        }
        (Err(_), Err(_)) => {}
    }
    Ok(())
}

/// Puts a field with each kind of value into `message`, which stands at `path` in the
/// request, and goes on with the messages within it.
fn every_wire_type(
    signal: Signal,
    message: &'static descriptor::Message,
    path: &mut Vec<u32>,
    seen: &mut Vec<&'static str>,
) -> Result<usize, TestCaseError> {
    if seen.contains(&message.name) {
        return Ok(0);
    }
    seen.push(message.name);
    let mut tried = 0;
    for field in message.fields {
        let values: [&[u8]; 6] =
            [&[0, 1], &[1; 9], &[2, 0], &[2, 8, 1, 1, 1, 1, 1, 1, 1, 1], &[5; 5], &[3]];
        for value in values {
            let mut writer = Writer::new();
            writer.put_tag(field.number, value[0]);
            writer.put_raw(&value[1..]);
            if value[0] == 3 {
                writer.put_tag(field.number, 4);
            }
            let bytes = path.iter().rev().fold(writer.into_bytes(), |content, number| {
                let mut writer = Writer::new();
                writer.bytes_field(*number, &content);
                writer.into_bytes()
            });
            compare(signal, &bytes)?;
            tried += 1;
        }
        if let descriptor::Kind::Message(inner) = field.kind {
            path.push(field.number);
            tried += every_wire_type(signal, inner, path, seen)?;
            path.pop();
        }
    }
    Ok(tried)
}

/// Every field of every message with every wire type, empty and packed values included,
/// is judged as `prost` judges it.
#[test]
fn every_wire_type_is_judged_the_same() -> Result<(), TestCaseError> {
    let mut tried = 0;
    for signal in Signal::ALL {
        tried +=
            every_wire_type(signal, descriptor::request(signal), &mut Vec::new(), &mut Vec::new())?;
    }
    assert!(tried > 1_000, "{tried}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Every field of every message of a whole request looks the same through the views
    /// as through `prost`, as generated and as `prost` writes it.
    #[test]
    fn whole_requests_look_the_same(signal in signals(), tape in vec(any::<u8>(), 0..1_500)) {
        let bytes = request(signal, &tape);
        prop_assert!(check(signal, &bytes, &Limits::default()).is_ok());
        compare(signal, &bytes)?;
        let canonical = reencode(signal, &bytes);
        prop_assert!(canonical.is_ok());
        compare(signal, &canonical.unwrap())?;
    }

    /// Requests sent in one body one after the other are one request, as for `prost`.
    #[test]
    fn concatenated_requests_are_one(signal in signals(), first in vec(any::<u8>(), 0..500), second in vec(any::<u8>(), 0..500)) {
        compare(signal, &[request(signal, &first), request(signal, &second)].concat())?;
    }

    /// Of damaged requests the check accepts exactly those that `prost` can read.
    #[test]
    fn damaged_requests_are_judged_the_same(signal in signals(), tape in vec(any::<u8>(), 0..600), damages in damages()) {
        compare(signal, &damaged(request(signal, &tape), &damages))?;
    }

    /// Random bytes, which nearly always are no request at all.
    #[test]
    fn random_bytes_are_judged_the_same(signal in signals(), bytes in vec(any::<u8>(), 0..40)) {
        compare(signal, &bytes)?;
    }
}
