//! What stands beside each request in the log: the frame's meta.
//!
//! The log does not look into it. Layout, all integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | frame kind: 1 `otlp`, 2 `internal` (an act), 3 `tick`, 4 `dead letters` |
//! | 1 | signal: 1 logs, 2 traces, 3 metrics; 0 for other kinds |
//! | 1 | content type as sent: 1 protobuf, 2 JSON (transcoded before the log); 0 for other kinds |
//! | 1 | transport: 1 gRPC, 2 HTTP; 0 for other kinds |
//! | 1 | flags: bit 0 repeat, bit 1 the credential is a relay's |
//! | 12 | request digest |
//! | 2 + n | tenant, UTF-8 |
//! | 2 + n | principal, UTF-8 |
//! | 2 + n | peer address, UTF-8, empty if unknown |
//! | 2 + n | host from the client certificate, UTF-8, empty if there is none |
//!
//! A tick says only that time has passed: its payload is empty, its digest is all zeros, and it
//! gives no row in any table. It is a kind of its own so that a version that does not know it
//! refuses the frame, and does not take it for an act. The same holds for dead letters: what
//! destinations will not take, see [`crate::table::dead_letters`].

use thiserror::Error;

use crate::ids::{NameError, Principal, RequestDigest, Tenant};
use crate::otlp::Signal;

const VERSION: u8 = 1;
const FLAG_REPEAT: u8 = 1;
const FLAG_RELAY: u8 = 2;

impl Signal {
    /// The byte that stands for the signal in a meta and in a digest.
    pub const fn code(self) -> u8 {
        match self {
            Self::Logs => 1,
            Self::Traces => 2,
            Self::Metrics => 3,
        }
    }

    /// The signal of a byte.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Logs),
            2 => Some(Self::Traces),
            3 => Some(Self::Metrics),
            _ => None,
        }
    }
}

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// One OTLP request.
    Otlp(Signal),
    /// Something of Seam's own: see [`crate::table::audit`].
    Internal,
    /// Time has passed: its receive time is all it says.
    Tick,
    /// Records that a destination will not take: see [`crate::table::dead_letters`].
    DeadLetters,
}

/// How the body was encoded when it arrived; in the log it is always protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// `application/x-protobuf`, or gRPC.
    Protobuf,
    /// `application/json`.
    Json,
}

/// The door a request came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// OTLP/gRPC.
    Grpc,
    /// OTLP/HTTP.
    Http,
}

/// Who sent a frame and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameMeta {
    /// What the payload is.
    pub kind: FrameKind,
    /// How it was encoded on the wire; [`ContentType::Protobuf`] for other kinds.
    pub content_type: ContentType,
    /// Which door it came through; [`Transport::Http`] for other kinds.
    pub transport: Transport,
    /// The same request was admitted within the last ten minutes: store no rows.
    pub repeat: bool,
    /// The credential may speak for other principals.
    pub relay: bool,
    /// What the request is.
    pub digest: RequestDigest,
    /// Whose it is, from the credential.
    pub tenant: Tenant,
    /// Who sent it, from the credential.
    pub principal: Principal,
    /// The address it came from, without the port; empty if unknown.
    pub peer_address: String,
    /// The host its client certificate names; empty if there is none.
    pub certificate_host: String,
}

