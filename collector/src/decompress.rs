//! Bodies unpacked, never beyond what the limit and the budget allow.
//!
//! This is the only place where a decoder of gzip or zstd runs. It works in pieces: each
//! piece of output is taken from the budget before it is written, so a bomb costs what the
//! limit allows and not what it claims.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::bufread::GzDecoder;

use crate::answer::{Refusal, Size};
use crate::budget::Permit;

/// Members of one gzip body; each costs a fresh decoder.
const MAX_GZIP_MEMBERS: usize = 4096;

/// Largest zstd window, as a power of two: the 8 MiB that RFC 9659 sets for HTTP.
const MAX_ZSTD_WINDOW_LOG: u32 = 23;

/// The first piece of output; later ones double.
const FIRST_PIECE_BYTES: usize = 4096;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// RFC 1952; several members are fine.
    Gzip,
    /// RFC 8878; several frames are fine.
    Zstd,
}

impl Encoding {
    /// Reads the value of `content-encoding` or `grpc-encoding`.
    pub fn parse(name: &str) -> Option<Self> {
        match name.trim() {
            name if name.eq_ignore_ascii_case("identity") || name.is_empty() => {
                Some(Self::Identity)
            }
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                Some(Self::Gzip)
            }
            name if name.eq_ignore_ascii_case("zstd") => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Unpacks a whole body of at most `limit_bytes`. `permit` grows with the output.
///
/// An empty body is an empty message in every encoding.
pub(crate) fn decompress(
    encoding: Encoding,
    body: &Bytes,
    limit_bytes: usize,
    permit: &mut Permit,
) -> Result<Bytes, Refusal> {
    if body.is_empty() || encoding == Encoding::Identity {
        return if body.len() > limit_bytes {
            Err(too_large(limit_bytes))
        } else {
            Ok(body.clone())
        };
    }
    let source = match encoding {
        Encoding::Zstd => {
            Source::Zstd(Box::new(zstd_decoder(body).map_err(|_| Refusal::Internal)?))
        }
        Encoding::Gzip | Encoding::Identity => Source::Gzip(Box::new(GzipMembers::new(body))),
    };
    CappedDecoder { source, limit_bytes, permit }.run(body.len())
}

fn too_large(limit_bytes: usize) -> Refusal {
    Refusal::TooLarge { size: Size::Decompressed, limit_bytes: limit_bytes as u64 }
}

fn zstd_decoder(body: &[u8]) -> io::Result<zstd::stream::read::Decoder<'_, &[u8]>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body)?;
    decoder.window_log_max(MAX_ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

/// A decoder that stops at a limit and pays for its output before it writes it.
struct CappedDecoder<'a> {
    source: Source<'a>,
    limit_bytes: usize,
    permit: &'a mut Permit,
}

impl CappedDecoder<'_> {
    fn run(mut self, packed_bytes: usize) -> Result<Bytes, Refusal> {
        let held = self.permit.bytes();
        // One byte beyond the limit is enough to know that there is more.
        let most = self.limit_bytes.saturating_add(1);
        let mut out = Vec::new();
        let mut room = packed_bytes.saturating_mul(4).max(FIRST_PIECE_BYTES);
        loop {
            room = room.min(most);
            self.permit.grow_to(held.saturating_add(room))?;
            out.reserve_exact(room - out.len());
            let piece = (room - out.len()) as u64;
            let read = self
                .source
                .by_ref()
                .take(piece)
                .read_to_end(&mut out)
                .map_err(|error| undecodable(&error))?;
            if out.len() > self.limit_bytes {
                return Err(too_large(self.limit_bytes));
            }
            if (read as u64) < piece {
                return Ok(out.into());
            }
            room = room.saturating_mul(2);
        }
    }
}

fn undecodable(error: &io::Error) -> Refusal {
    Refusal::Undecodable { reason: format!("its compressed body is damaged: {error}") }
}

enum Source<'a> {
    Gzip(Box<GzipMembers<'a>>),
    Zstd(Box<zstd::stream::read::Decoder<'a, &'a [u8]>>),
}

impl Read for Source<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(members) => members.read(buf),
            Self::Zstd(decoder) => decoder.read(buf),
        }
    }
}

/// The members of a gzip body one after the other. What follows the last must be a member
/// too: flate2's own `MultiGzDecoder` passes over garbage there.
struct GzipMembers<'a> {
    member: GzDecoder<&'a [u8]>,
    seen: usize,
}

impl<'a> GzipMembers<'a> {
    fn new(body: &'a [u8]) -> Self {
        Self { member: GzDecoder::new(body), seen: 1 }
    }
}

