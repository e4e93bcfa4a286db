//! Counts what is right and what is wrong, as percentages a person can read.

use std::collections::BTreeMap;

/// How often something was asked for, and how often it was right.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) right: usize,
    pub(crate) of: usize,
}

impl Share {
    #[allow(clippy::cast_precision_loss, reason = "counts of a test are small")]
    pub(crate) fn rate(self) -> f64 {
        if self.of == 0 { 1.0 } else { self.right as f64 / self.of as f64 }
    }
}

/// All that was counted, and the first few misses of each kind.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub(crate) shares: BTreeMap<&'static str, Share>,
    misses: BTreeMap<&'static str, Vec<String>>,
}

impl Score {
    pub(crate) fn count(&mut self, what: &'static str, right: bool, miss: impl Fn() -> String) {
        let share = self.shares.entry(what).or_default();
        share.of += 1;
        share.right += usize::from(right);
        if !right {
            let misses = self.misses.entry(what).or_default();
            if misses.len() < 12 {
                misses.push(miss());
            }
        }
    }

    pub(crate) fn rate(&self, what: &str) -> f64 {
        self.shares.get(what).map_or(1.0, |share| share.rate())
    }

    pub(crate) fn print(&self) {
        for (what, share) in &self.shares {
            println!("{what:32} {:8} of {:8}  {:.5}", share.right, share.of, share.rate());
        }
        for (what, misses) in &self.misses {
            for miss in misses {
                println!("MISS {what}: {miss}");
            }
        }
    }
}
