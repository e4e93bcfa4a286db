//! The views over `events` and `metrics`.
//!
//! Their SQL stands in `queries/sql/views`, one file each, with what it answers. It is planned
//! once, over an empty table; a statement that names a view gets that plan over its own rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::datasource::provider_as_source;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use seam_schema::table::Table;

/// Declares the views, each with the file of its SQL.
macro_rules! views {
    ($($(#[$meta:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// A view.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum View { $($(#[$meta])* $variant),+ }

        impl View {
            /// Every view.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in SQL.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The statement it stands for, with a comment that says what it answers.
            pub const fn sql(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../sql/views/", $name, ".sql"))),+ }
            }
        }
    };
}

views! {
    /// What somebody, or something, asked.
    Prompts = "prompts",
    /// Decisions about tool calls.
    Approvals = "approvals",
    /// How tool calls ended.
    ToolResults = "tool_results",
    /// Everything that went to or came from an MCP server.
    McpCalls = "mcp_calls",
    /// Network attempts that were allowed or denied.
    NetworkDecisions = "network_decisions",
    /// Requests to models.
    ModelRequests = "model_requests",
    /// What went wrong.
    Errors = "errors",
    /// What the agents' own metrics add up to.
    MetricSums = "metric_sums",
}

impl View {
    /// The view of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|view| view.name() == name)
    }

    /// The one table it reads.
    pub const fn table(self) -> Table {
        match self {
            Self::MetricSums => Table::Metrics,
            _ => Table::Events,
        }
    }
}

/// The plans of the views.
#[derive(Debug, Default)]
pub(crate) struct Views(BTreeMap<View, LogicalPlan>);

impl Views {
    /// Plans the views in a session that has the tables.
    pub(crate) async fn plan(state: &SessionState) -> Result<Self> {
        let mut plans = BTreeMap::new();
        for view in View::ALL {
            plans.insert(*view, state.create_logical_plan(view.sql()).await?);
        }
        Ok(Self(plans))
    }

    /// A view over these rows of its table.
    pub(crate) fn over(
        &self,
        view: View,
        rows: Arc<dyn TableProvider>,
    ) -> Result<Arc<dyn TableProvider>> {
        let plan = self.0.get(&view).cloned();
        let plan =
            plan.ok_or_else(|| internal_datafusion_err!("view {} has no plan", view.name()))?;
        let rows = provider_as_source(rows);
        let plan = plan.transform_up(|node| match node {
            LogicalPlan::TableScan(mut scan) => {
                scan.source = Arc::clone(&rows);
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            node => Ok(Transformed::no(node)),
        })?;
        Ok(Arc::new(ViewTable::new(plan.data, Some(view.sql().to_owned()))))
    }
}
