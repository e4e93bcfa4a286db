//! Files and a tail made by hand, in any order, and what a fold of them has to give.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
};
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ArrowWriter;
use seam_schema::derived::Id;
use seam_schema::derived::actions::{ActionRow, ActionsBuilder};
use seam_schema::ids::{LogId, Sequence, Tenant};
use seam_schema::table::Table;
use seam_schema::table::cell::Day;
use seam_schema::vocabulary::Outcome;
use seam_store::{ColumnStats, DataFile, StatValue, TableSnapshot};

use crate::catalog::{CATALOG, SCHEMA, Tables};
use crate::session::Sessions;
use crate::table::files::PARTITIONS;
use crate::table::{FoldedTable, SnapshotTable};

/// A revision of an action. Rows of one revision are equal: all else follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rev {
    pub(super) id: u32,
    pub(super) revision: i64,
    pub(super) sequence: i64,
    pub(super) index: i64,
}

impl Rev {
    pub(super) fn new(id: u32, revision: i64) -> Self {
        Self { id, revision, sequence: 0, index: 0 }
    }

    pub(super) fn tenant(&self) -> &'static str {
        if self.id.is_multiple_of(3) { "other" } else { Tenant::DEFAULT }
    }

    fn day(&self) -> i32 {
        if self.id.is_multiple_of(2) { 20_454 } else { 20_455 }
    }

    pub(super) fn action_id(&self) -> Id {
        Id::of("action", &[&self.id.to_string()])
    }

    pub(super) fn session(&self) -> String {
        format!("s{}", self.id % 4)
    }

    pub(super) fn is_retracted(&self) -> bool {
        (self.revision * 3 + self.sequence * 2 + self.index) % 5 == 4
    }

    pub(super) fn outcome(&self) -> Outcome {
        if (self.revision + self.index) % 2 == 0 { Outcome::Failed } else { Outcome::Succeeded }
    }

    /// What tells it from every other revision.
    pub(super) fn command(&self) -> String {
        format!("{}.{}.{}.{}", self.id, self.revision, self.sequence, self.index)
    }
}

/// Rows as the stitcher would hand them over.
pub(super) fn batch(revs: &[Rev]) -> RecordBatch {
    let mut builder = ActionsBuilder::default();
    for rev in revs {
        builder.append(&ActionRow {
            tenant: rev.tenant().into(),
            day: Day(rev.day()),
            revision: rev.revision,
            retracted: rev.is_retracted(),
            caused_by_log: LogId::from_bytes([0x77; 16]),
            caused_by_sequence: rev.sequence,
            caused_by_index: rev.index,
            action_id: rev.action_id(),
            session_id: rev.session().into(),
            principal: "local".into(),
            command: Some(rev.command().into()),
            outcome: Some(rev.outcome()),
            ..ActionRow::default()
        });
    }
    builder.finish().unwrap()
}

/// The newest revision of each id, retracted ones too.
fn newest<'a>(revs: impl IntoIterator<Item = &'a Rev>) -> Vec<Rev> {
    let mut newest: BTreeMap<u32, Rev> = BTreeMap::new();
    for rev in revs {
        let held = newest.entry(rev.id).or_insert(*rev);
        *held = (*held).max(*rev);
    }
    newest.into_values().collect()
}

/// Who wrote a file, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    /// By Seam: each id is in it once.
    pub(super) by_us: bool,
    /// The bounds of its columns are known.
    pub(super) bounds: bool,
}

impl Written {
    pub(super) const BY_US: Self = Self { by_us: true, bounds: true };
}

/// Some files and a tail.
#[derive(Debug, Default)]
pub(super) struct Heap {
    store: Arc<InMemory>,
    files: Vec<Arc<DataFile>>,
    tail: Vec<Arc<RecordBatch>>,
    all: Vec<Rev>,
}

