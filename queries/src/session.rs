//! The engine's session: what it is allowed, set once, copied per statement.

use std::io;
use std::path::Path;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::execution::{FunctionRegistry, SessionStateDefaults};
use datafusion::prelude::SessionConfig;
use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::catalog::{CATALOG, SCHEMA, Tables};
use crate::growth::{ABSENT, Bounds};
use crate::limits::Limits;
use crate::registry::ClosedRegistry;
use crate::views::Views;

/// Rows with prompts and outputs are long: smaller batches than the engine's own.
const BATCH_ROWS: usize = 2_048;
/// How many consumers an error about memory names.
const NAMED_CONSUMERS: usize = 3;
/// What the cache of file footers may hold.
const FOOTERS_BYTES: usize = 64 * 1024 * 1024;

/// Makes sessions that share memory, disk and caches.
#[derive(Debug)]
pub(crate) struct Sessions {
    template: SessionState,
    views: Arc<Views>,
}

impl Sessions {
    /// Sets up what all statements share.
    pub(crate) async fn new(limits: &Limits) -> Result<Self> {
        let nothing = Tables::new(None, None, Arc::default());
        let template = template(limits, runtime_env(limits)?, nothing)?;
        let views = Arc::new(Views::plan(&template).await?);
        Ok(Self { template, views })
    }

    /// The plans of the views.
    pub(crate) fn views(&self) -> Arc<Views> {
        Arc::clone(&self.views)
    }

    /// A session for one statement over these tables, whose files `reader` reads.
    pub(crate) fn open(&self, tables: Tables, reader: Arc<dyn ObjectStore>) -> SessionState {
        let shared = self.template.runtime_env();
        let env = RuntimeEnv {
            object_store_registry: Arc::new(ClosedRegistry::new(reader)),
            ..RuntimeEnv::clone(shared)
        };
        let mut state = SessionStateBuilder::new_from_existing(self.template.clone())
            .with_runtime_env(Arc::new(env))
            .with_catalog_list(Arc::new(tables))
            .build();
        // `now()` is the time of this statement, not of the template.
        state.mark_start_execution();
        state
    }
}

fn template(limits: &Limits, env: RuntimeEnv, tables: Tables) -> Result<SessionState> {
    let mut scalar = SessionStateDefaults::default_scalar_functions();
    scalar.retain(|function| {
        let mut names = function.aliases().iter().map(String::as_str).chain([function.name()]);
        !names.any(|name| ABSENT.contains(&name))
    });
    let mut state = SessionStateBuilder::new()
        .with_config(config(limits))
        .with_runtime_env(Arc::new(env))
        .with_catalog_list(Arc::new(tables))
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(scalar)
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .build();
    state.register_function_rewrite(Arc::new(Bounds::new(limits.value_bytes)))?;
    Ok(state)
}

fn config(limits: &Limits) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(true)
        .with_target_partitions(limits.threads())
        .with_batch_size(BATCH_ROWS);
    let options = config.options_mut();
    options.execution.enable_recursive_ctes = false;
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.enable_page_index = true;
    options.execution.parquet.bloom_filter_on_read = true;
    // A text is Utf8 wherever it comes from, as in the tables.
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.parquet.schema_force_view_types = false;
    config
}

fn runtime_env(limits: &Limits) -> Result<RuntimeEnv> {
    let pool = FairSpillPool::new(limits.memory_bytes);
    let named = std::num::NonZeroUsize::new(NAMED_CONSUMERS).unwrap_or(std::num::NonZeroUsize::MIN);
    let mode = match &limits.spill_folder {
        Some(folder) => {
            empty(folder)?;
            DiskManagerMode::Directories(vec![folder.clone()])
        }
        None => DiskManagerMode::Disabled,
    };
    let disk = DiskManagerBuilder::default()
        .with_mode(mode)
        .with_max_temp_directory_size(limits.spill_bytes);
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(TrackConsumersPool::new(pool, named)))
        .with_disk_manager_builder(disk)
        .with_metadata_cache_limit(FOOTERS_BYTES)
        .with_object_store_registry(Arc::new(ClosedRegistry::new(Arc::new(InMemory::new()))))
        .build()
}

/// Removes what a killed process left; the engine names its folders `datafusion-…`.
#[expect(clippy::disallowed_methods, reason = "spill files are no data: `disk` does not know them")]
fn empty(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("datafusion-") {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
