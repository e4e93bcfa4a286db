//! `metrics.proto` and its request.

use super::resource::{KEY_VALUE, RESOURCE, SCOPE};
use super::{Field, Kind, Message, Presence, Record, Role, message, slots};

message! {
    /// `ExportMetricsServiceRequest`.
    METRICS_REQUEST = "ExportMetricsServiceRequest", Role::Group;
    1 "resource_metrics" "resourceMetrics" Kind::Message(&RESOURCE_METRICS), Repeated;
}

message! {
    /// `ResourceMetrics`.
    RESOURCE_METRICS = "ResourceMetrics", Role::Group;
    1 "resource" "resource" Kind::Message(&RESOURCE), Implicit;
    2 "scope_metrics" "scopeMetrics" Kind::Message(&SCOPE_METRICS), Repeated;
    3 "schema_url" "schemaUrl" Kind::String, Implicit;
}

message! {
    /// `ScopeMetrics`.
    SCOPE_METRICS = "ScopeMetrics", Role::Group;
    1 "scope" "scope" Kind::Message(&SCOPE), Implicit;
    2 "metrics" "metrics" Kind::Message(&METRIC), Repeated;
    3 "schema_url" "schemaUrl" Kind::String, Implicit;
}

message! {
    /// `Metric`.
    METRIC = "Metric", Role::Group;
    1 "name" "name" Kind::String, Implicit;
    2 "description" "description" Kind::String, Implicit;
    3 "unit" "unit" Kind::String, Implicit;
    5 "gauge" "gauge" Kind::Message(&GAUGE), Oneof;
    7 "sum" "sum" Kind::Message(&SUM), Oneof;
    9 "histogram" "histogram" Kind::Message(&HISTOGRAM), Oneof;
    10 "exponential_histogram" "exponentialHistogram" Kind::Message(&EXPONENTIAL_HISTOGRAM), Oneof;
    11 "summary" "summary" Kind::Message(&SUMMARY), Oneof;
    12 "metadata" "metadata" Kind::Message(&KEY_VALUE), Repeated;
}

message! {
    /// `Gauge`.
    GAUGE = "Gauge", Role::Group;
    1 "data_points" "dataPoints" Kind::Message(&NUMBER_POINT), Repeated;
}

message! {
    /// `Sum`.
    SUM = "Sum", Role::Group;
    1 "data_points" "dataPoints" Kind::Message(&NUMBER_POINT), Repeated;
    2 "aggregation_temporality" "aggregationTemporality" Kind::Enum(AGGREGATION_TEMPORALITY), Implicit;
    3 "is_monotonic" "isMonotonic" Kind::Bool, Implicit;
}

message! {
    /// `Histogram`.
    HISTOGRAM = "Histogram", Role::Group;
    1 "data_points" "dataPoints" Kind::Message(&HISTOGRAM_POINT), Repeated;
    2 "aggregation_temporality" "aggregationTemporality" Kind::Enum(AGGREGATION_TEMPORALITY), Implicit;
}

message! {
    /// `ExponentialHistogram`.
    EXPONENTIAL_HISTOGRAM = "ExponentialHistogram", Role::Group;
    1 "data_points" "dataPoints" Kind::Message(&EXPONENTIAL_POINT), Repeated;
    2 "aggregation_temporality" "aggregationTemporality" Kind::Enum(AGGREGATION_TEMPORALITY), Implicit;
}

message! {
    /// `Summary`.
    SUMMARY = "Summary", Role::Group;
    1 "data_points" "dataPoints" Kind::Message(&SUMMARY_POINT), Repeated;
}

message! {
    /// `NumberDataPoint`.
    NUMBER_POINT = "NumberDataPoint", Role::Record(Record::DataPoint);
    2 "start_time_unix_nano" "startTimeUnixNano" Kind::Fixed64, Implicit;
    3 "time_unix_nano" "timeUnixNano" Kind::Fixed64, Implicit;
    4 "as_double" "asDouble" Kind::Double, Oneof;
    5 "exemplars" "exemplars" Kind::Message(&EXEMPLAR), Repeated;
    6 "as_int" "asInt" Kind::Sfixed64, Oneof;
    7 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    8 "flags" "flags" Kind::Uint32, Implicit;
}

