//! What a statement needs of the tables, told from its text.

use std::ops::ControlFlow;

use datafusion::common::Result;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{ObjectName, Visit, Visitor};

use crate::catalog::Name;
use crate::views::Views;

/// Which tables have to reach the log's end before a statement is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Those that hold what was received.
    Received,
    /// Also those that are derived from it.
    Derived,
}

/// What a statement needs. A name counts as a table's also where a `with` part has it.
pub(crate) fn of(statement: &Statement, views: &Views) -> Result<Needs> {
    let mut named = Relations { views, derived: Ok(false) };
    visit(statement, &mut named);
    named.derived.map(|derived| if derived { Needs::Derived } else { Needs::Received })
}

fn visit(statement: &Statement, named: &mut Relations<'_>) {
    match statement {
        Statement::Statement(statement) => {
            // It stops where it has found what it looks for.
            let (ControlFlow::Continue(()) | ControlFlow::Break(())) = statement.visit(named);
        }
        Statement::Explain(explain) => visit(&explain.statement, named),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => {}
    }
}

struct Relations<'a> {
    views: &'a Views,
    derived: Result<bool>,
}

impl Visitor for Relations<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let name = relation.0.last().and_then(|part| part.as_ident());
        let name = name.map(|name| match name.quote_style {
            Some(_) => name.value.clone(),
            None => name.value.to_lowercase(),
        });
        self.derived = match name.as_deref().and_then(Name::parse) {
            Some(Name::Table(table)) => Ok(table.is_derived()),
            Some(Name::Revisions(_)) => Ok(true),
            Some(Name::View(view)) => self.views.reads_derived(view),
            None => Ok(false),
        };
        match self.derived {
            Ok(false) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::Limits;
    use crate::session::Sessions;

    /// A derived table is found wherever it is named, also behind a view; what only has its
    /// name as a column or a text is none.
    #[tokio::test]
    async fn derived_tables_are_found() {
        let limits = Limits::default();
        let views = Sessions::new(&limits).await.unwrap().views();
        let needs = |sql| of(&crate::guard::parse(sql, &limits).unwrap(), &views).unwrap();
        for sql in [
            "select * from actions",
            "select * from SEAM.Public.\"gaps\"",
            "select * from links_revisions",
            "select * from approval_waits",
            "explain analyze select * from turns",
            "select 1 where exists (select 1 from sessions)",
            "select (select count(*) from events e join links l using (event_id))",
            "with x as (select * from denied_network) select * from x",
            "select * from events union all (select * from (select 1 from actions))",
        ] {
            assert_eq!(needs(sql), Needs::Derived, "{sql}");
        }
        for sql in [
            "select 1",
            "select actions.* from events as actions",
            "select count(*) as turns from events where name = 'actions'",
            "select * from prompts, metric_sums",
            "show tables",
            "select * from nothing_of_this_name",
        ] {
            assert_eq!(needs(sql), Needs::Received, "{sql}");
        }
    }
}
