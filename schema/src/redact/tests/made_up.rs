//! Secrets nobody ever had, made at run time from a description of their format: no secret stands
//! in the source.
//!
//! A format is a text with holes: `{A36}` is 36 letters and digits, `{l}` small letters and digits,
//! `{U}` capitals and digits, `{c}` letters, `{h}` hex digits, `{H}` capital ones, `{d}` digits, `{u}` base64 for
//! URLs, `{b}` base64, `{g}` a UUID, `{p}` base64 of a name, a colon and a password. What stands between `«` and `»` is
//! the secret, else all of it.

/// Numbers that look random and are always the same (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % bound
    }

    fn of(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..count).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

/// A secret and the text it stands in.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub secret: String,
    pub text: String,
}

const SMALL: &str = "abcdefghijklmnopqrstuvwxyz";
const CAPITAL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Fills the holes of a format.
pub(crate) fn make(format: &str, dice: &mut Dice) -> Made {
    fill(format, &mut |sort, count| hole(sort, count, dice))
}

/// Fills the holes with `x`.
pub(crate) fn masked(format: &str) -> Made {
    fill(format, &mut |_, count| "x".repeat(count.max(8)))
}

/// Fills the holes with words.
pub(crate) fn worded(format: &str) -> Made {
    fill(format, &mut |_, _| "word".to_owned())
}

fn hole(sort: char, count: usize, dice: &mut Dice) -> String {
    match sort {
        'A' => dice.of(&[SMALL, CAPITAL, DIGITS].concat(), count),
        'l' => dice.of(&[SMALL, DIGITS].concat(), count),
        'U' => dice.of(&[CAPITAL, DIGITS].concat(), count),
        'c' => dice.of(&[SMALL, CAPITAL].concat(), count),
        'h' => dice.of("0123456789abcdef", count),
        'H' => dice.of("0123456789ABCDEF", count),
        'd' => dice.of(DIGITS, count),
        'u' => dice.of(&[SMALL, CAPITAL, DIGITS, "-_"].concat(), count - 1) + &dice.of(SMALL, 1),
        'b' => dice.of(&[SMALL, CAPITAL, DIGITS, "+/"].concat(), count),
        'g' => [8, 4, 4, 4, 12].map(|count| dice.of("0123456789abcdef", count)).join("-"),
        'p' => {
            let pair = format!("user:{}", dice.of(&[SMALL, CAPITAL, DIGITS].concat(), count));
            let mut text = String::new();
            crate::otlp::base64::encode(pair.as_bytes(), &mut text);
            text
        }
        other => unreachable!("a hole of the sort {other}"),
    }
}

fn fill(format: &str, hole: &mut dyn FnMut(char, usize) -> String) -> Made {
    let mut text = String::new();
    let mut rest = format;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}').unwrap_or(0);
        let inner = &rest[open + 1..close.max(open + 1)];
        let sort = inner.chars().next().filter(|sort| "AlUchHdubgp".contains(*sort));
        let count = inner.get(1..).map(str::parse::<usize>);
        let (Some(sort), true) = (sort, inner == "g" || matches!(count, Some(Ok(_)))) else {
            text.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            continue;
        };
        text.push_str(&rest[..open]);
        text.push_str(&hole(sort, count.and_then(Result::ok).unwrap_or(0)));
        rest = &rest[close + 1..];
    }
    text.push_str(rest);
    let secret = match (text.find('«'), text.find('»')) {
        (Some(open), Some(close)) => text[open + '«'.len_utf8()..close].to_owned(),
        _ => text.clone(),
    };
    Made { secret, text: text.replace(['«', '»'], "") }
}
