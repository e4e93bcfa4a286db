//! Texts that stand in many facts, each held once.

use std::sync::Arc;

use super::detail::{Name, Origin};
use super::hash::FastSet;

/// So many texts are kept for facts to come; then the list begins anew. Facts keep theirs.
const TEXTS_MOST: usize = 1 << 16;
/// So many origins are.
const ORIGINS_MOST: usize = 1 << 12;

/// The texts of the facts that were read so far, or lately.
#[derive(Debug, Default)]
pub struct Names {
    texts: FastSet<Name>,
    origins: FastSet<Arc<Origin>>,
    /// Where the columns of the last batch stood.
    places: Vec<usize>,
}

impl Names {
    pub(super) fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.texts.get(text) {
            return Name::clone(name);
        }
        if self.texts.len() >= TEXTS_MOST {
            self.texts.clear();
        }
        let name = Name::from(text);
        self.texts.insert(Name::clone(&name));
        name
    }

    pub(super) fn origin(&mut self, origin: Origin) -> Arc<Origin> {
        if let Some(known) = self.origins.get(&origin) {
            return Arc::clone(known);
        }
        if self.origins.len() >= ORIGINS_MOST {
            self.origins.clear();
        }
        let origin = Arc::new(origin);
        self.origins.insert(Arc::clone(&origin));
        origin
    }

    /// The places of so many columns.
    pub(super) fn places(&mut self, columns: usize) -> std::slice::IterMut<'_, usize> {
        self.places.resize(columns, 0);
        self.places.iter_mut()
    }
}
