//! What is folded together, and in which order it is read.
//!
//! Files of one log follow each other in time, so that the bounds of their `revision` lie apart
//! and the newest file has the newest revisions. After a crash the same rows come again, also
//! into the tail, and two logs can write at one time: sources whose bounds touch are one step,
//! in which the rows themselves say which is the newest.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Date32Type, Int64Type};
use datafusion::common::Result;
use datafusion::common::cast::as_string_array;
use seam_schema::ids::Tenant;
use seam_store::{DataFile, StatValue};

use super::marks::{column, primitive};

/// All that is read for one table.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// One per tenant and day, the newest day first.
    pub(super) folds: Vec<Fold>,
    /// The files that [`Step::Alone`] names.
    pub(super) alone: Vec<Arc<DataFile>>,
    /// The files that [`Step::Mixed`] names.
    pub(super) mixed: Vec<Arc<DataFile>>,
}

/// The rows of one tenant and day.
#[derive(Debug)]
pub(super) struct Fold {
    /// Of two steps the first has the newer revisions of every id that is in both.
    pub(super) steps: Vec<Step>,
}

/// What is read at once.
#[derive(Debug)]
pub(super) enum Step {
    /// A file that holds each id once: its place in [`Order::alone`].
    Alone(usize),
    /// Rows whose revisions lie, or may lie, among each other.
    Mixed {
        /// Rows of the tail, oldest first.
        tail: Vec<TailRows>,
        /// Places in [`Order::mixed`].
        files: Vec<usize>,
    },
}

/// Some rows of a batch of the tail.
pub(super) struct TailRows {
    /// The batch, with every column of the table.
    pub(super) batch: Arc<RecordBatch>,
    /// Which rows, oldest first.
    pub(super) rows: Vec<u32>,
}

impl fmt::Debug for TailRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TailRows").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// The bounds of `revision` in a file or in the tail.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    oldest: i64,
    newest: i64,
}

impl Bounds {
    /// Of something that may hold any revision.
    const UNKNOWN: Self = Self { oldest: i64::MIN, newest: i64::MAX };
    /// Of nothing.
    const EMPTY: Self = Self { oldest: i64::MAX, newest: i64::MIN };

    fn of_file(file: &DataFile) -> Self {
        let stats = file.stats("revision").map(|stats| (&stats.min, &stats.max));
        match stats {
            Some((Some(StatValue::Int(oldest)), Some(StatValue::Int(newest)))) => {
                Self { oldest: *oldest, newest: *newest }
            }
            _ => Self::UNKNOWN,
        }
    }

    fn with(self, other: Self) -> Self {
        Self { oldest: self.oldest.min(other.oldest), newest: self.newest.max(other.newest) }
    }
}

enum Source {
    File(Arc<DataFile>),
    Tail(Vec<TailRows>),
}

/// The day, the newest first, and the tenant.
type Place = (Reverse<i32>, String);

impl Order {
    /// The order of these files, and of the rows of the tail that a tenant may see.
    pub(super) fn of(
        files: Vec<Arc<DataFile>>,
        tail: &[Arc<RecordBatch>],
        tenant: Option<&Tenant>,
    ) -> Result<Self> {
        let mut places: BTreeMap<Place, Vec<(Bounds, Source)>> = BTreeMap::new();
        for (place, (bounds, rows)) in split(tail, tenant)? {
            places.entry(place).or_default().push((bounds, Source::Tail(rows)));
        }
        for file in files {
            let place = (Reverse(file.day), file.tenant.clone());
            let bounds = Bounds::of_file(&file);
            places.entry(place).or_default().push((bounds, Source::File(file)));
        }
        let mut order = Self::default();
        for sources in places.into_values() {
            let steps = steps(sources).into_iter().map(|step| order.step(step)).collect();
            order.folds.push(Fold { steps });
        }
        Ok(order)
    }

    fn step(&mut self, mut sources: Vec<Source>) -> Step {
        // What Seam did not write may hold an id more than once.
        let is_alone = matches!(
            sources.as_slice(),
            [Source::File(file)] if file.log_id.is_some()
        );
        if is_alone && let Some(Source::File(file)) = sources.pop() {
            self.alone.push(file);
            return Step::Alone(self.alone.len() - 1);
        }
        let (mut tail, mut files) = (Vec::new(), Vec::new());
        for source in sources {
            match source {
                Source::Tail(rows) => tail.extend(rows),
                Source::File(file) => {
                    files.push(self.mixed.len());
                    self.mixed.push(file);
                }
            }
        }
        Step::Mixed { tail, files }
    }
}

/// Sources whose bounds touch together, the newest first.
fn steps(mut sources: Vec<(Bounds, Source)>) -> Vec<Vec<Source>> {
    sources.sort_by_key(|(bounds, _)| Reverse(bounds.newest));
    let mut steps: Vec<(i64, Vec<Source>)> = Vec::new();
    for (bounds, source) in sources {
        match steps.last_mut() {
            Some((oldest, step)) if bounds.newest >= *oldest => {
                *oldest = bounds.oldest.min(*oldest);
                step.push(source);
            }
            _ => steps.push((bounds.oldest, vec![source])),
        }
    }
    steps.into_iter().map(|(_, step)| step).collect()
}

/// The rows of the tail by tenant and day, those of other tenants left out.
fn split(
    tail: &[Arc<RecordBatch>],
    tenant: Option<&Tenant>,
) -> Result<BTreeMap<Place, (Bounds, Vec<TailRows>)>> {
    let mut places: BTreeMap<Place, (Bounds, Vec<TailRows>)> = BTreeMap::new();
    for batch in tail {
        let tenants = as_string_array(column(batch, "tenant")?)?;
        let days = primitive::<Date32Type>(batch, "day")?;
        let revisions = primitive::<Int64Type>(batch, "revision")?;
        let mut here: BTreeMap<(i32, &str), (Bounds, Vec<u32>)> = BTreeMap::new();
        let columns = tenants.iter().zip(days.values()).zip(revisions.values());
        for (row, ((owner, day), revision)) in (0_u32..).zip(columns) {
            let owner = owner.unwrap_or_default();
            if tenant.is_some_and(|tenant| tenant.as_str() != owner) {
                continue;
            }
            let (bounds, rows) = here.entry((*day, owner)).or_insert((Bounds::EMPTY, Vec::new()));
            *bounds = bounds.with(Bounds { oldest: *revision, newest: *revision });
            rows.push(row);
        }
        for ((day, owner), (bounds, rows)) in here {
            let place = (Reverse(day), owner.to_owned());
            let all = places.entry(place).or_insert((Bounds::EMPTY, Vec::new()));
            all.0 = all.0.with(bounds);
            all.1.push(TailRows { batch: Arc::clone(batch), rows });
        }
    }
    Ok(places)
}