impl Read for GzipMembers<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.member.read(buf)?;
            if read > 0 || buf.is_empty() {
                return Ok(read);
            }
            let rest = *self.member.get_ref();
            if rest.is_empty() {
                return Ok(0);
            }
            if self.seen == MAX_GZIP_MEMBERS {
                return Err(io::Error::other("it has too many gzip members"));
            }
            self.seen += 1;
            self.member = GzDecoder::new(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::budget::Budget;

    const LIMIT: usize = 1 << 20;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(encoding: Encoding, body: impl Into<Bytes>) -> Result<Bytes, Refusal> {
        let budget = Budget::new(4 * LIMIT);
        decompress(encoding, &body.into(), LIMIT, &mut budget.take(0).unwrap())
    }

    /// The names clients use are known, in any case; others are not.
    #[test]
    fn encodings_are_read_by_name() {
        assert_eq!(Encoding::parse("GZip"), Some(Encoding::Gzip));
        assert_eq!(Encoding::parse("identity"), Some(Encoding::Identity));
        assert_eq!(Encoding::parse(" zstd"), Some(Encoding::Zstd));
        assert_eq!(Encoding::parse("br"), None);
        assert_eq!(Encoding::parse("gzip, gzip"), None);
    }

    /// Several gzip members are one body; what is no member is an error, not passed over.
    #[test]
    fn members_are_joined_and_garbage_is_refused() {
        let mut body = gzip(b"one ");
        body.extend(gzip(b"two"));
        assert_eq!(unpack(Encoding::Gzip, body.clone()).unwrap(), "one two");
        body.extend(b"garbage");
        assert!(matches!(unpack(Encoding::Gzip, body), Err(Refusal::Undecodable { .. })));
        let mut body = zstd::encode_all(&b"one"[..], 1).unwrap();
        body.extend(b"garbage");
        assert!(matches!(unpack(Encoding::Zstd, body), Err(Refusal::Undecodable { .. })));
    }

    /// A body cut anywhere is refused, never half taken.
    #[test]
    fn truncated_bodies_are_refused() {
        let text = b"some text, some text, other text".repeat(20);
        for (encoding, body) in [
            (Encoding::Gzip, gzip(&text)),
            (Encoding::Zstd, zstd::encode_all(&text[..], 3).unwrap()),
        ] {
            for len in 1..body.len() {
                let cut = Bytes::copy_from_slice(body.get(..len).unwrap());
                assert!(
                    matches!(unpack(encoding, cut), Err(Refusal::Undecodable { .. })),
                    "{encoding:?} {len}"
                );
            }
        }
    }

    /// A body of exactly the limit passes, one byte more does not.
    #[test]
    fn limit_is_exact() {
        for (len, fits) in [(LIMIT, true), (LIMIT + 1, false)] {
            let text = vec![7; len];
            assert_eq!(unpack(Encoding::Gzip, gzip(&text)).is_ok(), fits);
            assert_eq!(
                unpack(Encoding::Zstd, zstd::encode_all(&text[..], 1).unwrap()).is_ok(),
                fits
            );
            assert_eq!(unpack(Encoding::Identity, text).is_ok(), fits);
        }
    }

    /// Bombs of a ratio of 1,000 (gzip) and 10,000 (zstd) never hold more than the limit.
    #[test]
    fn bombs_stay_within_the_budget() {
        let zeros = vec![0; 64 * LIMIT];
        for (encoding, body) in [
            (Encoding::Gzip, gzip(&zeros)),
            (Encoding::Zstd, zstd::encode_all(&zeros[..], 19).unwrap()),
        ] {
            let budget = Budget::new(4 * LIMIT);
            let mut permit = budget.take(0).unwrap();
            let refused = decompress(encoding, &body.into(), LIMIT, &mut permit);
            assert!(
                matches!(refused, Err(Refusal::TooLarge { size: Size::Decompressed, .. })),
                "{refused:?}"
            );
            assert!(budget.peak_bytes() <= LIMIT + 1, "{}", budget.peak_bytes());
        }
    }

    /// Where the budget is smaller than the body, the client is told to come back.
    #[test]
    fn output_is_paid_for_before_it_is_written() {
        let budget = Budget::new(LIMIT / 2);
        let mut permit = budget.take(0).unwrap();
        let refused = decompress(Encoding::Gzip, &gzip(&vec![0; LIMIT]).into(), LIMIT, &mut permit);
        assert!(matches!(refused, Err(Refusal::OverBudget(_))));
    }

    /// A window beyond 8 MiB is refused before it is allocated.
    #[test]
    fn large_zstd_windows_are_refused() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(27).unwrap();
        encoder.write_all(b"small").unwrap();
        let body = encoder.finish().unwrap();
        assert!(matches!(unpack(Encoding::Zstd, body), Err(Refusal::Undecodable { .. })));
    }

    proptest! {
        /// What was packed comes back, whatever it was.
        #[test]
        fn unpacking_undoes_packing(text in proptest::collection::vec(any::<u8>(), 0..20_000)) {
            prop_assert_eq!(unpack(Encoding::Gzip, gzip(&text)).unwrap(), &text[..]);
            prop_assert_eq!(unpack(Encoding::Zstd, zstd::encode_all(&text[..], 1).unwrap()).unwrap(), &text[..]);
        }

        /// Arbitrary bytes never panic.
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            prop_assert!(unpack(Encoding::Gzip, bytes.clone()).is_err() || bytes.is_empty());
            drop(unpack(Encoding::Zstd, bytes));
        }
    }
}
