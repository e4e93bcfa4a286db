//! How far the clocks of the senders are off.
//!
//! The age of a request is the time between its receipt and the newest time that its sender put
//! on one of its records. It is the clock's error plus how long the record waited to be sent, so
//! it is no smaller than the error: a negative age is a clock that runs ahead, and a sender whose
//! least age is large has a clock that stays behind, or sends late.

use std::collections::BTreeMap;

/// So many senders are told apart; the clocks of the others are not noted.
pub const SENDERS_LIMIT: usize = 1000;

/// The age of the newest request of each sender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skews(BTreeMap<(String, String), i64>);

impl Skews {
    /// Notes the age of a request, in microseconds.
    pub fn note(&mut self, tenant: &str, principal: &str, age_us: i64) {
        let sender = (tenant.to_owned(), principal.to_owned());
        if self.0.len() < SENDERS_LIMIT || self.0.contains_key(&sender) {
            self.0.insert(sender, age_us);
        }
    }

    /// Tenant, principal and age in microseconds, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, i64)> {
        self.0.iter().map(|((tenant, principal), age)| (tenant.as_str(), principal.as_str(), *age))
    }

    /// Notes what newer requests showed.
    pub fn merge(&mut self, newer: &Self) {
        for (tenant, principal, age_us) in newer.iter() {
            self.note(tenant, principal, age_us);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The newest age counts, and senders beyond the limit are left out.
    #[test]
    fn skews_are_bounded() {
        let mut skews = Skews::default();
        for n in 0..SENDERS_LIMIT + 5 {
            skews.note("default", &format!("p{n:05}"), 1);
        }
        skews.note("default", "p00000", -7);
        assert_eq!(skews.iter().count(), SENDERS_LIMIT);
        assert_eq!(skews.iter().next(), Some(("default", "p00000", -7)));
    }
}
