//! Which requests the tables remember: what the collector's window of repeats is rebuilt from.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Schema, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use seam_schema::ids::{Principal, ReceivedAt, RequestDigest, Tenant};
use seam_schema::table::Table;

use crate::error::ReadError;
use crate::read::FileRows;
use crate::snapshot::{DataFile, Snapshot, StatValue};

/// A request of which a table holds rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecentRequest {
    /// Whose it was.
    pub tenant: Tenant,
    /// Who sent it.
    pub principal: Principal,
    /// What it was.
    pub digest: RequestDigest,
    /// When its frame was received.
    pub received_at: ReceivedAt,
}

/// The columns that say so; the tenant is a partition.
const COLUMNS: [&str; 4] = ["event_id", "tenant", "principal", "received_at"];

/// The requests in the files of a snapshot received at `since_us` or later, each once.
pub(crate) async fn read(
    snapshot: &Snapshot,
    since_us: i64,
) -> Result<Vec<RecentRequest>, ReadError> {
    let mut found = HashSet::new();
    for table in [Table::Events, Table::Metrics] {
        let Some(files) = snapshot.table(table).map(|table| &table.files) else { continue };
        let schema = table.schema();
        let fields = schema.fields().iter();
        let fields = fields.filter(|field| COLUMNS.contains(&field.name().as_str())).cloned();
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        for file in files.iter().filter(|file| reaches(file, since_us)) {
            let mut rows = FileRows::open(snapshot.reader(), file, Arc::clone(&schema)).await?;
            while let Some(batch) = rows.next().await? {
                collect(&batch, since_us, &mut found);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether a file may hold rows that were received since.
fn reaches(file: &DataFile, since_us: i64) -> bool {
    let last = file.stats("received_at").and_then(|stats| stats.max.as_ref());
    !matches!(last, Some(StatValue::TimeUs(last)) if *last < since_us)
}

fn collect(batch: &RecordBatch, since_us: i64, found: &mut HashSet<RecentRequest>) {
    let text = |name| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let times = batch.column_by_name("received_at");
    let times = times.and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
    let (Some(ids), Some(tenants), Some(principals), Some(times)) =
        (text("event_id"), text("tenant"), text("principal"), times)
    else {
        return;
    };
    for row in
        (0..batch.num_rows()).filter(|row| times.is_valid(*row) && times.value(*row) >= since_us)
    {
        // What no request of ours can have made is nobody's repeat.
        let (Some(digest), Ok(tenant), Ok(principal)) = (
            RequestDigest::of_event_id(ids.value(row)),
            Tenant::new(tenants.value(row)),
            Principal::new(principals.value(row)),
        ) else {
            continue;
        };
        let received_at = ReceivedAt(times.value(row));
        found.insert(RecentRequest { tenant, principal, digest, received_at });
    }
}
