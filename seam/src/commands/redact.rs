//! `seam redact`: what would be replaced in a text, by which rule and where.
//!
//! The replacements are those of the data folder, if its key can be read, so that one can be
//! looked for in the tables.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use seam_schema::redact::Redactor;

use crate::cli::{RedactArgs, ServeArgs};
use crate::exit::Outcome;
use crate::server::CONTENT_KEY;

pub(crate) fn run(args: &RedactArgs, environment: &BTreeMap<String, String>) -> Outcome {
    let serve = ServeArgs { config: args.config.clone(), ..ServeArgs::default() };
    let config = super::config::checked(&serve, environment)?;
    let key = std::fs::read(config.data.join("keys").join(CONTENT_KEY)).ok();
    let key = key.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).unwrap_or_default();
    let redactor = config.redaction.redactor(key)?;
    if args.rules {
        return rules(args, &redactor);
    }
    let redacted = redactor.text(&text(args)?);
    if args.text {
        return Ok(super::print(redacted.text.as_bytes())?);
    }
    let lines = redacted.hits.iter().map(|hit| i64::try_from(hit.line).unwrap_or(i64::MAX));
    let lines = Int64Array::from_iter_values(lines);
    let rules = StringArray::from_iter_values(redacted.hits.iter().map(|hit| &hit.rule));
    let marks = StringArray::from_iter_values(redacted.hits.iter().map(|hit| &hit.mark));
    let columns: [(&str, ArrayRef); 3] =
        [("line", Arc::new(lines)), ("rule", Arc::new(rules)), ("replacement", Arc::new(marks))];
    print_rows(args, columns)
}

/// Lists the rules that are applied.
fn rules(args: &RedactArgs, redactor: &Redactor) -> Outcome {
    let rules = redactor.rules();
    let ids = StringArray::from_iter_values(rules.iter().map(|rule| &rule.id));
    let about = StringArray::from_iter_values(rules.iter().map(|rule| &rule.about));
    let columns: [(&str, ArrayRef); 2] = [("rule", Arc::new(ids)), ("finds", Arc::new(about))];
    print_rows(args, columns)
}

fn print_rows<const N: usize>(args: &RedactArgs, columns: [(&str, ArrayRef); N]) -> Outcome {
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut encoder = super::format(args.output).encoder(&batch.schema())?;
    let mut text = Vec::new();
    encoder.encode(&batch, &mut text)?;
    encoder.finish(&mut text)?;
    Ok(super::print(&text)?)
}

/// The text to look at; what is not UTF-8 is replaced, as it would be in the tables.
fn text(args: &RedactArgs) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if let Some(file) = &args.file {
        bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    } else {
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
