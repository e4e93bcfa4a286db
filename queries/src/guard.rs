//! What is looked at before a statement is planned, and before a plan is run.
//!
//! The walls, in order: the length of the text, the number of its operators (counted on tokens,
//! before anything recursive looks at it), one statement, a kind of statement that reads, the
//! number of relations with all `with` parts unfolded, the size of the plan, and the engine's own [`SQLOptions`] on the finished plan.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::error::QueryError;
use crate::limits::Limits;
use crate::weight;

/// How deep brackets may go.
const NESTING: usize = 50;

/// Reads the text of one statement that only reads.
pub(crate) fn parse(sql: &str, limits: &Limits) -> Result<Statement, QueryError> {
    if sql.len() > limits.sql_bytes {
        return Err(QueryError::TooLong { bytes: sql.len(), limit: limits.sql_bytes });
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .map_err(|error| DataFusionError::SQL(Box::new(error.into()), None))?;
    let operators = tokens.iter().filter(|token| is_operator(&token.token)).count();
    if operators > limits.sql_operators {
        let limit = limits.sql_operators;
        return Err(QueryError::TooComplex { what: "operators and brackets", limit });
    }
    let first_word = first_word(&tokens);
    let mut statements = DFParserBuilder::new(tokens)
        .with_dialect(&dialect)
        .with_recursion_limit(NESTING)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| refused_or_wrong(first_word.as_deref(), error))?;
    let statement = statements.pop_front().ok_or(QueryError::Empty)?;
    if !statements.is_empty() {
        return Err(QueryError::Several);
    }
    if !reads(&statement) {
        let what = first_word.unwrap_or_else(|| "this statement".to_owned());
        return Err(QueryError::ReadOnly { what });
    }
    if weight::exceeds(&statement, limits.plan_steps) {
        return Err(QueryError::TooComplex { what: "steps", limit: limits.plan_steps });
    }
    Ok(statement)
}

/// The word that says what a statement does.
fn first_word(tokens: &[TokenWithSpan]) -> Option<String> {
    let words = tokens.iter().filter_map(|token| match &token.token {
        Token::Word(word) => Some(word.value.to_uppercase()),
        _ => None,
    });
    let mut words = words.peekable();
    let is_explained = words.next_if(|word| word == "EXPLAIN").is_some();
    words.find(|word| !is_explained || !matches!(word.as_str(), "ANALYZE" | "VERBOSE"))
}

/// Tokens that make a statement deeper, not only longer.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::CASE
                | Keyword::WHEN
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::JOIN
                | Keyword::LIKE
                | Keyword::BETWEEN
                | Keyword::SELECT
        ),
        Token::Whitespace(_)
        | Token::Comma
        | Token::SemiColon
        | Token::Period
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::EOF => false,
        _ => true,
    }
}

/// A statement that begins with a word we know to change things is refused as such even where
/// its grammar is not ours.
fn refused_or_wrong(first_word: Option<&str>, error: DataFusionError) -> QueryError {
    const CHANGING: &[&str] = &[
        "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CALL", "COMMIT", "COPY", "CREATE", "DELETE",
        "DETACH", "DROP", "EXECUTE", "GRANT", "INSERT", "INSTALL", "LOAD", "MERGE", "OPTIMIZE",
        "PRAGMA", "PREPARE", "RESET", "REVOKE", "ROLLBACK", "SET", "TRUNCATE", "UPDATE", "USE",
        "VACUUM",
    ];
    match first_word {
        Some(word) if CHANGING.contains(&word) => QueryError::ReadOnly { what: word.to_owned() },
        _ => error.into(),
    }
}

fn reads(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(statement) => matches!(
            statement.as_ref(),
            SqlStatement::Query(_)
                | SqlStatement::ShowTables { .. }
                | SqlStatement::ShowColumns { .. }
                | SqlStatement::ShowFunctions { .. }
                | SqlStatement::ShowVariable { .. }
                | SqlStatement::ExplainTable { .. }
                | SqlStatement::Explain { .. }
        ),
        Statement::Explain(explain) => reads(&explain.statement),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    }
}

/// Looks at a plan before it is optimised or run.
pub(crate) fn check_plan(plan: &LogicalPlan, limits: &Limits) -> Result<(), QueryError> {
    let mut steps = 0_usize;
    plan.apply_with_subqueries(|_| {
        steps += 1;
        let go_on = steps <= limits.plan_steps;
        Ok(if go_on { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    if steps > limits.plan_steps {
        return Err(QueryError::TooComplex { what: "steps", limit: limits.plan_steps });
    }
    let read_only =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    read_only.verify_plan(plan).map_err(|error| match QueryError::from(error) {
        QueryError::Invalid(what) => QueryError::ReadOnly { what: format!("this plan ({what})") },
        error => error,
    })
}
