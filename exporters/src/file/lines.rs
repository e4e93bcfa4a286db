//! What stands at the end of the files: where the last whole line ends, and which lines there are.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// So much of the files' end is read back: more than what may have been written and not yet noted
/// in the cursor.
pub(super) const READ_BACK_BYTES: u64 = 192 << 20;
const PIECE_BYTES: usize = 1 << 20;

/// The lines that are known, by their hash.
#[derive(Debug, Default)]
pub(super) struct Known(HashSet<[u8; 16]>);

impl Known {
    /// Whether a line is there; from now on it is.
    pub(super) fn is_there(&mut self, line: &[u8]) -> bool {
        !self.0.insert(hash(line))
    }
}

fn hash(line: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(blake3::hash(line).as_bytes()) {
        *to = *from;
    }
    short
}

/// Reads the lines of a file's last `bytes` bytes, a line that begins before them left out; gives
/// the length of the file up to the end of its last whole line.
pub(super) fn read(file: &File, bytes: u64, known: &mut Known) -> io::Result<u64> {
    let len = file.metadata()?.len();
    let from = len.saturating_sub(bytes);
    let mut whole = if from == 0 { 0 } else { from };
    let mut is_begun = from == 0;
    let mut line: Vec<u8> = Vec::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut at = from;
    while at < len {
        let read = file.read_at(&mut piece, at)?;
        if read == 0 {
            break;
        }
        let mut rest = piece.get(..read).unwrap_or_default();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            line.extend_from_slice(rest.get(..end).unwrap_or_default());
            rest = rest.get(end + 1..).unwrap_or_default();
            if is_begun {
                let _ = known.is_there(&line);
            }
            is_begun = true;
            line.clear();
            whole = at + (read - rest.len()) as u64;
        }
        line.extend_from_slice(rest);
        at += read as u64;
    }
    Ok(whole)
}
