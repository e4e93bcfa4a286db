//! Zeros on the disk, in steps.

use std::io;

use seam_disk::DiskFile;

use crate::format::index;

/// Zeros are written and synced in steps of this size, so that the log's own
/// syncs do not wait behind a whole segment.
const STEP_BYTES: u64 = 4 * 1024 * 1024;

/// Makes the file's blocks exist, so that later writes only replace bytes.
pub(crate) fn fill_with_zeros(file: &dyn DiskFile, bytes: u64) -> io::Result<()> {
    let zeros = vec![0; index(STEP_BYTES.min(bytes))];
    let mut offset = 0;
    while offset < bytes {
        let step = STEP_BYTES.min(bytes - offset);
        file.write_all_at(&zeros[..index(step)], offset)?;
        file.sync_data()?;
        offset += step;
    }
    Ok(())
}

/// Overwrites the next step of `from..to` with zeros and syncs it; what is
/// zero already is left as it is. Returns where the step ends.
pub(crate) fn zero_step(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<u64> {
    let end = to.min(from + STEP_BYTES);
    let mut bytes = vec![0; index(end - from)];
    file.read_exact_at(&mut bytes, from)?;
    if bytes.iter().any(|byte| *byte != 0) {
        bytes.fill(0);
        file.write_all_at(&bytes, from)?;
        file.sync_data()?;
    }
    Ok(end)
}
