//! The one message of a unary call: five bytes of head, then the message.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | 1 if the message is compressed as `grpc-encoding` says, else 0 |
//! | 4 | length of the message, big-endian |

use bytes::Bytes;
use http_body::Body;

use crate::answer::{Refusal, Size};
use crate::body::{BodyReader, Joined, Received};
use crate::budget::Budget;
use crate::decompress::Encoding;
use crate::limits::Limits;

const HEAD_BYTES: usize = 5;

/// A message as it was sent.
#[derive(Debug)]
pub(super) struct Message {
    /// How it is packed.
    pub(super) encoding: Encoding,
    /// Its bytes.
    pub(super) body: Received,
}

/// Reads the only message of a call. Its declared length meets the limit and is taken from
/// the budget before its first byte is waited for.
pub(super) async fn read_message<B>(
    body: B,
    packed: Encoding,
    limits: &Limits,
    budget: &Budget,
) -> Result<Message, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut permit = budget.take(0)?;
    let mut reader = BodyReader::new(body, limits);
    let mut joined = Joined::default();
    let head = loop {
        if let Some(head) = joined.split_head::<HEAD_BYTES>() {
            break head;
        }
        let piece =
            reader.piece().await?.ok_or_else(|| undecodable("its call holds no whole message"))?;
        permit.grow_to(permit.bytes().saturating_add(piece.len()))?;
        joined.push(piece, HEAD_BYTES);
    };
    let (encoding, len) = read_head(head, packed)?;
    let limit_bytes = limits.max_body_bytes;
    if len > limit_bytes {
        return Err(Refusal::TooLarge { size: Size::Wire, limit_bytes: limit_bytes as u64 });
    }
    permit.grow_to(len)?;
    while let Some(piece) = reader.piece().await? {
        if joined.len() + piece.len() > len {
            break_off(len, joined.len() + piece.len())?;
        }
        joined.push(piece, len);
    }
    break_off(len, joined.len())?;
    permit.shrink_to(len);
    Ok(Message { encoding, body: Received { bytes: joined.finish(), permit } })
}

/// Refuses a body that is not as long as its message says.
fn break_off(declared: usize, found: usize) -> Result<(), Refusal> {
    match found.cmp(&declared) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(undecodable("its message is shorter than it declares")),
        std::cmp::Ordering::Greater => Err(undecodable("its call holds more than one message")),
    }
}

fn read_head(
    [flag, len @ ..]: [u8; HEAD_BYTES],
    packed: Encoding,
) -> Result<(Encoding, usize), Refusal> {
    let encoding = match (flag, packed) {
        (0, _) => Encoding::Identity,
        (1, Encoding::Identity) => {
            return Err(undecodable(
                "its message is compressed, but grpc-encoding does not say how",
            ));
        }
        (1, packed) => packed,
        _ => return Err(undecodable("the head of its message is damaged")),
    };
    Ok((encoding, usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX)))
}

fn undecodable(reason: &'static str) -> Refusal {
    Refusal::Undecodable { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::convert::Infallible;

    use futures::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    async fn read(
        bytes: &[u8],
        step: usize,
        packed: Encoding,
    ) -> (Result<Message, Refusal>, usize) {
        let limits = Limits { max_body_bytes: 1000, ..Limits::default() };
        let budget = Budget::new(1 << 20);
        let pieces: Vec<_> = bytes
            .chunks(step)
            .map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(piece))))
            .collect();
        let message =
            read_message(StreamBody::new(stream::iter(pieces)), packed, &limits, &budget).await;
        (message, budget.peak_bytes())
    }

    /// A message comes out whole, in whatever pieces it arrived.
    #[tokio::test]
    async fn messages_are_read_in_any_pieces() {
        let wire = [&[0, 0, 0, 0, 6][..], b"abcdef"].concat();
        for step in 1..=wire.len() {
            let message = read(&wire, step, Encoding::Gzip).await.0.unwrap();
            assert_eq!(
                (message.encoding, &message.body.bytes[..]),
                (Encoding::Identity, &b"abcdef"[..])
            );
            assert_eq!(message.body.permit.bytes(), 6);
        }
        let message = read(&[1, 0, 0, 0, 1, 9], 9, Encoding::Zstd).await.0.unwrap();
        assert_eq!(message.encoding, Encoding::Zstd);
        assert!(read(&[0; 5], 9, Encoding::Identity).await.0.unwrap().body.bytes.is_empty());
    }

    /// Anything but exactly one whole message is undecodable.
    #[tokio::test]
    async fn other_than_one_message_is_refused() {
        for wire in [
            &b""[..],
            &[0, 0, 0],
            &[0, 0, 0, 0, 2, 9],
            &[0, 0, 0, 0, 0, 9],
            &[2, 0, 0, 0, 0],
            &[1, 0, 0, 0, 1, 9],
        ] {
            for step in [1, 100] {
                let refused = read(wire, step, Encoding::Identity).await.0.unwrap_err();
                assert!(matches!(refused, Refusal::Undecodable { .. }), "{wire:?}");
            }
        }
    }

    /// A length of 4 GiB is refused by its head alone, for good, and takes no memory.
    #[tokio::test]
    async fn declared_lengths_are_refused_at_once() {
        let (refused, peak) =
            read(&[0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3], 100, Encoding::Identity).await;
        assert!(matches!(refused.unwrap_err(), Refusal::TooLarge { size: Size::Wire, .. }));
        assert!(peak <= 8, "{peak}");
    }
}
