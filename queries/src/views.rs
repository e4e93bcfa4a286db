//! The views.
//!
//! Their SQL stands in `queries/sql/views`, one file each, with what it answers. It is planned
//! once, over empty tables; a statement that names a view gets that plan over its own rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{Result, internal_datafusion_err};
use datafusion::datasource::provider_as_source;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{LogicalPlan, TableScan};

use crate::catalog::Name;

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
    /// Denied network attempts, with the prompts that led to them.
    DeniedNetwork = "denied_network",
    /// What the automatic reviewer allowed that touched the network.
    ReviewerAllowedNetwork = "reviewer_allowed_network",
    /// Who decides, how often, and how long that takes.
    ApprovalWaits = "approval_waits",
    /// Calls that no person's prompt led to.
    ActionsWithoutIntent = "actions_without_intent",
}

impl View {
    /// The view of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|view| view.name() == name)
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

    /// A view over these rows.
    pub(crate) fn over(
        &self,
        view: View,
        rows: impl Fn(Name) -> Result<Arc<dyn TableProvider>>,
    ) -> Result<Arc<dyn TableProvider>> {
        let plan = self.plan_of(view)?.clone();
        let plan = plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::TableScan(mut scan) => {
                scan.source = provider_as_source(rows(named(&scan)?)?);
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            node => Ok(Transformed::no(node)),
        })?;
        Ok(Arc::new(ViewTable::new(plan.data, Some(view.sql().to_owned()))))
    }
    /// Whether a view reads a derived table.
    pub(crate) fn reads_derived(&self, view: View) -> Result<bool> {
        let mut found = false;
        self.plan_of(view)?.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                found |= matches!(named(scan)?, Name::Table(table) if table.is_derived());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(found)
    }

    fn plan_of(&self, view: View) -> Result<&LogicalPlan> {
        let plan = self.0.get(&view);
        plan.ok_or_else(|| internal_datafusion_err!("view {} has no plan", view.name()))
    }
}

/// What a view's plan scans.
fn named(scan: &TableScan) -> Result<Name> {
    let name = scan.table_name.table();
    Name::parse(name).ok_or_else(|| internal_datafusion_err!("a view reads `{name}`"))
}
