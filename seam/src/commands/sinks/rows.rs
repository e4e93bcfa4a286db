//! Destinations and steps as rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use seam_queries::QueryError;
use seam_queries::format::Format;

use crate::api::SinkStep;
use crate::sinks::SinkView;

fn texts<'t>(texts: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(texts.collect::<StringArray>())
}

fn encode(batch: &RecordBatch, format: Format) -> Result<Vec<u8>, QueryError> {
    let mut encoder = format.encoder(&batch.schema())?;
    let mut text = Vec::new();
    encoder.encode(batch, &mut text)?;
    encoder.finish(&mut text)?;
    Ok(text)
}

/// One row for each destination.
pub(super) fn views(views: &[SinkView], format: Format) -> anyhow::Result<Vec<u8>> {
    let word = |read: fn(&SinkView) -> &str| texts(views.iter().map(|view| Some(read(view))));
    let number = |read: fn(&SinkView) -> u64| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(views.iter().map(read)))
    };
    let batch = RecordBatch::try_from_iter([
        ("name", word(|view| &view.name)),
        ("kind", word(|view| &view.kind)),
        ("format", word(|view| &view.format)),
        ("content", word(|view| &view.content)),
        ("state", word(|view| &view.state)),
        ("lag_events", number(|view| view.lag_events)),
        ("lag_bytes_estimate", number(|view| view.lag_bytes_estimate)),
        ("lag_seconds", number(|view| view.lag_seconds)),
        ("delivered", number(|view| view.delivered)),
        ("duplicates", number(|view| view.duplicates)),
        ("retried", number(|view| view.retried)),
        ("refused", number(|view| view.refused)),
        ("quarantined", number(|view| view.quarantined)),
        ("held_because", texts(views.iter().map(|view| view.reason.as_deref()))),
        ("last_trouble", texts(views.iter().map(|view| view.last_trouble.as_deref()))),
    ])?;
    Ok(encode(&batch, format)?)
}

/// One row for each step.
pub(super) fn steps(steps: &[SinkStep], format: Format) -> anyhow::Result<Vec<u8>> {
    let word = |read: fn(&SinkStep) -> &str| texts(steps.iter().map(|step| Some(read(step))));
    let batch = RecordBatch::try_from_iter([
        ("sink", word(|step| &step.sink)),
        ("step", word(|step| &step.step)),
        ("result", word(|step| &step.result)),
        ("what", word(|step| &step.what)),
    ])?;
    Ok(encode(&batch, format)?)
}
