//! How much one principal may send in the long run.
//!
//! A bucket that runs a debt: a request is let in while the debt is within the burst, and
//! then charged with what it turned out to be. So the check costs nothing but a look-up and
//! stands before the body is read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use seam_schema::ids::{Principal, Tenant};

use crate::answer::Refusal;

/// Seconds of its rate that a principal may be ahead.
const BURST_SECONDS: f64 = 10.0;

/// Principals remembered before those without a debt are forgotten.
const FORGET_AT: usize = 10_000;

/// The debts of all principals.
#[derive(Debug)]
pub(crate) struct RateLimit {
    bytes_per_second: Option<f64>,
    debts: Mutex<HashMap<(Tenant, Principal), Debt>>,
}

#[derive(Debug, Clone, Copy)]
struct Debt {
    bytes: f64,
    at: Instant,
}

impl RateLimit {
    /// A limit for each principal; `None` for no limit.
    pub(crate) fn new(bytes_per_second: Option<u64>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "rates are far below 2^52 bytes per second")]
        let bytes_per_second = bytes_per_second.map(|rate| rate.max(1) as f64);
        Self { bytes_per_second, debts: Mutex::default() }
    }

    /// Refuses a principal that is too far ahead of its rate.
    pub(crate) fn check(
        &self,
        tenant: &Tenant,
        principal: &Principal,
        now: Instant,
    ) -> Result<(), Refusal> {
        let Some(rate) = self.bytes_per_second else { return Ok(()) };
        let debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(debt) = debts.get(&(tenant.clone(), principal.clone())) else { return Ok(()) };
        let beyond = debt.after(now, rate) - rate * BURST_SECONDS;
        if beyond <= 0.0 {
            return Ok(());
        }
        Err(Refusal::RateLimited {
            retry_after: Duration::from_secs_f64((beyond / rate).min(3600.0)),
        })
    }

    /// Charges a principal with a message that was let in.
    pub(crate) fn charge(
        &self,
        tenant: &Tenant,
        principal: &Principal,
        bytes: usize,
        now: Instant,
    ) {
        let Some(rate) = self.bytes_per_second else { return };
        let mut debts = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        if debts.len() >= FORGET_AT {
            debts.retain(|_, debt| debt.after(now, rate) > 0.0);
        }
        let debt = debts
            .entry((tenant.clone(), principal.clone()))
            .or_insert(Debt { bytes: 0.0, at: now });
        #[expect(clippy::cast_precision_loss, reason = "messages are far below 2^52 bytes")]
        let bytes = bytes as f64;
        *debt = Debt { bytes: debt.after(now, rate) + bytes, at: now };
    }
}

impl Debt {
    /// What is left of it after it was paid off at `rate` until `now`.
    fn after(self, now: Instant, rate: f64) -> f64 {
        let paid = now.saturating_duration_since(self.at).as_secs_f64() * rate;
        (self.bytes - paid).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// A burst passes, what goes beyond waits until the rate has paid for it, and a neighbour
    /// is not touched.
    #[test]
    fn debt_is_paid_off_by_time() {
        let limit = RateLimit::new(Some(100));
        let (tenant, anna) = (Tenant::default(), Principal::new("anna").unwrap());
        let start = Instant::now();
        limit.charge(&tenant, &anna, 1000, start);
        assert_eq!(limit.check(&tenant, &anna, start), Ok(()));
        limit.charge(&tenant, &anna, 500, start);
        let refused = limit.check(&tenant, &anna, start).unwrap_err();
        assert_eq!(refused, Refusal::RateLimited { retry_after: Duration::from_secs(5) });
        assert!(limit.check(&tenant, &anna, start + Duration::from_secs(4)).is_err());
        assert_eq!(limit.check(&tenant, &anna, start + Duration::from_secs(5)), Ok(()));
        assert_eq!(limit.check(&tenant, &Principal::default(), start), Ok(()));
    }

    /// Without a limit nothing is remembered.
    #[test]
    fn no_limit_refuses_nothing() {
        let limit = RateLimit::new(None);
        let (tenant, principal) = (Tenant::default(), Principal::default());
        limit.charge(&tenant, &principal, usize::MAX, Instant::now());
        assert_eq!(limit.check(&tenant, &principal, Instant::now()), Ok(()));
        assert!(limit.debts.lock().unwrap().is_empty());
    }
}
