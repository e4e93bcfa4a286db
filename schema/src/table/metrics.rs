//! The table `metrics`: one row is one data point of the agents' own metrics.

use std::sync::{Arc, LazyLock};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use crate::event::{Attribute, Text};
use crate::ids::EventId;
use crate::table::cell::{Day, TimeUs, columns};
use crate::table::maps::{self, MapsBuilder, read_attributes, read_resource};
use crate::vocabulary::{Agent, MetricType, Temporality, TimeSource};

/// One data point and everything a row says of it.
#[derive(Debug, Clone, Default)]
pub struct Point<'a> {
    /// The plain columns.
    pub columns: PointColumns<'a>,
    /// What no column holds exactly: the columns `attributes` and `attribute_types`.
    pub attributes: Vec<Attribute<'a>>,
    /// The attributes of the resource: the column `resource`.
    pub resource: Vec<Attribute<'a>>,
}

impl<'a> Point<'a> {
    /// Forgets the data point and keeps the resource.
    pub fn clear_point(&mut self) {
        self.columns = PointColumns::default();
        self.attributes.clear();
    }

    /// Reads a row of `metrics` back.
    pub fn read(batch: &'a RecordBatch, row: usize) -> Self {
        Self {
            columns: PointColumns::read(batch, row),
            attributes: read_attributes(batch, row),
            resource: read_resource(batch, row),
        }
    }
}

/// The Arrow schema of `metrics`.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields = PointColumns::fields();
        fields.extend(maps::fields());
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

/// Collects rows of `metrics`.
#[derive(Debug, Default)]
pub struct MetricsBuilder {
    columns: PointColumnsBuilder<'static>,
    maps: MapsBuilder,
    rows: usize,
}

impl MetricsBuilder {
    /// Adds a row.
    pub fn append(&mut self, point: &Point<'_>) {
        self.columns.append(&point.columns);
        self.maps.append(&point.attributes, &point.resource, None);
        self.rows += 1;
    }

    /// How many rows wait.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row waits.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Takes the rows out as one batch of [`schema`].
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let mut arrays = self.columns.finish();
        arrays.extend(self.maps.finish());
        RecordBatch::try_new(schema(), arrays)
    }
}

columns! {
    lifetime 'a;
    /// The plain columns of one row of `metrics`.
    row PointColumns;
    /// Collects the plain columns of `metrics`.
    builder PointColumnsBuilder;
    /// The log the frame stands in, 32 hex digits.
    log_id: Text<'a>,
    /// The frame in its log.
    offset_sequence: i64,
    /// The data point in its frame, from 0, in message order.
    offset_index: i64,
    /// The data point's id: the same after a resend, a replay, or on another node.
    event_id: EventId,
    /// Whose it is, from the credential. Partition.
    tenant: Text<'a>,
    /// Who sent it, from the credential.
    principal: Text<'a>,
    /// The address it came from, without the port.
    peer_address: Option<Text<'a>>,
    /// When its frame was received.
    received_at: TimeUs,
    /// The day of `received_at`. Partition.
    day: Day,
    /// The end of the interval, or the time of the measurement.
    time: TimeUs,
    /// `time` in nanoseconds, where an Int64 can hold it.
    time_unix_nano: i64,
    /// Which clock `time` was taken from.
    time_source: Option<TimeSource>,
    /// The start of the interval.
    start_time: Option<TimeUs>,
    /// Which agent sent it.
    agent: Option<Agent>,
    /// The agent's version.
    agent_version: Option<Text<'a>>,
    /// The metric's name.
    name: Option<Text<'a>>,
    /// The metric's unit.
    unit: Option<Text<'a>>,
    /// What the data point is; the column `type`.
    r#type: Option<MetricType>,
    /// What it counts from.
    temporality: Option<Temporality>,
    /// Whether a sum only grows.
    monotonic: Option<bool>,
    /// The value of a gauge or sum; of an integer the nearest double.
    value: Option<f64>,
    /// The same, where it was sent as an integer.
    value_int: Option<i64>,
    /// How many measurements a histogram or summary holds.
    count: Option<i64>,
    /// Their sum.
    sum: Option<f64>,
    /// The smallest.
    min: Option<f64>,
    /// The largest.
    max: Option<f64>,
    /// How many fell into each bucket.
    bucket_counts: Option<Vec<i64>>,
    /// The bounds between the buckets.
    explicit_bounds: Option<Vec<f64>>,
    /// The buckets of an exponential histogram, as OTLP/JSON.
    exponential: Option<Text<'a>>,
    /// The exemplars, as an OTLP/JSON array.
    exemplars: Option<Text<'a>>,
    /// The series the data point belongs to, 32 hex digits: the same process, metric and
    /// attributes.
    series_id: Option<Text<'a>>,
    /// The data point's flags; null where they are 0.
    flags: Option<i64>,
    /// The version of the mapping that made the row.
    schema_version: i64,
}
