//! The only files a statement can reach: those the snapshot names.

use std::sync::Arc;

use datafusion::common::{Result, plan_err};
use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use object_store::ObjectStore;
use url::Url;

/// The scheme under which the tables' files are known inside the engine.
const SCHEME: &str = "seam";

/// The address of the tables' files inside the engine.
pub(crate) fn tables_url() -> Result<ObjectStoreUrl> {
    ObjectStoreUrl::parse("seam://tables")
}

/// A registry with one store that nobody can add to: the engine's own would bring `file://`.
#[derive(Debug)]
pub(crate) struct ClosedRegistry {
    tables: Arc<dyn ObjectStore>,
}

impl ClosedRegistry {
    pub(crate) fn new(tables: Arc<dyn ObjectStore>) -> Self {
        Self { tables }
    }
}

impl ObjectStoreRegistry for ClosedRegistry {
    /// Registers nothing.
    fn register_store(&self, _: &Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if url.scheme() == SCHEME {
            return Ok(Arc::clone(&self.tables));
        }
        plan_err!("cannot read `{}://`: only the tables of this store can be read", url.scheme())
    }
}
