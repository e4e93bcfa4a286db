//! `--undo`: exactly what we wrote goes, and what it replaced comes back.

use super::error::ConnectError;
use super::files::{self, Present};
use super::merge::{self, hash};
use super::plan;
use super::record::{Record, Written};
use super::request::{Agent, Places};
use super::step::{Changes, Step};

/// Works out the changes; makes none.
pub(crate) fn prepare(agent: Agent, places: &Places) -> Result<Changes, ConnectError> {
    let path = places.record(agent);
    let Some(record) = Record::read(&path)? else {
        return Err(ConnectError::NothingToUndo(agent.name()));
    };
    let mut steps = Vec::new();
    let mut notes = Vec::new();
    for file in &record.files {
        let taken = of_file(file)?;
        steps.extend(taken.step);
        notes.extend(taken.notes);
    }
    let mut unmake = record.folders;
    unmake.reverse();
    // Another agent's run may have made these; they are ours by name, and go when they are empty.
    for folder in [Some(places.ours.as_path()), places.ours.parent()].into_iter().flatten() {
        if !unmake.iter().any(|there| there == folder) {
            let inside = unmake.iter().position(|there| folder.starts_with(there));
            unmake.insert(inside.unwrap_or(unmake.len()), folder.to_owned());
        }
    }
    Ok(Changes { steps, record: (path, None), make: Vec::new(), unmake, notes })
}

/// What taking one file back comes to.
pub(super) struct Taken {
    pub(super) step: Option<Step>,
    pub(super) notes: Vec<String>,
}

/// The change that takes our part out of one file.
pub(super) fn of_file(file: &Written) -> Result<Taken, ConnectError> {
    let Some(present) = files::read(&file.path)? else {
        let gone = file.original.is_some();
        let notes = gone.then(|| format!("{} is gone; it is left so", file.path.display()));
        return Ok(Taken { step: None, notes: notes.into_iter().collect() });
    };
    let Without { text, left } = without_us(file, &present.text)?;
    let mode = match file.mode {
        // Only the mode we gave it is taken back, not one that somebody gave it since.
        Some(before) if present.mode == before & 0o700 => before,
        _ => present.mode,
    };
    let notes = left
        .iter()
        .map(|what| format!("{}: {what} was changed since; it is left", file.path.display()))
        .collect();
    let after = text.map(|text| Present { text, mode });
    let step = (after.as_ref() != Some(&present)).then(|| Step {
        path: file.path.clone(),
        before: Some(present),
        after,
    });
    Ok(Taken { step, notes })
}

/// A text as it would be without us.
pub(super) struct Without {
    /// None: there would be no file.
    pub(super) text: Option<String>,
    /// What we wrote and somebody else changed since.
    pub(super) left: Vec<String>,
}

/// Byte for byte what was there, if nobody else wrote; else what is there without our keys.
pub(super) fn without_us(file: &Written, text: &str) -> Result<Without, ConnectError> {
    if hash(text) == file.hash {
        return Ok(Without { text: file.original.clone(), left: Vec::new() });
    }
    let Some(format) = file.format else {
        // A program that was changed is somebody else's now.
        let left = vec!["it".to_owned()];
        return Ok(Without { text: Some(text.to_owned()), left });
    };
    let original = file.original.as_deref().unwrap_or_default();
    let taken = merge::take_back(&file.path, format, text, original, &file.keys)?;
    let ours_alone = file.original.is_none() && plan::is_blank(format, &taken.text);
    Ok(Without { text: (!ours_alone).then_some(taken.text), left: taken.left })
}
