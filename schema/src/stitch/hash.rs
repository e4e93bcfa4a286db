//! Hashing inside one process: fast, and never written anywhere.

use std::hash::{BuildHasher, Hash};

/// The hash of a value; another one in another process is no harm.
pub(super) fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    foldhash::quality::FixedState::default().hash_one(value)
}

/// A map for keys that are hashes or ids themselves, or that no sender can choose freely.
pub(super) type FastMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set of such.
pub(super) type FastSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;

/// The first 64 bits of a hash that may be written down.
pub(super) fn first_u64(hash: &blake3::Hash) -> u64 {
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
