//! A tool call in a conversation of its own, for whoever looks for it afterwards.

use anyhow::Context as _;
use bytes::Bytes;
use prost::Message as _;

use super::random::{Random, mix};
use super::record::pair;
use super::{framed, request};

/// The id of a new conversation, and a framed body with the decision about its one call and that
/// call's result.
pub(crate) fn call() -> anyhow::Result<(String, Bytes)> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .context("the clock is before 1970")?;
    let seed = getrandom::u64().context("cannot get random bytes from the system")?;
    let mut random = Random::new(mix(seed));
    let (session, mut records) = pair(&mut random, now);
    let observed = u64::try_from(now.as_nanos()).context("the clock is past 2554")?;
    for (record, later) in records.iter_mut().zip(0..) {
        record.observed_time_unix_nano = observed + later;
    }
    Ok((session, Bytes::from(framed(&request(records).encode_to_vec())?)))
}
