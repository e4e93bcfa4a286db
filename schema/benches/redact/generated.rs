//! Records as the load generator draws them: Codex's five kinds, with prose, listings, messages of
//! compilers, hashes and encoded lumps in them.
//!
//! A copy, so that this bench does not hang on the crate of the generator.

use seam_schema::otlp::writer::Writer;

const WORDS: &[&str] = &[
    "the",
    "a",
    "to",
    "of",
    "and",
    "in",
    "is",
    "for",
    "with",
    "on",
    "that",
    "not",
    "from",
    "this",
    "test",
    "file",
    "error",
    "build",
    "module",
    "function",
    "result",
    "value",
    "branch",
    "commit",
    "merge",
    "review",
    "release",
    "version",
    "config",
    "server",
    "client",
    "request",
    "response",
    "token",
    "session",
    "timeout",
    "retry",
    "queue",
    "thread",
    "memory",
    "buffer",
    "index",
    "table",
    "column",
    "schema",
    "query",
    "cache",
    "parser",
    "lexer",
    "syntax",
    "type",
    "trait",
    "struct",
    "field",
    "method",
    "import",
    "package",
    "crate",
    "compile",
    "link",
    "debug",
    "trace",
    "warning",
    "failed",
    "passed",
    "skipped",
    "expected",
    "found",
    "missing",
    "unknown",
    "unused",
    "please",
    "check",
    "why",
    "change",
    "rename",
    "remove",
    "add",
    "update",
    "write",
    "read",
    "explain",
    "fix",
    "refactor",
    "split",
    "move",
    "documentation",
    "example",
    "deploy",
    "rollback",
    "database",
    "migration",
    "network",
    "socket",
    "address",
    "certificate",
    "permission",
    "denied",
    "allowed",
    "sandbox",
    "approval",
    "directory",
    "symlink",
    "checksum",
    "archive",
    "container",
];

const STEMS: &[&str] =
    &["main", "lib", "parser", "store", "index", "handler", "config", "model", "client", "types"];
const SUFFIXES: &[&str] = &["rs", "py", "ts", "md", "toml", "json", "go", "sql"];
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let scaled = (u128::from(self.next()) * limit as u128) >> 64;
        usize::try_from(scaled).unwrap()
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// As a person types.
fn prose(random: &mut Random, length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        text.push_str(random.pick(WORDS));
        text.push(if random.below(12) == 0 { '\n' } else { ' ' });
    }
    text.truncate(length);
    text
}

/// As commands print.
fn output(random: &mut Random, length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        let line = line(random);
        text.push_str(&line);
        text.push('\n');
    }
    text.truncate(length);
    text
}

fn line(random: &mut Random) -> String {
    match random.below(10) {
        0..3 => (0..4 + random.below(8)).map(|_| [random.pick(WORDS), " "].concat()).collect(),
        3 | 4 => {
            let (bytes, day, minute) =
                (random.below(90_000), 1 + random.below(28), random.below(60));
            format!("-rw-r--r-- 1 dev dev {bytes:>6} Nov {day:>2} 11:{minute:02} {}", path(random))
        }
        5 | 6 => {
            let (row, column, code) =
                (1 + random.below(900), 1 + random.below(90), random.below(800));
            format!("{}:{row}:{column}: error[E{code:04}]: {}", path(random), prose(random, 34))
        }
        7 => format!("{}  {}", hex(random, 40), path(random)),
        _ => (0..60).map(|_| char::from(random.pick(BASE64))).collect(),
    }
}

fn path(random: &mut Random) -> String {
    let (first, second) = (random.pick(WORDS), random.pick(WORDS));
    format!("{first}/{second}/{}.{}", random.pick(STEMS), random.pick(SUFFIXES))
}

fn hex(random: &mut Random, digits: usize) -> String {
    let mut text = String::new();
    while text.len() < digits {
        let digits = format!("{:016x}", random.next());
        text.push_str(&digits);
    }
    text.truncate(digits);
    text
}

fn uuid(random: &mut Random) -> String {
    let digits = hex(random, 28);
    format!("01a1f8a8-{}-7{}-8{}-{}", &digits[..4], &digits[4..7], &digits[7..10], &digits[10..22])
}

