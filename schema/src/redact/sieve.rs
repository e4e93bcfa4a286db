//! The pre-filter: whether any keyword stands in some bytes, at a fraction of a nanosecond a byte.
//!
//! An Aho-Corasick automaton takes one dependent step per byte, which is more than the budget of a
//! record. This looks at four bytes at a time, at every second place, in a bitmap of all that a
//! keyword may show there; the loads do not wait for one another. Of a longer keyword those bytes
//! are looked for that are rarest in ordinary text: of `client-key` the middle. What passes the
//! bitmap is compared with the keywords themselves. Letters count without their case.

mod value;

use super::rule::Tail;

/// The bitmap has two to the power of this many words of 64 bits: 64 KiB.
const WORDS: u32 = 13;
/// The keywords stand in two to the power of this many buckets.
const BUCKETS: u32 = 14;
/// Sets the bit that tells small letters from capitals, in each of four bytes.
const FOLD: u32 = 0x2020_2020;

/// A set of keywords, ready to look for.
#[derive(Debug)]
pub(crate) struct Sieve {
    bits: Vec<u64>,
    keywords: Vec<Keyword>,
    /// Where each bucket of `entries` begins; one more at the end.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

/// A text to look for.
#[derive(Debug)]
struct Keyword {
    text: Box<[u8]>,
    tail: Tail,
    /// Its place among those that were given.
    given: usize,
}

/// Four bytes that a keyword may show.
#[derive(Debug, Clone, Copy)]
struct Entry {
    gram: u32,
    keyword: u16,
    /// Where in the keyword they begin; one before it at the least.
    offset: i16,
}

impl Sieve {
    /// A sieve for keywords in small letters, of four bytes or more; three with [`Tail::Token`]
    /// or [`Tail::Url`].
    pub(crate) fn new(keywords: &[(Vec<u8>, Tail)]) -> Self {
        let mut entries = Vec::new();
        let mut kept: Vec<Keyword> = Vec::new();
        for (given, (text, tail)) in keywords.iter().enumerate() {
            let variants = if *tail == Tail::Url && text.as_slice() == b"://" {
                schemes()
            } else {
                vec![text.clone()]
            };
            for text in variants {
                let keyword = u16::try_from(kept.len()).unwrap_or(u16::MAX);
                // Of three bytes two and any two behind them are too common, so the odd place
                // shows them with any one before.
                let rarest = if text.len() < 4 { -1 } else { rarest(&text) };
                for offset in [rarest, rarest + 1] {
                    let mut grams = Vec::new();
                    expand(&text, offset, *tail, &mut grams);
                    entries.extend(grams.into_iter().map(|gram| Entry { gram, keyword, offset }));
                }
                kept.push(Keyword { text: text.into(), tail: *tail, given });
            }
        }
        entries.sort_unstable_by_key(|entry| (bucket(entry.gram), entry.gram, entry.keyword));
        entries.dedup_by_key(|entry| (entry.gram, entry.keyword, entry.offset));
        let mut bits = vec![0_u64; 1 << WORDS];
        let mut starts = vec![0_u32; (1 << BUCKETS) + 1];
        for entry in &entries {
            let (word, first, second) = place(entry.gram);
            if let Some(word) = bits.get_mut(word) {
                *word |= 1 << first | 1 << second;
            }
            if let Some(count) = starts.get_mut(bucket(entry.gram) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self { bits, keywords: kept, starts, entries }
    }

    /// Whether a keyword stands in the bytes, with what must follow it.
    pub(crate) fn hit(&self, bytes: &[u8]) -> bool {
        self.each(bytes, &mut |_, _| true)
    }

    /// Hands over every keyword in the bytes that has behind it what must follow, by its place
    /// among those that were given, and where it begins, until `each` says to stop; whether it did.
    pub(crate) fn each(&self, bytes: &[u8], each: &mut impl FnMut(usize, usize) -> bool) -> bool {
        let Some(bits) = self.bits.first_chunk::<{ 1 << WORDS }>() else { return false };
        // The low bit says whether the bitmap has these four bytes.
        let passes = |gram: u32| {
            let (word, first, second) = place(gram);
            let word = bits[word & ((1 << WORDS) - 1)];
            (word >> first) & (word >> second)
        };
        let mut at = 0;
        // Four places at a time; eight bytes and two more are seen.
        while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk::<10>()) {
            let [low @ .., _, _] = *window;
            let [_, _, _, _, _, _, last @ ..] = *window;
            let low = u64::from_le_bytes(low) | (u64::from(FOLD) << 32 | u64::from(FOLD));
            #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
            let grams = [
                low as u32,
                (low >> 16) as u32,
                (low >> 32) as u32,
                u32::from_le_bytes(last) | FOLD,
            ];
            let found = grams.map(passes);
            if (found[0] | found[1] | found[2] | found[3]) & 1 != 0 {
                for (index, (gram, found)) in grams.into_iter().zip(found).enumerate() {
                    if found & 1 != 0 && self.confirm(bytes, at + 2 * index, gram, each) {
                        return true;
                    }
                }
            }
            at += 8;
        }
        while at + 3 <= bytes.len() {
            let byte = |index: usize| bytes.get(at + index).copied().unwrap_or(0);
            let gram = u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]) | FOLD;
            if passes(gram) & 1 != 0 && self.confirm(bytes, at, gram, each) {
                return true;
            }
            at += 2;
        }
        false
    }