/// A meta that this version cannot read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameMetaError {
    /// The bytes end too early.
    #[error("cannot read the meta of a frame: it ends after {0} bytes")]
    Truncated(usize),
    /// A newer version wrote it.
    #[error(
        "cannot read the meta of a frame: version {0} is newer than this program; use the version that wrote it"
    )]
    Version(u8),
    /// A byte has no meaning.
    #[error("cannot read the meta of a frame: {what} cannot be {value}")]
    Value {
        /// The field.
        what: &'static str,
        /// What stands there.
        value: u8,
    },
    /// A text is not UTF-8.
    #[error("cannot read the meta of a frame: {0} is not utf-8")]
    Text(&'static str),
    /// A name breaks its own rules.
    #[error("cannot read the meta of a frame: {0}")]
    Name(#[from] NameError),
}

impl FrameMeta {
    /// The meta of a tick.
    pub fn tick() -> Self {
        Self {
            kind: FrameKind::Tick,
            content_type: ContentType::Protobuf,
            transport: Transport::Http,
            repeat: false,
            relay: false,
            digest: RequestDigest::default(),
            tenant: Tenant::default(),
            principal: Principal::default(),
            peer_address: String::new(),
            certificate_host: String::new(),
        }
    }

    /// Writes the layout above.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, signal, content_type, transport) = match self.kind {
            FrameKind::Otlp(signal) => (
                1,
                signal.code(),
                if self.content_type == ContentType::Protobuf { 1 } else { 2 },
                if self.transport == Transport::Grpc { 1 } else { 2 },
            ),
            FrameKind::Internal => (2, 0, 0, 0),
            FrameKind::Tick => (3, 0, 0, 0),
            FrameKind::DeadLetters => (4, 0, 0, 0),
        };
        let flags = u8::from(self.repeat) * FLAG_REPEAT + u8::from(self.relay) * FLAG_RELAY;
        let mut out = vec![VERSION, kind, signal, content_type, transport, flags];
        out.extend_from_slice(self.digest.as_bytes());
        for text in [
            self.tenant.as_str(),
            self.principal.as_str(),
            &self.peer_address,
            &self.certificate_host,
        ] {
            put_text(&mut out, text);
        }
        out
    }

    /// Reads the layout above.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameMetaError> {
        let mut reader = MetaReader { bytes, at: 0 };
        let version = reader.byte()?;
        if version != VERSION {
            return Err(FrameMetaError::Version(version));
        }
        let (kind, signal) = (reader.byte()?, reader.byte()?);
        let kind = match kind {
            1 => FrameKind::Otlp(
                Signal::from_code(signal)
                    .ok_or(FrameMetaError::Value { what: "signal", value: signal })?,
            ),
            2 => FrameKind::Internal,
            3 => FrameKind::Tick,
            4 => FrameKind::DeadLetters,
            value => return Err(FrameMetaError::Value { what: "frame kind", value }),
        };
        let content_type = match reader.byte()? {
            0 | 1 => ContentType::Protobuf,
            2 => ContentType::Json,
            value => return Err(FrameMetaError::Value { what: "content type", value }),
        };
        let transport = match reader.byte()? {
            1 => Transport::Grpc,
            0 | 2 => Transport::Http,
            value => return Err(FrameMetaError::Value { what: "transport", value }),
        };
        let flags = reader.byte()?;
        let digest = RequestDigest::from_bytes(reader.array()?);
        Ok(Self {
            kind,
            content_type,
            transport,
            repeat: flags & FLAG_REPEAT != 0,
            relay: flags & FLAG_RELAY != 0,
            digest,
            tenant: Tenant::new(reader.text("tenant")?)?,
            principal: Principal::new(reader.text("principal")?)?,
            peer_address: reader.text("peer address")?.to_owned(),
            certificate_host: reader.text("certificate host")?.to_owned(),
        })
    }
}

/// Writes a length and a text, cut to what the length can say.
fn put_text(out: &mut Vec<u8>, text: &str) {
    let cut = text.floor_char_boundary(usize::from(u16::MAX));
    let text = text.get(..cut).unwrap_or_default();
    out.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

struct MetaReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> MetaReader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], FrameMetaError> {
        let end = self.at.saturating_add(len);
        let taken =
            self.bytes.get(self.at..end).ok_or(FrameMetaError::Truncated(self.bytes.len()))?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameMetaError> {
        let len = self.bytes.len();
        self.take(N)?.try_into().map_err(|_| FrameMetaError::Truncated(len))
    }

    fn byte(&mut self) -> Result<u8, FrameMetaError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn text(&mut self, what: &'static str) -> Result<&'a str, FrameMetaError> {
        let len = u16::from_le_bytes(self.array()?);
        std::str::from_utf8(self.take(usize::from(len))?).map_err(|_| FrameMetaError::Text(what))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn meta() -> FrameMeta {
        FrameMeta {
            kind: FrameKind::Otlp(Signal::Traces),
            content_type: ContentType::Json,
            transport: Transport::Http,
            repeat: true,
            relay: false,
            digest: RequestDigest::from_bytes([7; 12]),
            tenant: Tenant::new("acme").unwrap(),
            principal: Principal::new("laptop-1").unwrap(),
            peer_address: "127.0.0.1".to_owned(),
            certificate_host: String::new(),
        }
    }

    /// A replay sees what the collector knew.
    #[test]
    fn meta_round_trips() {
        let one = meta();
        assert_eq!(FrameMeta::decode(&one.encode()).unwrap(), one);
        let internal = FrameMeta {
            kind: FrameKind::Internal,
            content_type: ContentType::Protobuf,
            repeat: false,
            ..one
        };
        assert_eq!(FrameMeta::decode(&internal.encode()).unwrap(), internal);
        let letters = FrameMeta { kind: FrameKind::DeadLetters, ..internal };
        assert_eq!(FrameMeta::decode(&letters.encode()).unwrap(), letters);
        let tick = FrameMeta::tick();
        assert_eq!(FrameMeta::decode(&tick.encode()).unwrap(), tick);
        assert_eq!(tick.encode().get(..6).unwrap(), [1, 3, 0, 0, 0, 0]);
    }

    /// A kind of a later version is refused, not taken for one that is known.
    #[test]
    fn an_unknown_kind_is_refused() {
        let mut bytes = FrameMeta::tick().encode();
        *bytes.get_mut(1).unwrap() = 5;
        let refused = FrameMetaError::Value { what: "frame kind", value: 5 };
        assert_eq!(FrameMeta::decode(&bytes), Err(refused));
    }

    /// No truncation of a meta panics or passes for a whole one.
    #[test]
    fn every_truncation_is_an_error() {
        let bytes = meta().encode();
        for len in 0..bytes.len() {
            assert!(FrameMeta::decode(bytes.get(..len).unwrap()).is_err());
        }
    }

    /// A frame of a later version is named as such.
    #[test]
    fn newer_version_is_refused() {
        assert_eq!(FrameMeta::decode(&[9]), Err(FrameMetaError::Version(9)));
    }
}