/// Records of a mean size, on the wire.
pub(crate) fn records(mean: usize, count: usize) -> Vec<Vec<u8>> {
    let mut random = Random::new(0x5ea3 ^ mean as u64);
    let session = (uuid(&mut random), hex(&mut random, 16));
    let mut owed = 0_isize;
    let mut records = Vec::new();
    for _ in 0..count {
        let (kind, result) = match random.below(100) {
            0..35 => ("codex.sse_event", 0),
            35..43 => ("codex.api_request", 0),
            43..64 => ("codex.tool_decision", 0),
            64..92 => ("codex.tool_result", 1),
            _ => ("codex.user_prompt", 2),
        };
        owed += mean.cast_signed();
        let pairs = pairs(&mut random, kind, mean >= 800, &session.0);
        let bare = encode(&pairs, mean >= 800, &mut random, session.1.as_bytes());
        let room = usize::try_from((owed - bare.len().cast_signed()).clamp(0, 16_384)).unwrap();
        let content = content(&mut random, result, room);
        let pairs: Vec<_> = pairs.into_iter().chain(content).collect();
        let record = encode(&pairs, mean >= 800, &mut random, session.1.as_bytes());
        owed -= record.len().cast_signed();
        records.push(record);
    }
    records
}

type Pair = (&'static str, String);

fn pairs(random: &mut Random, kind: &str, full: bool, session: &str) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = vec![("event.name", kind.to_owned())];
    let mut add = |key: &'static str, value: String| pairs.push((key, value));
    match kind {
        "codex.sse_event" => {
            add("event.kind", "response.output_item.done".to_owned());
            add("duration_ms", random.below(900).to_string());
        }
        "codex.api_request" => {
            add("duration_ms", random.below(9000).to_string());
            add("endpoint", "/responses".to_owned());
            if full {
                add("auth.header_name", "authorization".to_owned());
                add("auth.env_refresh_token_url_override_present", "false".to_owned());
                add("auth.request_id", format!("req_{}", hex(random, 32)));
            }
        }
        "codex.tool_decision" | "codex.tool_result" => {
            add("tool_name", "exec_command".to_owned());
            add("call_id", format!("call_{}", hex(random, 24)));
            add("source", "Config".to_owned());
            add("duration_ms", random.below(20_000).to_string());
        }
        _ => add("prompt_length", "2300".to_owned()),
    }
    add("event.timestamp", "2026-11-21T15:34:07.123Z".to_owned());
    add("conversation.id", session.to_owned());
    let common = [
        ("app.version", "0.169.0"),
        ("auth_mode", "Chatgpt"),
        ("originator", "codex_exec"),
        ("user.account_id", "acct-7d1f20c4"),
        ("user.email", "dev@example.org"),
        ("terminal.type", "xterm"),
        ("model", "gpt-5.4"),
        ("slug", "gpt-5.4"),
    ];
    for (key, value) in common.into_iter().filter(|_| full) {
        add(key, value.to_owned());
    }
    pairs
}

/// The attributes that fill a record up.
fn content(random: &mut Random, result: usize, room: usize) -> Vec<Pair> {
    let room = room / 2 + random.below(room + 1);
    match result {
        1 => {
            let path = path(random);
            let command = prose(random, (room / 4).saturating_sub(path.len() + 20));
            let arguments = serde_json::json!({ "cmd": format!("cat {path} {command}") });
            vec![("arguments", arguments.to_string()), ("output", output(random, room * 3 / 4))]
        }
        2 => vec![("prompt", prose(random, room))],
        _ => Vec::new(),
    }
}

fn encode(pairs: &[Pair], full: bool, random: &mut Random, trace: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.varint_field(2, 9);
    if full {
        out.bytes_field(3, b"INFO");
    }
    for (key, value) in pairs {
        out.message_field(6, |out| {
            out.bytes_field(1, key.as_bytes());
            out.message_field(2, |out| out.bytes_field(1, value.as_bytes()));
        });
    }
    out.fixed32_field(8, 1);
    out.bytes_field(9, trace);
    out.bytes_field(10, &random.next().to_le_bytes());
    out.fixed64_field(11, 1_770_000_000_000_000_000 + random.next() % 1_000_000);
    if full {
        out.bytes_field(12, b"event otel/src/events/session_telemetry.rs:1200");
    }
    out.into_bytes()
}

/// One request with the records.
pub(crate) fn request(records: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer::new();
    out.message_field(1, |out| {
        out.message_field(1, |out| {
            for (key, value) in [
                ("service.name", "codex_exec"),
                ("service.version", "0.169.0"),
                ("host.name", "build-host-01"),
                ("telemetry.sdk.name", "opentelemetry"),
            ] {
                out.message_field(1, |out| {
                    out.bytes_field(1, key.as_bytes());
                    out.message_field(2, |out| out.bytes_field(1, value.as_bytes()));
                });
            }
        });
        out.message_field(2, |out| {
            out.message_field(1, |out| out.bytes_field(1, b"codex_otel.log_only"));
            for record in records {
                out.bytes_field(2, record);
            }
        });
    });
    out.into_bytes()
}
