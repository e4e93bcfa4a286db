//! The form that administrators roll out.

use std::path::Path;

use super::document::Format;
use super::error::ConnectError;
use super::merge;
use super::secret::{MASK, masked};
use super::setting::{Setting, Wish};

/// A file for a whole fleet, and where it goes.
#[derive(Debug)]
pub(crate) struct Managed {
    pub(crate) format: Format,
    pub(crate) settings: Vec<Setting>,
    /// A line for each system.
    pub(crate) places: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl Managed {
    /// The document alone, so that it can go into a file; a token is not in it.
    pub(crate) fn document(&self) -> Result<String, ConnectError> {
        // A key that must be absent says nothing in a file that is new.
        let settings: Vec<Setting> =
            self.settings.iter().filter(|setting| setting.wish != Wish::Absent).cloned().collect();
        let merged =
            merge::apply(Path::new("the managed file"), self.format, "", &settings, false)?;
        Ok(masked(&merged.text))
    }

    /// What to do with it, for people.
    pub(crate) fn explanation(&self, document: &str) -> String {
        let places = self.places.iter().map(|place| format!("  {place}\n"));
        let notes = self.notes.iter().map(|note| format!("{note}\n"));
        let hidden = document
            .contains(MASK)
            .then(|| format!("The token is not shown: put it where {MASK} stands.\n"));
        std::iter::once("This goes to:\n".to_owned())
            .chain(places)
            .chain(hidden)
            .chain(notes)
            .collect()
    }
}
