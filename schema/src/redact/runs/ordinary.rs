//! What ids, digests and addresses begin with that are no secrets.

/// In order.
const ORDINARY: &[&str] = &[
    "account",
    "acct",
    "agent",
    "ami",
    "asset",
    "asst",
    "batch",
    "batchreq",
    "blake3",
    "blob",
    "build",
    "bundle",
    "cache",
    "call",
    "ch",
    "chatcmpl",
    "chunk",
    "ci",
    "claude",
    "cmpl",
    "codex",
    "commit",
    "container",
    "conv",
    "conversation",
    "ctx",
    "cu",
    "cus",
    "device",
    "digest",
    "eni",
    "ent",
    "etag",
    "event",
    "evt",
    "evtx",
    "exec",
    "fc",
    "file",
    "fingerprint",
    "fp",
    "gen",
    "guid",
    "h1",
    "hash",
    "i",
    "id",
    "ids",
    "ig",
    "image",
    "img",
    "in",
    "index",
    "install",
    "installation",
    "item",
    "job",
    "lib",
    "libs",
    "log",
    "main",
    "mcp",
    "mcpl",
    "mcpr",
    "md5",
    "message",
    "msg",
    "msgs",
    "node",
    "org",
    "page",
    "per",
    "pi",
    "pod",
    "price",
    "prod",
    "proj",
    "project",
    "prompt",
    "prt",
    "pty",
    "que",
    "report",
    "req",
    "request",
    "resp",
    "response",
    "rev",
    "rollout",
    "rs",
    "run",
    "ses",
    "sess",
    "session",
    "sg",
    "sha",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "snap",
    "span",
    "srvtoolu",
    "step",
    "sub",
    "subnet",
    "task",
    "temp",
    "thread",
    "tmp",
    "tool",
    "toolu",
    "trace",
    "tree",
    "turn",
    "user",
    "usr",
    "uuid",
    "vendor",
    "vm",
    "vol",
    "vpc",
    "vs",
    "wf",
    "workspace",
    "worktree",
    "wrk",
    "ws",
];

/// Those of them that say so before `_` alone: ids of services have it, few other things do.
const BEFORE_UNDERSCORE: &[&[u8]] =
    &[b"ch", b"cu", b"fc", b"fp", b"ig", b"pi", b"rs", b"vs", b"wf", b"ws"];

/// None of them is longer.
const MOST: usize = 16;

/// Whether the piece is one that ids begin with, given what stands between it and the rest.
pub(crate) fn is_ordinary(piece: &[u8], separator: u8) -> bool {
    let mut lower = [0; MOST];
    let Some(lower) = lower.get_mut(..piece.len()) else { return false };
    lower.copy_from_slice(piece);
    lower.make_ascii_lowercase();
    if separator != b'_' && BEFORE_UNDERSCORE.contains(&&*lower) {
        return false;
    }
    ORDINARY.binary_search_by(|word| word.as_bytes().cmp(lower)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{MOST, ORDINARY, is_ordinary};

    /// They are searched by halves.
    #[test]
    fn are_in_order_and_found() {
        assert!(ORDINARY.is_sorted());
        for word in ORDINARY {
            assert!(
                word.len() <= MOST && is_ordinary(word.to_uppercase().as_bytes(), b'_'),
                "{word}"
            );
        }
        assert!(!is_ordinary(b"fc", b'-') && !is_ordinary(b"acme", b'_'));
    }
}
