//! The scores for people and for programs.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use seam_schema::vocabulary::Confidence;

use super::Score;
use super::tally::{Miss, Question, Tally};
use crate::terminal::{Ink, Paragraph, Terminal, escape};

/// The most misses that are listed of one kind; JSON has all.
const MISSES_SHOWN: usize = 200;
/// Confidences that a conclusion may rest on.
const SURE: [Confidence; 2] = [Confidence::Certain, Confidence::Strong];

/// The scores, their sum, the edges by confidence, and the misses.
pub(crate) fn page(scores: &[Score], total: &Score, terminal: &Terminal) -> String {
    let mut page = String::new();
    let mut head = vec!["capture".to_owned()];
    head.extend(Question::ALL.iter().map(|question| question.name().replace('_', " ")));
    head.extend(["extra", "net attempts", "our fault", "proved"].map(str::to_owned));
    let mut lines = vec![head];
    lines.extend(scores.iter().map(cells));
    if scores.len() > 1 {
        lines.push(cells(total));
    }
    grid(&lines, &mut page);
    page.push('\n');
    grid(&edges(total), &mut page);
    misses(&total.misses, terminal, &mut page);
    page
}

fn cells(score: &Score) -> Vec<String> {
    let mut cells = vec![escape(&score.capture)];
    cells.extend(Question::ALL.iter().map(|question| ratio(score.tally(*question))));
    cells.push(score.extra.to_string());
    let network = Tally { asked: score.network.expected, right: score.network.found };
    cells.push(ratio(network));
    cells.push(score.faults().to_string());
    cells.push((score.misses.len() - score.faults()).to_string());
    cells
}

fn ratio(tally: Tally) -> String {
    if tally.asked == 0 { "-".to_owned() } else { format!("{}/{}", tally.right, tally.asked) }
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{share:.4}"))
}

/// Precision and recall by confidence, and of those that are sure together.
fn edges(total: &Score) -> Vec<Vec<String>> {
    let head = ["network edges", "drawn", "right", "precision", "attempts found", "recall"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    let mut line = |name: &str, edges: Tally, recall: Tally| {
        lines.push(vec![
            name.to_owned(),
            edges.asked.to_string(),
            edges.right.to_string(),
            share(edges.share()),
            ratio(recall),
            share(recall.share()),
        ]);
    };
    for confidence in Confidence::ALL {
        let tally = total.network.of(*confidence);
        let recall = Tally { asked: total.network.expected, right: tally.recalled };
        line(confidence.as_str(), tally.edges, recall);
    }
    let sure = SURE.map(|confidence| total.network.of(confidence).edges);
    let sum = |part: fn(&Tally) -> u64| sure.iter().map(part).sum();
    let sure = Tally { asked: sum(|it| it.asked), right: sum(|it| it.right) };
    line("certain or strong, of what is determined", sure, total.network.determined);
    lines
}

fn misses(misses: &[Miss], terminal: &Terminal, page: &mut String) {
    if misses.is_empty() {
        page.push_str("\nNothing is missed.\n");
        return;
    }
    let mut sorted: Vec<&Miss> = misses.iter().collect();
    // What is ours to mend stands first.
    sorted.sort_by_key(|miss| std::cmp::Reverse(miss.why));
    page.push_str("\nMisses\n");
    for miss in sorted.iter().take(MISSES_SHOWN) {
        let ink = if miss.why == super::tally::Why::OurFault { Ink::Bad } else { Ink::Faint };
        Paragraph::default()
            .put(ink, miss.why.name())
            .say(&format!("  {} {}: ", miss.capture, miss.of))
            .put(Ink::Strong, miss.what)
            .say(&format!(" should be {}, is {}", quoted(&miss.expected), quoted(&miss.got)))
            .print(0, 4, terminal, page);
    }
    if let Some(more) = sorted.len().checked_sub(MISSES_SHOWN).filter(|more| *more > 0) {
        // Writing to a string cannot fail.
        writeln!(page, "and {more} more; --output json has all").ok();
    }
}

fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(120).collect();
    if cut.len() < text.len() { format!("`{cut}…`") } else { format!("`{cut}`") }
}

fn grid(lines: &[Vec<String>], page: &mut String) {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        page.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        page.push('\n');
    }
}

/// A row to a capture and one to their sum, for programs that read tables.
pub(crate) fn rows(scores: &[Score], total: &Score) -> anyhow::Result<RecordBatch> {
    let all: Vec<&Score> = scores.iter().chain([total]).collect();
    let numbers = |number: &dyn Fn(&Score) -> u64| -> ArrayRef {
        let numbers = all.iter().map(|score| i64::try_from(number(score)).unwrap_or(i64::MAX));
        Arc::new(Int64Array::from_iter_values(numbers))
    };
    let shares = |share: &dyn Fn(&Score) -> Option<f64>| -> ArrayRef {
        Arc::new(all.iter().map(|score| share(score)).collect::<Float64Array>())
    };
    let names = StringArray::from_iter_values(all.iter().map(|score| &score.capture));
    let mut columns: Vec<(String, ArrayRef)> = vec![("capture".to_owned(), Arc::new(names))];
    for question in Question::ALL {
        let name = question.name();
        columns.push((name.to_owned(), numbers(&|score| score.tally(*question).asked)));
        columns.push((format!("{name}_right"), numbers(&|score| score.tally(*question).right)));
    }
    columns.push(("extra".to_owned(), numbers(&|score| score.extra)));
    columns.push(("net_attempts".to_owned(), numbers(&|score| score.network.expected)));
    columns.push(("net_found".to_owned(), numbers(&|score| score.network.found)));
    for confidence in Confidence::ALL {
        let of = |score: &Score| score.network.of(*confidence);
        columns.push((format!("{confidence}_edges"), numbers(&|score| of(score).edges.asked)));
        columns.push((format!("{confidence}_precision"), shares(&|score| of(score).edges.share())));
        let recall =
            |score: &Score| Tally { asked: score.network.expected, right: of(score).recalled };
        columns.push((format!("{confidence}_recall"), shares(&|score| recall(score).share())));
    }
    let faults = |score: &Score| score.faults() as u64;
    columns.push(("our_fault".to_owned(), numbers(&faults)));
    columns
        .push(("proved".to_owned(), numbers(&|score| score.misses.len() as u64 - faults(score))));
    Ok(RecordBatch::try_from_iter(columns)?)
}
