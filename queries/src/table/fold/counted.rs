//! What is known of ids, counted against the memory that all statements share.

use std::collections::HashMap;

use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use seam_schema::derived::Id;

/// Something about each of many ids.
#[derive(Debug)]
pub(super) struct Counted<V> {
    ids: HashMap<Id, V>,
    memory: MemoryReservation,
}

impl<V> Counted<V> {
    /// Knows of no id.
    pub(super) fn new(context: &TaskContext) -> Self {
        let memory = MemoryConsumer::new("FoldExec").register(context.memory_pool());
        Self { ids: HashMap::new(), memory }
    }

    /// Makes room for so many more ids; fails where the memory is used up.
    pub(super) fn reserve(&mut self, more: usize) -> Result<()> {
        let needed = self.ids.len().saturating_add(more);
        if needed <= self.ids.capacity() {
            return Ok(());
        }
        // A hash map is never fuller than seven eighths, and beside each entry stands one byte.
        let slots = (needed.saturating_mul(8) / 7).saturating_add(1).next_power_of_two();
        let bytes = slots.saturating_mul(size_of::<(Id, V)>() + 1);
        // Old and new entries exist while they are moved.
        let before = self.memory.size();
        self.memory.try_grow(bytes)?;
        self.ids.reserve(more);
        self.memory.shrink(before);
        Ok(())
    }

    /// Whether an id is known.
    pub(super) fn contains(&self, id: &Id) -> bool {
        self.ids.contains_key(id)
    }

    /// What is known of an id.
    pub(super) fn get(&self, id: &Id) -> Option<&V> {
        self.ids.get(id)
    }

    /// Says something of an id, for which there is room; whether it was unknown.
    pub(super) fn insert(&mut self, id: Id, value: V) -> bool {
        self.ids.insert(id, value).is_none()
    }

    /// Forgets one id.
    pub(super) fn remove(&mut self, id: &Id) {
        self.ids.remove(id);
    }

    /// Forgets all ids and gives their memory back.
    pub(super) fn clear(&mut self) {
        self.ids = HashMap::new();
        self.memory.free();
    }
}
