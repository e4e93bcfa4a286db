//! How large a plan a statement asks for, told from its text.
//!
//! A `with` part stands in the plan once for each time it is named, and planning takes as long
//! as the plan is large: forty parts that each name the one before twice would take for ever.
//! So the relations are counted before anything is planned, each name of a part with all that
//! the part holds. Where two parts have one name, the larger one counts.
//!
//! What looks up the tables of a statement visits each `with` part twice, and so a part within
//! `n` others two to the power of `n` times: that is counted too.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{ObjectName, Query, Visit, Visitor};

/// Whether a statement names more than `limit` relations, `with` parts unfolded.
pub(crate) fn exceeds(statement: &Statement, limit: usize) -> bool {
    match statement {
        Statement::Statement(statement) => {
            let mut scale = Scale { limit, queries: Vec::new(), parts: HashMap::new() };
            statement.visit(&mut scale).is_break()
        }
        Statement::Explain(explain) => exceeds(&explain.statement, limit),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    }
}

struct Scale {
    limit: usize,
    /// The queries around the place that is looked at, the innermost last.
    queries: Vec<Weighed>,
    /// What each `with` part holds.
    parts: HashMap<String, usize>,
}

/// One query: how many relations it names so far.
struct Weighed {
    relations: usize,
    /// Its own name, if it is a `with` part.
    part: Option<String>,
    /// The names of its `with` parts that are still to come: they are visited first, in order.
    coming: VecDeque<String>,
}

impl Scale {
    fn add(&mut self, relations: usize) -> ControlFlow<()> {
        let Some(query) = self.queries.last_mut() else { return ControlFlow::Continue(()) };
        query.relations = query.relations.saturating_add(relations);
        if query.relations > self.limit {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

impl Visitor for Scale {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let part = self.queries.last_mut().and_then(|around| around.coming.pop_front());
        let parts = query.with.iter().flat_map(|with| &with.cte_tables);
        let coming = parts.map(|part| part.alias.name.value.to_lowercase()).collect();
        let around = self.queries.iter().filter(|query| query.part.is_some()).count();
        let visits = u32::try_from(around).ok().and_then(|around| 2_usize.checked_pow(around));
        let relations = visits.filter(|_| part.is_some()).unwrap_or(1);
        self.queries.push(Weighed { relations, part, coming });
        self.add(0)
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        let Some(query) = self.queries.pop() else { return ControlFlow::Continue(()) };
        match query.part {
            Some(name) => {
                let known = self.parts.entry(name).or_default();
                *known = query.relations.max(*known);
                ControlFlow::Continue(())
            }
            None => self.add(query.relations),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let held = match relation.0.as_slice() {
            [name] => name.as_ident().and_then(|name| self.parts.get(&name.value.to_lowercase())),
            _ => None,
        };
        self.add(held.copied().unwrap_or(1))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::Limits;

    fn relations(sql: &str) -> usize {
        let statement = crate::guard::parse(sql, &Limits::default()).unwrap();
        (0..100).find(|limit| !exceeds(&statement, *limit)).unwrap()
    }

    /// A `with` part counts as often as it is named, wherever that is, and only then.
    #[test]
    fn parts_count_as_often_as_they_are_named() {
        let plain = relations("select * from a");
        assert_eq!(relations("select * from a, b join c on true"), plain + 2);
        assert_eq!(relations("with t as (select * from a) select * from b"), plain);
        let once = relations("with t as (select * from a, b) select * from t");
        let twice = relations("with t as (select * from a, b) select * from t, T");
        let inside = relations("with t as (select * from a, b) select (select 1 from t) from t");
        assert!(plain < once && once < twice && twice < inside);
        let nested =
            "with t as (with u as (select * from a, b) select * from u, u) select * from t, t";
        assert!(relations(nested) > 8);
        assert_eq!(relations("explain select * from a"), plain);
    }

    /// A part deep within others weighs much, whether somebody names it or not.
    #[test]
    fn parts_within_parts_weigh_much() {
        let nested = |depth: usize, last: &str| {
            let within = |sql: String, _| format!("with t as ({sql}) {last}");
            (0..depth).fold("select 1".to_owned(), within)
        };
        for last in ["select * from t", "select 1"] {
            let parsed = |depth| crate::guard::parse(&nested(depth, last), &Limits::default());
            assert!(parsed(5).is_ok(), "{last}");
            assert!(parsed(20).is_err_and(|error| error.code() == "statement_too_complex"));
        }
    }
}
