//! What stage 2 needs of a stitcher.
//!
//! There is one, in `seam_schema::stitch`; the tests have another that is easy to foresee.

use arrow_array::RecordBatch;
use seam_schema::derived::sessions::SessionRow;
use seam_schema::ids::TraceId;
use seam_schema::stitch::{DerivedRows, Fact, Facts, HistoryKey, Moment, Name, Names, Stitcher};
use seam_schema::vocabulary::Agent;

/// Takes events, gives rows; see [`Stitcher`], whose methods these are.
pub(super) trait Stitch: Send + 'static {
    /// What it needs of an event.
    type Fact: Send + 'static;
    /// The columns of `events` from which that is read.
    const COLUMNS: &'static [&'static str];

    /// Reads the events of a batch.
    fn facts(batch: &RecordBatch) -> Vec<Self::Fact>;
    /// The same, so that they share texts with those that were read before.
    fn read(&mut self, batch: &RecordBatch) -> Vec<Self::Fact>;
    /// Says that a trace has earlier events that may be in no conversation yet.
    fn note_trace(&mut self, tenant: &str, principal: &str, trace: TraceId);
    /// Says what is known of a conversation from its row in `sessions`.
    fn note_known(&mut self, row: &SessionRow<'_>);
    /// Asks for conversations that are known and not held, before anything comes for them: what
    /// belongs to them is `missing` then.
    fn want(&mut self, sessions: &[HistoryKey]);
    fn missing(&mut self, facts: &[Self::Fact]) -> Vec<HistoryKey>;
    fn restore(&mut self, keys: &[HistoryKey], facts: Vec<Vec<Self::Fact>>);
    fn apply(&mut self, fact: Self::Fact);
    fn changed(&mut self, now: Moment, rows: &mut DerivedRows);
    /// Says that revisions of held rows came from elsewhere.
    fn forget_revisions(&mut self);
    fn is_unsettled(&self) -> bool;
    fn memory_bytes(&self) -> usize;
}

/// Where the events of a conversation are found, by its row in `sessions`.
pub(super) fn history_key(row: &SessionRow<'_>) -> HistoryKey {
    key(row, &row.session_id)
}

/// A conversation that no agent named is called after its first trace.
const NAMELESS: &str = "trace:";

fn key(row: &SessionRow<'_>, id: &str) -> HistoryKey {
    let id = as_sent(id);
    HistoryKey {
        tenant: Name::from(row.tenant.as_ref()),
        agent: row.agent.unwrap_or(Agent::Unknown),
        id: Name::from(id.strip_prefix(NAMELESS).unwrap_or(id)),
        trace: id.starts_with(NAMELESS),
    }
}

/// The id as the agent sent it: what another principal sent stands under `<id>~<8 hex digits>`.
fn as_sent(id: &str) -> &str {
    match id.rsplit_once('~') {
        Some((id, hash)) if hash.len() == 8 && hash.bytes().all(|c| c.is_ascii_hexdigit()) => id,
        _ => id,
    }
}

impl Stitch for Stitcher {
    type Fact = Fact;
    const COLUMNS: &'static [&'static str] = Facts::COLUMNS;

    fn facts(batch: &RecordBatch) -> Vec<Fact> {
        Facts::all(batch, &mut Names::default())
    }

    fn read(&mut self, batch: &RecordBatch) -> Vec<Fact> {
        Self::read(self, batch)
    }

    fn note_trace(&mut self, tenant: &str, principal: &str, trace: TraceId) {
        Self::note_trace(self, tenant, principal, trace);
    }

    fn note_known(&mut self, row: &SessionRow<'_>) {
        let root = row.root_session_id.as_ref().unwrap_or(&row.session_id);
        let joined_by = row.joined_by.iter().flat_map(|texts| &texts.0).map(AsRef::as_ref);
        let (own, root) = (history_key(row), key(row, root));
        Self::note_known(self, &own, &row.principal, &root, joined_by);
    }

    fn want(&mut self, sessions: &[HistoryKey]) {
        Self::want(self, sessions);
    }

    fn missing(&mut self, facts: &[Fact]) -> Vec<HistoryKey> {
        Self::missing(self, facts)
    }

    fn restore(&mut self, keys: &[HistoryKey], facts: Vec<Vec<Fact>>) {
        Self::restore(self, keys, facts);
    }

    fn apply(&mut self, fact: Fact) {
        Self::apply(self, fact);
    }

    fn changed(&mut self, now: Moment, rows: &mut DerivedRows) {
        Self::changed(self, now, rows);
    }

    fn forget_revisions(&mut self) {
        Self::forget_revisions(self);
    }

    fn is_unsettled(&self) -> bool {
        Self::is_unsettled(self)
    }

    fn memory_bytes(&self) -> usize {
        Self::memory_bytes(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands behind the last tilde is left out only if it is a principal's hash.
    #[test]
    fn the_id_as_sent_is_found() {
        assert_eq!(as_sent("abc"), "abc");
        assert_eq!(as_sent("abc~0123abcd"), "abc");
        assert_eq!(as_sent("a~b~0123abcd"), "a~b");
        assert_eq!(as_sent("a~nothexxx"), "a~nothexxx");
        assert_eq!(as_sent("a~0123"), "a~0123");
    }
}
