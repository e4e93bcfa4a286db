//! `--write`: what would change, given what stands there and what we wrote before.

use std::path::PathBuf;

use super::document::Format;
use super::error::ConnectError;
use super::files::{self, Present};
use super::merge::{self, Key, hash};
use super::plan::{Content, FilePlan, Plan};
use super::record::{Record, Written};
use super::request::{Agent, Places};
use super::step::{Changes, Step};
use super::undo;

/// Nobody but the owner may read a file with a secret in it.
const OTHERS: u32 = 0o077;

/// Works out the changes; makes none.
pub(crate) fn prepare(
    plan: &Plan,
    agent: Agent,
    places: &Places,
    force: bool,
) -> Result<Changes, ConnectError> {
    let record_path = places.record(agent);
    let record = Record::read(&record_path)?;
    let mut steps = Vec::new();
    let mut written = Vec::new();
    let mut notes = Vec::new();
    let mut paths = Vec::new();
    for file in &plan.files {
        let path = files::behind_link(&file.path, &places.home)?;
        let earlier = record.as_ref().and_then(|record| record.of(&path));
        let outcome = prepare_file(file, path.clone(), earlier, force)?;
        steps.extend(outcome.step);
        written.extend(outcome.written);
        paths.push(path);
    }
    // What an earlier run wrote and this one has no use for.
    for earlier in record.iter().flat_map(|record| &record.files) {
        if !paths.contains(&earlier.path) {
            let taken = undo::of_file(earlier)?;
            steps.extend(taken.step);
            notes.extend(taken.notes);
        }
    }
    let make = folders(&steps, &written, &record_path);
    let mut owned = record.map(|record| record.folders).unwrap_or_default();
    let fresh: Vec<PathBuf> =
        make.iter().filter(|folder| !owned.contains(folder)).cloned().collect();
    owned.extend(fresh);
    let record = (!written.is_empty()).then(|| Record::new(written, owned));
    Ok(Changes { steps, record: (record_path, record), make, unmake: Vec::new(), notes })
}

fn folders(steps: &[Step], written: &[Written], record: &std::path::Path) -> Vec<PathBuf> {
    let files = steps.iter().filter(|step| step.after.is_some()).map(|step| step.path.as_path());
    let record = (!written.is_empty()).then_some(record);
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in files.chain(record).flat_map(files::missing_folders) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// What becomes of one file.
struct Outcome {
    step: Option<Step>,
    written: Option<Written>,
}

/// What the file held before us, as far as we can tell.
struct Base {
    original: Option<String>,
    mode: Option<u32>,
}

fn prepare_file(
    file: &FilePlan,
    path: PathBuf,
    earlier: Option<&Written>,
    force: bool,
) -> Result<Outcome, ConnectError> {
    let present = files::read(&path)?;
    if let (Some(earlier), Some(present)) = (earlier, &present)
        && stands(file, earlier, &present.text)?
    {
        return Ok(Outcome { step: None, written: Some(earlier.clone()) });
    }
    let base = base(earlier, present.as_ref())?;
    let (text, format, keys) = wanted(file, &base, force)?;
    let mode = mode(file, &base);
    let after = Present { text, mode };
    if base.original.as_ref() == Some(&after.text) && earlier.is_none() {
        // Everything stood there already, and so nothing is ours.
        return Ok(Outcome { step: None, written: None });
    }
    let written = Written {
        path: path.clone(),
        original: base.original,
        mode: base.mode,
        hash: hash(&after.text),
        format,
        keys,
    };
    let step = (present.as_ref() != Some(&after)).then_some(Step {
        path,
        before: present,
        after: Some(after),
    });
    Ok(Outcome { step, written: Some(written) })
}

/// Whether all that is wanted stands there, and no key of ours besides.
fn stands(file: &FilePlan, earlier: &Written, text: &str) -> Result<bool, ConnectError> {
    match &file.content {
        Content::Program(program) => Ok(program == text),
        Content::Settings(format, settings) => {
            let wanted =
                |key: &Key| settings.iter().any(|setting| setting.path.iter().eq(key.path.iter()));
            // A conflict is a difference; it is judged later, without our own keys in the way.
            let same = merge::apply(&file.path, *format, text, settings, true)?.keys.is_empty();
            Ok(same && earlier.keys.iter().all(wanted))
        }
    }
}

/// What the file would hold had we not written to it.
fn base(earlier: Option<&Written>, present: Option<&Present>) -> Result<Base, ConnectError> {
    let Some(earlier) = earlier else {
        return Ok(Base {
            original: present.map(|present| present.text.clone()),
            mode: present.map(|present| present.mode),
        });
    };
    let original = match present {
        None => None,
        Some(present) => undo::without_us(earlier, &present.text)?.text,
    };
    Ok(Base { original, mode: earlier.mode })
}

/// The text that the file is to hold, and which keys of it are ours.
fn wanted(
    file: &FilePlan,
    base: &Base,
    force: bool,
) -> Result<(String, Option<Format>, Vec<Key>), ConnectError> {
    match &file.content {
        Content::Settings(format, settings) => {
            let text = base.original.as_deref().unwrap_or_default();
            let merged = merge::apply(&file.path, *format, text, settings, force)?;
            Ok((merged.text, Some(*format), merged.keys))
        }
        Content::Program(program) => {
            let other = base.original.as_ref().is_some_and(|there| there != program);
            if other && !force {
                let keys = vec!["the whole file".to_owned()];
                return Err(ConnectError::Conflict { path: file.path.clone(), keys });
            }
            Ok((program.clone(), None, Vec::new()))
        }
    }
}

/// The mode it had; a new file is its owner's alone, and so is one with a secret in it.
fn mode(file: &FilePlan, base: &Base) -> u32 {
    let fresh = if matches!(file.content, Content::Program(_)) { 0o700 } else { 0o600 };
    let mode = base.mode.unwrap_or(fresh);
    if file.secret { mode & !OTHERS } else { mode }
}
