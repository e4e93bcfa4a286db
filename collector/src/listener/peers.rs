//! Connections counted by address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// How many connections each address has.
#[derive(Debug, Clone)]
pub(super) struct PeerCount {
    limit: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection of an address, until dropped.
#[derive(Debug)]
pub(super) struct Seat {
    key: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl PeerCount {
    /// At most `limit` for each address.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, counts: Arc::default() }
    }

    /// Counts a connection; `None` if its address has enough.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Seat> {
        let key = key(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_insert(0);
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Seat { key, counts: Arc::clone(&self.counts) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

/// One IPv6 customer has a whole /64 and would otherwise have no limit at all.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// An address has its limit, others have theirs, and a closed connection makes room.
    #[test]
    fn addresses_are_counted_apart() {
        let peers = PeerCount::new(2);
        let (one, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let first = peers.enter(one).unwrap();
        let second = peers.enter("::ffff:10.0.0.1".parse().unwrap()).unwrap();
        assert!(peers.enter(one).is_none());
        assert!(peers.enter(other).is_some());
        drop(first);
        assert!(peers.enter(one).is_some());
        drop(second);
        assert!(peers.counts.lock().unwrap().is_empty());
    }

    /// Addresses of one IPv6 network are one peer.
    #[test]
    fn networks_of_ipv6_are_one_peer() {
        let peers = PeerCount::new(1);
        let seat = peers.enter("2001:db8::1".parse().unwrap());
        assert!(seat.is_some());
        assert!(peers.enter("2001:db8::2".parse().unwrap()).is_none());
        assert!(peers.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
    }
}
