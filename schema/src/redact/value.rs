//! What a value looks like: random, a word, a placeholder, a piece of code.

/// The Shannon entropy of the bytes, in bits per byte.
pub(crate) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "values are short")]
    let length = bytes.len() as f64;
    let share = |count: u32| f64::from(count) / length;
    counts
        .into_iter()
        .filter(|count| *count > 0)
        .map(|count| -share(count) * share(count).log2())
        .sum()
}

/// How often each sort of character stands in a value.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mix {
    /// `a` to `z`.
    pub lower: usize,
    /// `A` to `Z`.
    pub upper: usize,
    /// `0` to `9`.
    pub digits: usize,
    /// Letters beyond `f`.
    pub beyond_hex: usize,
    /// Anything else.
    pub other: usize,
    /// How often a digit follows a letter, a letter a digit.
    pub turns: usize,
    /// How often a capital follows a small letter or a small letter two capitals.
    pub case_turns: usize,
}

/// Counts the sorts of characters. Without branches: in what looks random all would be wrong.
pub(crate) fn mix(bytes: &[u8]) -> Mix {
    let mut mix = Mix::default();
    let (mut letter_before, mut digit_before, mut lower_before) = (false, false, false);
    for byte in bytes {
        let (lower, upper, digit) =
            (byte.is_ascii_lowercase(), byte.is_ascii_uppercase(), byte.is_ascii_digit());
        let letter = lower | upper;
        mix.lower += usize::from(lower);
        mix.upper += usize::from(upper);
        mix.digits += usize::from(digit);
        mix.other += usize::from(!(letter | digit));
        let hex = byte.is_ascii_hexdigit();
        mix.beyond_hex += usize::from(letter ^ (letter & hex));
        let (to_digit, to_letter) = (digit & letter_before, letter & digit_before);
        mix.turns += usize::from(to_digit | to_letter);
        mix.case_turns += usize::from(upper & lower_before);
        (letter_before, digit_before, lower_before) = (letter, digit, lower);
    }
    mix
}

/// Whether the value is made of words, names and small numbers: an identifier, a sentence, a path.
pub(crate) fn wordy(value: &[u8]) -> bool {
    value.split(|byte| !byte.is_ascii_alphanumeric()).all(is_compound)
}

/// Whether letters and digits are words with small numbers behind them.
fn is_compound(mut rest: &[u8]) -> bool {
    if rest.len() >= 16 && consonants_in_a_row(rest) >= 5 {
        return false;
    }
    let (mut words, mut letters) = (0, 0);
    while !rest.is_empty() {
        let (word, after) = rest.split_at(word_length(rest));
        let number = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // A word ends in a small number; a number of its own has up to five digits, as a port.
        let most = match word.len() {
            0 => 5,
            1 | 2 => 1,
            _ => 3,
        };
        if number > most || (number > 0 && after.len() > number && word.len() < 3) {
            return false;
        }
        words += usize::from(!word.is_empty());
        letters += word.len();
        rest = after.get(number..).unwrap_or_default();
    }
    // Words of random letters are shorter than those of any language.
    words < 4 || letters >= 3 * words
}

/// The longest row of small consonants; words hardly have five.
fn consonants_in_a_row(letters: &[u8]) -> usize {
    let (mut longest, mut row) = (0, 0);
    for letter in letters {
        let small = letter.is_ascii_lowercase()
            && !matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
        row = if small { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    longest
}

/// How long the word at the start is: capitals, small letters, or a capital and small letters.
fn word_length(text: &[u8]) -> usize {
    let capitals = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let small = text.iter().skip(capitals).take_while(|byte| byte.is_ascii_lowercase()).count();
    match capitals {
        0 | 1 => capitals + small,
        _ if small == 0 => capitals,
        // The last capital begins the next word.
        _ => capitals - 1,
    }
}

/// Words that stand where a secret would.
const STAND_INS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "credential",
    "credentials",
    "bearer",
    "basic",
    "none",
    "null",
    "nil",
    "true",
    "false",
    "undefined",
    "empty",
    "unset",
    "default",
    "test",
    "testing",
    "example",
    "sample",
    "dummy",
    "fake",
    "demo",
    "foo",
    "bar",
    "baz",
    "string",
    "str",
    "text",
    "bytes",
    "bool",
    "boolean",
    "int",
    "integer",
    "number",
    "float",
    "object",
    "array",
    "any",
    "required",
    "optional",
    "hidden",
    "masked",
    "removed",
    "omitted",
    "missing",
    "invalid",
    "unknown",
    "disabled",
    "enabled",
    "stdin",
    "prompt",
    "file",
    "env",
    "environment",
    "value",
    "username",
    "user",
    "root",
    "admin",
    "mypass",
    "yourpassword",
    "password123",
    "user:password",
    "secretstr",
    "option",
    "self",
    "this",
    "input",
    "set",
    "not",
    "hunter",
    "auto",
    "random",
    "generate",
    "generated",
    "change",
    "changeit",
    "postgres",
    "mysql",
    "guest",
    "localhost",
];

/// Texts that a placeholder holds.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "redacted",
    "your_",
    "your-",
    "yourtoken",
    "yourkey",
    "yourapi",
    "replaceme",
    "replace_me",
    "replace-me",
    "replace_with",
    "insert_",
    "insert-",
    "****",
    "....",
    "xxxxx",
    "<your",
    "-here",
    "_here",
    "not-set",
    "not_set",
    "todo",
    "dummy",
    "_goes_",
    "-goes-",
    "enter_",
    "my-secret",
    "my_secret",
    "mysecret",
    "supersecret",
    "super-secret",
    "super_secret",
];

