//! `[capture]` and `keep_all` of a real server, and the sums of the agents' own metrics.

use anyhow::Context as _;
use seam_tests::server::{Folder, Options, Server};

use crate::captures::send_all;

fn server(config: &str) -> anyhow::Result<Server> {
    let options = Options { config: config.to_owned(), ..Options::default() };
    let server = Server::start_with(Folder::fresh()?, &options)?;
    send_all(&server, &[])?;
    Ok(server)
}

const CONTENT: &str = "select count(*) from events where coalesce(prompt, response, arguments, output, command) is not null";

/// Guarantees: without content no prompt, argument or output is in any row, and who did what
/// with which outcome still is.
#[test]
fn content_can_be_left_out() -> anyhow::Result<()> {
    let server = server("[capture]\ncontent = \"no\"\n")?;
    assert_eq!(server.number(CONTENT)?, 0);
    assert!(
        server.number(
            "select count(*) from events where call_id is not null and outcome is not null"
        )? > 0
    );
    assert!(server.number("select count(*) from events where redactions['capture'] > 0")? > 0);
    // Typed by the person in a capture of Codex, and sent in several attributes.
    let marker = "select count(*) from events where array_to_string(map_values(attributes), ' ') like '%T-30%'";
    assert_eq!(server.number(marker)?, 0);
    Ok(())
}

/// Guarantees: a rule takes content of one kind of one agent only, and hashes stay comparable.
#[test]
fn rules_choose_content() -> anyhow::Result<()> {
    let server = server(
        "[[capture.rules]]\ncontent = \"hashed\"\nkinds = [\"prompt\"]\nagents = [\"codex\"]\n",
    )?;
    let of = |agent: &str, hashed: &str| {
        format!(
            "select count(*) from events where kind = 'prompt' and agent = '{agent}' and prompt {hashed} like '[hashed:%'"
        )
    };
    assert!(server.number(&of("codex", ""))? > 0);
    assert_eq!(server.number(&of("codex", "not"))?, 0);
    assert!(server.number(&of("claude-code", "not"))? > 0);
    assert_eq!(server.number(&of("claude-code", ""))?, 0);
    Ok(())
}

/// Guarantees: the sums of delta metrics are exact, counted from the points by hand.
#[test]
fn metrics_add_up() -> anyhow::Result<()> {
    let server = server("")?;
    let sums = server.sql_json(
        "select name, sum(value_int) as total from metric_sums where temporality = 'delta' \
         and value_int is not null group by name order by name",
    )?;
    let points = server.sql_json(
        "select name, sum(value_int) as total from metrics where temporality = 'delta' and type = 'sum' \
         and value_int is not null group by name order by name",
    )?;
    assert!(!sums.as_array().context("rows")?.is_empty());
    assert_eq!(sums, points);
    // A cumulative counter is its last value, not the sum of all that were sent.
    let cumulative = server.sql_json(
        "with last as (select series_id, start_time, max(value) as value from metrics \
           where temporality = 'cumulative' and type = 'sum' and monotonic group by 1, 2) \
         select round(sum(value), 6) as expected, \
           (select round(sum(value), 6) from metric_sums where temporality = 'cumulative' and type = 'sum' \
             and series_id in (select series_id from metrics where monotonic)) as found from last",
    )?;
    let row = cumulative.as_array().and_then(|rows| rows.first()).context("a row")?;
    assert!(row["expected"].as_f64() > Some(0.0), "{row}");
    assert_eq!(row["expected"], row["found"]);
    Ok(())
}
