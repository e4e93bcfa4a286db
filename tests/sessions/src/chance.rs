//! Chance with a seed: every draw is repeatable, and what the knobs let happen is counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How often a knob was asked, and how often it said yes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occurrence {
    /// How often the thing could have happened.
    pub asked: u64,
    /// How often it did.
    pub happened: u64,
}

/// A source of chance for one client.
#[derive(Debug)]
pub(crate) struct Chance {
    rng: fastrand::Rng,
    /// By the name of the knob.
    pub(crate) occurrences: BTreeMap<&'static str, Occurrence>,
}

impl Chance {
    /// The source of the `stream`th client of a plan.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        // Neighbouring seeds and streams must not give similar draws.
        let mixed = (seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15)).rotate_left(29);
        let mut rng = fastrand::Rng::with_seed(mixed);
        rng.u64(..);
        Self { rng, occurrences: BTreeMap::new() }
    }

    /// Whether the thing behind a knob happens; counted.
    pub(crate) fn happens(&mut self, knob: &'static str, probability: f64) -> bool {
        let happens = self.rng.f64() < probability;
        let count = self.occurrences.entry(knob).or_default();
        count.asked += 1;
        count.happened += u64::from(happens);
        happens
    }

    /// A plain coin that no knob turns.
    pub(crate) fn coin(&mut self, probability: f64) -> bool {
        self.rng.f64() < probability
    }

    /// A number between both ends, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.rng.i64(low..=high.max(low))
    }

    /// A number of milliseconds between both ends, in microseconds, never whole milliseconds.
    pub(crate) fn millis(&mut self, low: i64, high: i64) -> i64 {
        self.between(low * 1000, high * 1000) | 1
    }

    /// One of several.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.rng.usize(..from.len())]
    }

    /// An index into something of this length.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.rng.usize(..length)
    }

    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// Lowercase hex digits.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits);
        while text.len() < digits {
            let _infallible = write!(text, "{:016x}", self.rng.u64(..));
        }
        text.truncate(digits);
        text
    }

    /// A random UUID (version 4).
    pub(crate) fn uuid(&mut self) -> String {
        let bytes = self.bytes::<16>();
        uuid(bytes, 0x40)
    }

    /// A UUID with a time in it (version 7), as Codex names its conversations and turns.
    pub(crate) fn uuid_at(&mut self, at_us: i64) -> String {
        let mut bytes = self.bytes::<16>();
        let millis = (at_us / 1000).to_be_bytes();
        bytes[..6].copy_from_slice(&millis[2..]);
        uuid(bytes, 0x70)
    }

    /// An id of a call, as models give them.
    pub(crate) fn call_id(&mut self, prefix: &str) -> String {
        let mut id = String::from(prefix);
        for _ in 0..22 {
            id.push(self.rng.alphanumeric());
        }
        id
    }
}

fn uuid(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = (bytes[6] & 0x0f) | version;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}