message! {
    /// `HistogramDataPoint`.
    HISTOGRAM_POINT = "HistogramDataPoint", Role::Record(Record::DataPoint);
    2 "start_time_unix_nano" "startTimeUnixNano" Kind::Fixed64, Implicit;
    3 "time_unix_nano" "timeUnixNano" Kind::Fixed64, Implicit;
    4 "count" "count" Kind::Fixed64, Implicit;
    5 "sum" "sum" Kind::Double, Optional;
    6 "bucket_counts" "bucketCounts" Kind::Fixed64, Repeated;
    7 "explicit_bounds" "explicitBounds" Kind::Double, Repeated;
    8 "exemplars" "exemplars" Kind::Message(&EXEMPLAR), Repeated;
    9 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    10 "flags" "flags" Kind::Uint32, Implicit;
    11 "min" "min" Kind::Double, Optional;
    12 "max" "max" Kind::Double, Optional;
}

message! {
    /// `ExponentialHistogramDataPoint`.
    EXPONENTIAL_POINT = "ExponentialHistogramDataPoint", Role::Record(Record::DataPoint);
    1 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    2 "start_time_unix_nano" "startTimeUnixNano" Kind::Fixed64, Implicit;
    3 "time_unix_nano" "timeUnixNano" Kind::Fixed64, Implicit;
    4 "count" "count" Kind::Fixed64, Implicit;
    5 "sum" "sum" Kind::Double, Optional;
    6 "scale" "scale" Kind::Sint32, Implicit;
    7 "zero_count" "zeroCount" Kind::Fixed64, Implicit;
    8 "positive" "positive" Kind::Message(&BUCKETS), Implicit;
    9 "negative" "negative" Kind::Message(&BUCKETS), Implicit;
    10 "flags" "flags" Kind::Uint32, Implicit;
    11 "exemplars" "exemplars" Kind::Message(&EXEMPLAR), Repeated;
    12 "min" "min" Kind::Double, Optional;
    13 "max" "max" Kind::Double, Optional;
    14 "zero_threshold" "zeroThreshold" Kind::Double, Implicit;
}

message! {
    /// `Buckets`.
    BUCKETS = "Buckets", Role::Part;
    1 "offset" "offset" Kind::Sint32, Implicit;
    2 "bucket_counts" "bucketCounts" Kind::Uint64, Repeated;
}

message! {
    /// `SummaryDataPoint`.
    SUMMARY_POINT = "SummaryDataPoint", Role::Record(Record::DataPoint);
    2 "start_time_unix_nano" "startTimeUnixNano" Kind::Fixed64, Implicit;
    3 "time_unix_nano" "timeUnixNano" Kind::Fixed64, Implicit;
    4 "count" "count" Kind::Fixed64, Implicit;
    5 "sum" "sum" Kind::Double, Implicit;
    6 "quantile_values" "quantileValues" Kind::Message(&QUANTILE), Repeated;
    7 "attributes" "attributes" Kind::Message(&KEY_VALUE), Repeated;
    8 "flags" "flags" Kind::Uint32, Implicit;
}

message! {
    /// `ValueAtQuantile`.
    QUANTILE = "ValueAtQuantile", Role::Part;
    1 "quantile" "quantile" Kind::Double, Implicit;
    2 "value" "value" Kind::Double, Implicit;
}

message! {
    /// `Exemplar`.
    EXEMPLAR = "Exemplar", Role::Part;
    2 "time_unix_nano" "timeUnixNano" Kind::Fixed64, Implicit;
    3 "as_double" "asDouble" Kind::Double, Oneof;
    4 "span_id" "spanId" Kind::HexId, Implicit;
    5 "trace_id" "traceId" Kind::HexId, Implicit;
    6 "as_int" "asInt" Kind::Sfixed64, Oneof;
    7 "filtered_attributes" "filteredAttributes" Kind::Message(&KEY_VALUE), Repeated;
}

/// `AggregationTemporality`.
const AGGREGATION_TEMPORALITY: &[(&str, i32)] = &[
    ("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0),
    ("AGGREGATION_TEMPORALITY_DELTA", 1),
    ("AGGREGATION_TEMPORALITY_CUMULATIVE", 2),
];
