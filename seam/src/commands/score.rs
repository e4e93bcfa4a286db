//! `seam score`: how right the derived tables are.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;

use indicatif::ProgressBar;
use seam_queries::format::Format;
use serde_json::json;

use crate::cli::ScoreArgs;
use crate::exit::{Failure, Outcome};
use crate::score::{Score, captures, page, rows, score};
use crate::terminal::Terminal;

pub(crate) async fn run(args: &ScoreArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let captures =
        captures(&args.captures).map_err(|error| Failure::Usage(format!("{error:#}")))?;
    let bar = ProgressBar::new(captures.len() as u64);
    let mut scores = Vec::new();
    for capture in &captures {
        scores.push(score(capture, environment).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let total = Score::total(&scores);
    let text = match super::format(args.output) {
        Format::Table => page(&scores, &total, &terminal(environment)).into_bytes(),
        Format::Json => {
            let all = json!({ "captures": scores, "total": total });
            format!("{}\n", serde_json::to_string_pretty(&all)?).into_bytes()
        }
        format => encode(&scores, &total, format)?,
    };
    super::print(&text)?;
    match total.faults() {
        0 => Ok(()),
        faults => Err(Failure::DoesNotHold(format!("{faults} misses are our fault"))),
    }
}

/// A list of misses is wrapped for people only: programs look for words in its lines.
fn terminal(environment: &BTreeMap<String, String>) -> Terminal {
    let terminal = Terminal::of_stdout(environment);
    let is_terminal = std::io::stdout().is_terminal();
    if is_terminal { terminal } else { Terminal { width: usize::from(u16::MAX), ..terminal } }
}

fn encode(scores: &[Score], total: &Score, format: Format) -> Result<Vec<u8>, Failure> {
    let batch = rows(scores, total)?;
    let mut encoder = format.encoder(&batch.schema())?;
    let mut text = Vec::new();
    encoder.encode(&batch, &mut text)?;
    encoder.finish(&mut text)?;
    Ok(text)
}
