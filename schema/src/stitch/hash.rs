//! Hashing inside one process: fast, and never written anywhere.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::LazyLock;

/// Another one in every process: who sends ids must not be able to choose some that collide, and
/// so join conversations of others, or hide that a row has changed.
static STATE: LazyLock<foldhash::quality::RandomState> = LazyLock::new(Default::default);

/// The hash of a value, in this process.
pub(super) fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    STATE.hash_one(value)
}

/// Makes such a hash of several values.
pub(super) fn hasher() -> impl Hasher {
    STATE.build_hasher()
}

/// A map for keys that are hashes or ids themselves, or that no sender can choose freely.
pub(super) type FastMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set of such.
pub(super) type FastSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;

/// The first 64 bits of a hash that may be written down.
pub(super) fn first_u64(hash: &blake3::Hash) -> u64 {
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