/// Whether nobody would lose anything by showing the value: empty, a mask, a reference to a
/// variable, a word that says that a secret would stand here.
pub(crate) fn placeholder(value: &[u8]) -> bool {
    let Some(first) = value.first() else { return true };
    if matches!(first, b'$' | b'<' | b'{' | b'%' | b'*' | b'[' | b'(' | b'@' | b'&')
        && !percent(value)
    {
        return true;
    }
    let mut distinct = [0_u64; 4];
    for byte in value {
        if let Some(word) = distinct.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }
    let distinct: u32 = distinct.iter().map(|word| word.count_ones()).sum();
    if distinct < 3 || (value.len() >= 12 && distinct < 5) {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    let holds = |text: &&str| memchr::memmem::find(&lower, text.as_bytes()).is_some();
    STAND_INS.iter().any(|word| word.as_bytes() == lower)
        || (value.len() < 64 && PLACEHOLDERS.iter().any(holds))
        || holds(&"${")
        || holds(&"{{")
        || holds(&"$(")
}

/// Whether the value begins with a percent-encoded byte.
fn percent(value: &[u8]) -> bool {
    matches!(value, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// Whether the value is random enough to be no word and no name, wherever it stands.
pub(crate) fn strong(value: &[u8]) -> bool {
    if value.len() < 8 || placeholder(value) {
        return false;
    }
    let mix = mix(value);
    let letters = mix.lower + mix.upper;
    let least = if value.len() < 16 { 2.5 } else { 2.9 };
    if entropy(value) < least {
        return false;
    }
    if mix.digits == 0 {
        // Letters alone: long, and of both cases in an order that no name has.
        return value.len() >= 16
            && mix.upper >= 3
            && mix.lower >= 3
            && entropy(value) >= 3.2
            && !wordy(value);
    }
    letters > 0 && !wordy(value)
}

/// Whether a token's body is random: for tokens that nothing around them explains.
pub(crate) fn random_body(body: &[u8]) -> bool {
    let mix = mix(body);
    let hex = mix.beyond_hex == 0 && (mix.upper == 0 || mix.lower == 0);
    if hex && mix.other == 0 {
        return body.len() >= 32
            && mix.digits >= 4
            && mix.lower + mix.upper >= 4
            && entropy(body) >= 3.0;
    }
    let turned = mix.turns >= 4
        || (mix.turns >= 2 && mix.case_turns >= 3)
        || (mix.digits > 0 && mix.case_turns >= 4);
    body.len() >= 20 && mix.digits >= 1 && turned && entropy(body) >= 3.4 && !wordy(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::{entropy, placeholder, strong, wordy};

    /// Entropy is that of Shannon.
    #[test]
    fn measures_entropy() {
        assert!(entropy(b"aaaa").abs() < 1e-9);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-9);
        assert!((entropy(b"aabb") - 1.0).abs() < 1e-9);
    }

    /// Names, sentences and references are no secrets.
    #[test]
    fn knows_words() {
        for text in
            ["inputTokens", "next_page2", "gpt-5.1", "HTTPServer2", "path/to/file_v2.rs", "a1"]
        {
            assert!(wordy(text.as_bytes()), "{text}");
        }
        for text in ["x7Kq9dLm2", "a1b2c3d4e5", "9f86d081884c7d65"] {
            assert!(!wordy(text.as_bytes()), "{text}");
        }
    }

    /// Masks and stand-ins are no secrets, random texts are.
    #[test]
    fn knows_placeholders() {
        for text in [
            "${SECRET}",
            "<REDACTED>",
            "[REDACTED]",
            "****",
            "changeme",
            "your-api-key-here",
            "xxxxxxxxxxxx",
            "$TOKEN",
        ] {
            assert!(placeholder(text.as_bytes()), "{text}");
            assert!(!strong(text.as_bytes()), "{text}");
        }
        assert!(strong(["x7Kq9dLm2", "Pq4Rt8Wz"].concat().as_bytes()));
    }
}
