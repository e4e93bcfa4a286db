//! Which conversation is meant by what a person typed.

use super::rows::SessionRow;
use crate::exit::Failure;
use crate::quote::literal;
use crate::source::Source;

/// So many candidates are listed.
const CANDIDATES: usize = 20;

/// What the beginning of an id leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// One conversation.
    One(Box<SessionRow>),
    /// Several, or the first of them.
    Several(Vec<SessionRow>),
    /// None.
    Nothing,
}

/// Looks for the conversation with this id, else for the only one whose id begins like this.
pub(crate) async fn find(source: &Source, id: &str) -> Result<Found, Failure> {
    let is = format!("select * from sessions where session_id = {} limit 2", literal(id));
    let exact: Vec<SessionRow> = source.rows(&is).await?;
    if !exact.is_empty() {
        return Ok(choose(exact));
    }
    Ok(choose(source.rows(&beginning(id)).await?))
}

fn beginning(id: &str) -> String {
    format!(
        "select * from sessions where starts_with(session_id, {}) \
         order by started_at desc nulls last, session_id limit {CANDIDATES}",
        literal(id)
    )
}

fn choose(mut rows: Vec<SessionRow>) -> Found {
    match (rows.pop(), rows.is_empty()) {
        (Some(only), true) => Found::One(Box::new(only)),
        (Some(last), false) => {
            rows.push(last);
            Found::Several(rows)
        }
        (None, _) => Found::Nothing,
    }
}

/// The events of a conversation in their order, with their ids, as `--raw` prints them.
/// `condition` is [`super::gather::condition`]'s.
pub(crate) fn raw_statement(condition: &str) -> String {
    format!(
        "select e.time, e.log_id, e.offset_sequence, e.offset_index, e.event_id, e.signal, e.kind, e.name, \
         e.turn_id, e.call_id, e.tool, e.command, e.path, e.url, e.decision, e.decided_by, e.net_host, \
         e.net_port, e.net_verdict, e.outcome, e.failure_reason, e.exit_code, e.duration_ms, e.prompt, e.error \
         from events e where {condition} order by e.time, e.log_id, e.offset_sequence, e.offset_index"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    fn row(id: &str) -> SessionRow {
        SessionRow { session_id: id.to_owned(), ..SessionRow::default() }
    }

    /// One row is meant, several are listed, none is nothing.
    #[test]
    fn one_several_none() {
        assert!(matches!(choose(vec![row("a")]), Found::One(only) if only.session_id == "a"));
        match choose(vec![row("a"), row("b")]) {
            Found::Several(rows) => {
                let ids: Vec<&str> = rows.iter().map(|row| row.session_id.as_str()).collect();
                assert_eq!(ids, ["a", "b"]);
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(choose(vec![]), Found::Nothing));
    }

    /// What was typed stays in its literal.
    #[test]
    fn beginnings_are_quoted() {
        let sql = beginning("x') or true --");
        assert!(sql.contains("starts_with(session_id, 'x'') or true --')"), "{sql}");
    }
}