    /// Compares the keywords that show these four bytes.
    fn confirm(
        &self,
        bytes: &[u8],
        at: usize,
        gram: u32,
        each: &mut impl FnMut(usize, usize) -> bool,
    ) -> bool {
        let bucket = bucket(gram);
        let bound = |index: usize| self.starts.get(index).map_or(0, |start| *start as usize);
        let entries = self.entries.get(bound(bucket)..bound(bucket + 1)).unwrap_or_default();
        entries.iter().filter(|entry| entry.gram == gram).any(|entry| {
            let Some(start) = at.checked_add_signed(-isize::from(entry.offset)) else {
                return false;
            };
            let Some(keyword) = self.keywords.get(usize::from(entry.keyword)) else {
                return false;
            };
            let end = start + keyword.text.len();
            bytes.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(&keyword.text))
                && follows(keyword.tail, bytes, end)
                && each(keyword.given, start)
        })
    }
}

/// The word of the bitmap, and the two bits in it, that stand for four bytes.
#[inline]
const fn place(gram: u32) -> (usize, u32, u32) {
    let hash = (gram as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((hash >> (64 - WORDS)) as usize, (hash >> 45) as u32 & 63, (hash >> 39) as u32 & 63)
}

const fn bucket(gram: u32) -> usize {
    (gram.wrapping_mul(0x85eb_ca6b) >> (32 - BUCKETS)) as usize
}

/// Parts of keywords that stand in ordinary words.
const COMMON: &[&[u8; 4]] = &[
    b"auth", b"pass", b"user", b"sess", b"essi", b"ssio", b"cert", b"code", b"serv", b"data",
    b"conn", b"oken", b"toke", b"andb", b"acce", b"cces", b"cess", b"clie", b"lien", b"priv",
    b"publ", b"stor", b"http", b"ings", b"tion", b"port", b"post", b"mark", b"pers", b"mode",
    b"name", b"test", b"line", b"file", b"type", b"sign", b"shar", b"team", b"link", b"read",
    b"mach", b"hine", b"logi", b"ogin",
];

/// Where in a keyword the five bytes begin that are rarest in ordinary text.
fn rarest(keyword: &[u8]) -> i16 {
    let common = |part: &[u8]| {
        let words = part.windows(4).filter(|four| COMMON.iter().any(|common| common == four));
        part.iter().map(|byte| commonness(*byte)).sum::<u32>() + words.map(|_| 1000).sum::<u32>()
    };
    let parts = keyword.windows(5).enumerate();
    let rarest = parts.min_by_key(|(_, part)| common(part)).map_or(0, |(at, _)| at);
    i16::try_from(rarest).unwrap_or(0)
}

/// How common a byte is in text, in rough thousandths.
const fn commonness(byte: u8) -> u32 {
    match byte {
        b'e' => 102,
        b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' | b' ' => 65,
        b'h' | b'l' | b'd' | b'c' | b'u' | b'm' => 33,
        b'a'..=b'z' => 16,
        b'/' | b'.' | b'"' | b':' => 12,
        _ => 4,
    }
}

/// `://` after each character that a scheme may end in: three bytes alone are too common.
fn schemes() -> Vec<Vec<u8>> {
    (b'a'..=b'z').chain(b'0'..=b'9').map(|last| vec![last, b':', b'/', b'/']).collect()
}

/// Every four bytes, folded, that may stand at `offset` of a keyword and its tail.
fn expand(keyword: &[u8], offset: i16, tail: Tail, grams: &mut Vec<u32>) {
    let mut open = vec![Vec::new()];
    for index in offset..offset + 4 {
        let index = usize::try_from(index).ok();
        let choices: Vec<u8> = match index.map(|index| (index, keyword.get(index))) {
            None => (0..=u8::MAX).collect(),
            Some((_, Some(byte))) => vec![*byte],
            Some((index, None)) => {
                (0..=u8::MAX).filter(|byte| may_follow(tail, keyword, index, *byte)).collect()
            }
        };
        let mut folded: Vec<u8> = choices.into_iter().map(|byte| byte | 0x20).collect();
        folded.sort_unstable();
        folded.dedup();
        open = open
            .into_iter()
            .flat_map(|begun: Vec<u8>| {
                folded.iter().map(move |byte| [begun.as_slice(), &[*byte]].concat())
            })
            .collect();
    }
    let gram = |bytes: Vec<u8>| bytes.try_into().ok().map(u32::from_le_bytes);
    grams.extend(open.into_iter().filter_map(gram));
}

/// Whether a byte may stand at `index`, after a keyword that ends earlier.
fn may_follow(tail: Tail, keyword: &[u8], index: usize, byte: u8) -> bool {
    match tail {
        Tail::Any | Tail::Header => true,
        Tail::WordEnd | Tail::Value => {
            index > keyword.len()
                || keyword.last().is_some_and(|last| !is_word(*last))
                || !is_word(byte)
        }
        Tail::Token(_) => is_token(byte),
        Tail::Url => byte > b' ',
    }
}

/// Whether what must follow a keyword follows at `end`.
pub(crate) fn follows(tail: Tail, bytes: &[u8], end: usize) -> bool {
    let rest = bytes.get(end..).unwrap_or_default();
    match tail {
        Tail::Any => true,
        Tail::WordEnd => {
            let word = |byte: Option<&u8>| byte.is_some_and(|byte| is_word(*byte));
            !word(rest.first()) || !word(end.checked_sub(1).and_then(|last| bytes.get(last)))
        }
        Tail::Header => value::follows_header(rest),
        Tail::Value => follows(Tail::WordEnd, bytes, end) && value::follows(rest),
        Tail::Token(least) => {
            rest.len() >= usize::from(least)
                && rest.iter().take(usize::from(least)).all(|byte| is_token(*byte))
        }
        Tail::Url => {
            let authority = rest.iter().take(512).take_while(|byte| {
                **byte > b' '
                    && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`')
            });
            authority.into_iter().any(|byte| *byte == b'@')
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What a token may consist of, encoded or not.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'_' | b'-'
                | b'.'
                | b'+'
                | b'/'
                | b'='
                | b'%'
                | b'\\'
                | b':'
                | b'~'
                | b'$'
                | b'@'
                | b'|'
                | b'!'
                | b'*'
        )
}

/// Whether the bytes hold percent-encoding, or a JSON escape, that may hide a keyword.
pub(crate) fn hides_something(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'%', bytes).any(|at| {
        matches!(bytes.get(at + 1..at + 3), Some([b'2'..=b'7', low]) if low.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use proptest::prelude::*;

    use super::{Sieve, follows};
    use crate::redact::rule::Tail;

    fn keywords() -> Vec<(Vec<u8>, Tail)> {
        [
            ("ghp_", Tail::Token(10)),
            ("token", Tail::WordEnd),
            ("password", Tail::Any),
            ("-us1", Tail::Any),
            ("sg.", Tail::Token(12)),
            ("://", Tail::Url),
        ]
        .map(|(text, tail)| (text.as_bytes().to_vec(), tail))
        .to_vec()
    }

    /// What a plain search says.
    fn plain(bytes: &[u8]) -> bool {
        keywords().iter().any(|(text, tail)| {
            (0..bytes.len()).any(|at| {
                let end = at + text.len();
                let scheme = *tail != Tail::Url
                    || at.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_alphanumeric());
                scheme
                    && bytes.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(text))
                    && follows(*tail, bytes, end)
            })
        })
    }

    proptest! {
        /// The sieve says what a plain search says, wherever the keyword stands.
        #[test]
        fn agrees_with_a_plain_search(
            before in "[ -~]{0,12}",
            word in "(ghp_|GHP_|token|Token|input_token_|password|-us1|SG\\.|https://|x)",
            after in "([a-zA-Z0-9]{0,24}|:[a-z]{1,4}@host|a:b@c/| [ -~]{0,8})",
        ) {
            let sieve = Sieve::new(&keywords());
            let text = [before, word, after].concat();
            prop_assert_eq!(sieve.hit(text.as_bytes()), plain(text.as_bytes()), "{}", text);
        }
    }
}