impl Heap {
    /// Writes rows, into one file per tenant and day.
    pub(super) async fn add_file(&mut self, revs: &[Rev], written: Written) {
        let revs = if written.by_us { newest(revs) } else { revs.to_vec() };
        let mut places: HashMap<_, Vec<Rev>> = HashMap::new();
        for rev in revs {
            places.entry((rev.tenant(), rev.day())).or_default().push(rev);
        }
        for ((tenant, day), revs) in places {
            let batch = batch(&revs);
            let fields = batch.schema_ref().fields().iter().enumerate();
            let kept = fields.filter(|(_, field)| !PARTITIONS.contains(&field.name().as_str()));
            let batch = batch.project(&kept.map(|(at, _)| at).collect::<Vec<_>>()).unwrap();
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            let bytes = writer.into_inner().unwrap();
            let path = Path::from(format!("{}.parquet", self.files.len()));
            let file = DataFile {
                path: path.clone(),
                size_bytes: bytes.len() as u64,
                rows: Some(revs.len() as u64),
                tenant: tenant.to_owned(),
                day,
                log_id: written.by_us.then_some(LogId::from_bytes([7; 16])),
                written_at_ms: 0,
                columns: if written.bounds { bounds(&revs) } else { Vec::new() },
            };
            self.store.put(&path, bytes.into()).await.unwrap();
            self.files.push(Arc::new(file));
            self.all.extend(revs);
        }
    }

    /// Adds a batch to the tail.
    pub(super) fn add_tail(&mut self, revs: &[Rev]) {
        self.tail.push(Arc::new(batch(revs)));
        self.all.extend(revs);
    }

    /// How many rows there are, old revisions and all.
    pub(super) fn rows(&self) -> usize {
        self.all.len()
    }

    /// What a naive fold gives to a tenant.
    pub(super) fn folded(&self, tenant: Option<&str>) -> Vec<Rev> {
        let mut folded = newest(&self.all);
        folded.retain(|rev| !rev.is_retracted());
        folded.retain(|rev| tenant.is_none_or(|tenant| tenant == rev.tenant()));
        folded
    }

    /// What runs SQL over `actions` and `actions_revisions`, as one tenant sees them.
    pub(super) fn context(&self, sessions: &Sessions, tenant: Option<&str>) -> SessionContext {
        let reader = Arc::clone(&self.store) as Arc<dyn ObjectStore>;
        let state = sessions.open(Tables::new(None, None, sessions.views()), reader);
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(SCHEMA, Arc::new(MemorySchemaProvider::new())).unwrap();
        let catalogs = MemoryCatalogProviderList::new();
        datafusion::catalog::CatalogProviderList::register_catalog(
            &catalogs,
            CATALOG.to_owned(),
            Arc::new(catalog),
        );
        let state = SessionStateBuilder::new_from_existing(state)
            .with_catalog_list(Arc::new(catalogs))
            .build();
        let context = SessionContext::new_with_state(state);
        let rows = Arc::new(TableSnapshot {
            version: 1,
            committed: Sequence(0),
            files: Arc::new(self.files.clone()),
            tail: self.tail.clone(),
        });
        let tenant = tenant.map(|tenant| Tenant::new(tenant).unwrap());
        let all = SnapshotTable::new(Table::Actions, Some(Arc::clone(&rows)), tenant.clone());
        let folded = FoldedTable::new(Table::Actions, Some(rows), tenant).unwrap();
        context.register_table("actions", Arc::new(folded)).unwrap();
        context.register_table("actions_revisions", Arc::new(all)).unwrap();
        context
    }
}

fn bounds(revs: &[Rev]) -> Vec<ColumnStats> {
    let of = |column, values: Vec<StatValue>| ColumnStats {
        column,
        min: values.iter().min().cloned(),
        max: values.iter().max().cloned(),
        nulls: Some(0),
    };
    vec![
        of("revision", revs.iter().map(|rev| StatValue::Int(rev.revision)).collect()),
        of("session_id", revs.iter().map(|rev| StatValue::Text(rev.session())).collect()),
    ]
}

/// The first column of what a statement gives, as texts in their own order.
pub(super) async fn texts(context: &SessionContext, sql: &str) -> Vec<String> {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let mut texts = Vec::new();
    for batch in &batches {
        let column = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8);
        let column = column.unwrap();
        texts.extend(column.as_string::<i32>().iter().map(|text| text.unwrap().to_owned()));
    }
    texts
}
