//! From the body as sent to the message as stored, and what is known of it.

use bytes::Bytes;
use seam_schema::frame::ContentType;
use seam_schema::ids::RequestDigest;
use seam_schema::otlp::{self, CheckError, TranscodeError};

use super::Admission;
use crate::answer::{Refusal, Size};
use crate::decompress::{Encoding, decompress};
use crate::limits::Limits;

/// Above this a plain body is worked on by a thread of its own.
const HEAVY_BYTES: usize = 64 * 1024;

/// The same for a packed body: sixty-four KiB of gzip may hold 64 MiB.
const HEAVY_PACKED_BYTES: usize = 8 * 1024;

/// The same for JSON, which is read digit by digit.
const HEAVY_JSON_BYTES: usize = 16 * 1024;

/// A message that can be stored.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The protobuf message.
    pub(super) message: Bytes,
    /// What it is.
    pub(super) digest: RequestDigest,
    /// How many rows it will become.
    pub(super) records: u64,
}

/// Whether the work on a body could hold up its neighbours.
pub(super) fn is_heavy(admission: &Admission) -> bool {
    let light = match (admission.encoding, admission.content_type) {
        (Encoding::Gzip | Encoding::Zstd, _) => HEAVY_PACKED_BYTES,
        (Encoding::Identity, ContentType::Json) => HEAVY_JSON_BYTES,
        (Encoding::Identity, ContentType::Protobuf) => HEAVY_BYTES,
    };
    admission.body.bytes.len() > light
}

/// Unpacks, transcodes and checks a body. Its permit holds what the message takes besides.
pub(super) fn decode(admission: &mut Admission, limits: &Limits) -> Result<Decoded, Refusal> {
    let body = &mut admission.body;
    let unpacked =
        decompress(admission.encoding, &body.bytes, limits.max_body_bytes, &mut body.permit)?;
    let checks = otlp::Limits {
        request_bytes: limits.max_body_bytes,
        estimated_bytes: limits.max_rows_bytes,
        ..otlp::Limits::default()
    };
    let message = match admission.content_type {
        ContentType::Protobuf => unpacked,
        ContentType::Json if unpacked.is_empty() => unpacked,
        ContentType::Json => {
            // The message is seldom longer than its text; what it takes beyond is added after.
            let held = body.permit.bytes();
            body.permit.grow_to(held.saturating_add(unpacked.len()))?;
            let message = otlp::transcode(admission.signal, &unpacked, &checks)
                .map_err(|error| transcode_refusal(&error, limits))?;
            body.permit.grow_to(held.saturating_add(message.len()))?;
            message.into()
        }
    };
    let checked = otlp::check(admission.signal, &message, &checks)
        .map_err(|error| check_refusal(&error, limits))?;
    let digest = RequestDigest::of(&admission.identity.tenant, admission.signal, &message);
    Ok(Decoded { message, digest, records: checked.records })
}

fn transcode_refusal(error: &TranscodeError, limits: &Limits) -> Refusal {
    if error.is_too_large() {
        return Refusal::TooLarge {
            size: Size::Decompressed,
            limit_bytes: limits.max_body_bytes as u64,
        };
    }
    Refusal::Undecodable { reason: error.to_string() }
}

fn check_refusal(error: &CheckError, limits: &Limits) -> Refusal {
    match error {
        CheckError::TooLarge { .. } => Refusal::TooLarge {
            size: Size::Decompressed,
            limit_bytes: limits.max_body_bytes as u64,
        },
        CheckError::TooCostly { .. } => {
            Refusal::TooLarge { size: Size::Estimated, limit_bytes: limits.max_rows_bytes }
        }
        error => Refusal::Undecodable { reason: error.to_string() },
    }
}
