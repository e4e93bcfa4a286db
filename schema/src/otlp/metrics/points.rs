//! Data points and what they carry. Times are nanoseconds since 1970, 0 if not sent.

use crate::otlp::descriptor;
use crate::otlp::elements::{Element, Elements, Fixed64, Scalars, UnknownFields};
use crate::otlp::message::{Message, Singular};
use crate::otlp::value::Attributes;
use crate::otlp::wire::{Reader, Value, sint32, uint32};

/// A number that is one or the other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum NumberValue {
    /// No value recorded.
    #[default]
    None,
    /// `as_double`.
    Double(f64),
    /// `as_int`.
    Int(i64),
}

/// Writes what all points and exemplars share.
macro_rules! point_accessors {
    ($type:ident, $descriptor:ident, attributes = $attributes:literal, exemplars = $exemplars:literal) => {
        point_accessors!($type, $descriptor, attributes = $attributes);

        impl<'a> $type<'a> {
            /// Measurements that went into the point.
            pub fn exemplars(&self) -> Elements<'a, Exemplar<'a>> {
                Message::whole(self.bytes).elements($exemplars)
            }
        }
    };
    ($type:ident, $descriptor:ident, attributes = $attributes:literal) => {
        impl<'a> $type<'a> {
            /// The attributes as sent.
            pub fn attributes(&self) -> Attributes<'a> {
                Message::whole(self.bytes).elements($attributes)
            }

            /// Fields beyond those of this version of OTLP.
            pub fn unknown_fields(&self) -> UnknownFields<'a> {
                Message::whole(self.bytes).unknown_fields(&descriptor::$descriptor)
            }

            /// The encoded message.
            pub const fn bytes(&self) -> &'a [u8] {
                self.bytes
            }
        }
    };
}

/// A point of a gauge or a sum.
#[derive(Clone, Copy, Default)]
pub struct NumberPoint<'a> {
    bytes: &'a [u8],
    /// Since when the value counts.
    pub start_time_unix_nano: u64,
    /// When the value was taken.
    pub time_unix_nano: u64,
    /// The value.
    pub value: NumberValue,
    /// Bit 0: no value was recorded.
    pub flags: u32,
}

point_accessors!(NumberPoint, NUMBER_POINT, attributes = 7, exemplars = 5);

impl<'a> Element<'a> for NumberPoint<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let mut point = Self { bytes, ..Self::default() };
        for field in Reader::new(bytes) {
            match field {
                (2, Value::Fixed64(time)) => point.start_time_unix_nano = time,
                (3, Value::Fixed64(time)) => point.time_unix_nano = time,
                (4, Value::Fixed64(bits)) => {
                    point.value = NumberValue::Double(f64::from_bits(bits));
                }
                (6, Value::Fixed64(bits)) => point.value = NumberValue::Int(bits.cast_signed()),
                (8, Value::Varint(flags)) => point.flags = uint32(flags),
                _ => {}
            }
        }
        point
    }
}

/// A point of a histogram.
#[derive(Clone, Copy, Default)]
pub struct HistogramPoint<'a> {
    bytes: &'a [u8],
    /// Since when the values count.
    pub start_time_unix_nano: u64,
    /// When they were taken.
    pub time_unix_nano: u64,
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: Option<f64>,
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// Bit 0: no value was recorded.
    pub flags: u32,
}

point_accessors!(HistogramPoint, HISTOGRAM_POINT, attributes = 9, exemplars = 8);

impl<'a> HistogramPoint<'a> {
    /// Values per bucket: one more than there are bounds, or none at all.
    pub fn bucket_counts(&self) -> impl Iterator<Item = u64> + Clone + use<'a> {
        let counts: Scalars<'a, Fixed64> = Message::whole(self.bytes).scalars(6);
        counts.map(|Fixed64(count)| count)
    }

    /// Upper bounds of the buckets, the last bucket having none.
    pub fn explicit_bounds(&self) -> Scalars<'a, f64> {
        Message::whole(self.bytes).scalars(7)
    }
}

impl<'a> Element<'a> for HistogramPoint<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let mut point = Self { bytes, ..Self::default() };
        for field in Reader::new(bytes) {
            match field {
                (2, Value::Fixed64(time)) => point.start_time_unix_nano = time,
                (3, Value::Fixed64(time)) => point.time_unix_nano = time,
                (4, Value::Fixed64(count)) => point.count = count,
                (5, Value::Fixed64(bits)) => point.sum = Some(f64::from_bits(bits)),
                (10, Value::Varint(flags)) => point.flags = uint32(flags),
                (11, Value::Fixed64(bits)) => point.min = Some(f64::from_bits(bits)),
                (12, Value::Fixed64(bits)) => point.max = Some(f64::from_bits(bits)),
                _ => {}
            }
        }
        point
    }
}

/// A point of an exponential histogram.
#[derive(Clone, Copy, Default)]
pub struct ExponentialPoint<'a> {
    bytes: &'a [u8],
    /// Since when the values count.
    pub start_time_unix_nano: u64,
    /// When they were taken.
    pub time_unix_nano: u64,
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: Option<f64>,
    /// Bucket bounds are powers of 2^(2^-scale).
    pub scale: i32,
    /// How many values count as zero.
    pub zero_count: u64,
    /// Up to where a value counts as zero.
    pub zero_threshold: f64,
    /// Buckets of the values above zero.
    pub positive: Option<Buckets<'a>>,
    /// Buckets of the values below zero.
    pub negative: Option<Buckets<'a>>,
    /// The smallest value.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// Bit 0: no value was recorded.
    pub flags: u32,
}

point_accessors!(ExponentialPoint, EXPONENTIAL_POINT, attributes = 1, exemplars = 11);

impl<'a> Element<'a> for ExponentialPoint<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let mut point = Self { bytes, ..Self::default() };
        let (mut positive, mut negative) = (Singular::default(), Singular::default());
        for field in Reader::new(bytes) {
            match field {
                (2, Value::Fixed64(time)) => point.start_time_unix_nano = time,
                (3, Value::Fixed64(time)) => point.time_unix_nano = time,
                (4, Value::Fixed64(count)) => point.count = count,
                (5, Value::Fixed64(bits)) => point.sum = Some(f64::from_bits(bits)),
                (6, Value::Varint(scale)) => point.scale = sint32(scale),
                (7, Value::Fixed64(count)) => point.zero_count = count,
                (8, Value::Bytes(piece)) => positive.add(piece),
                (9, Value::Bytes(piece)) => negative.add(piece),
                (10, Value::Varint(flags)) => point.flags = uint32(flags),
                (12, Value::Fixed64(bits)) => point.min = Some(f64::from_bits(bits)),
                (13, Value::Fixed64(bits)) => point.max = Some(f64::from_bits(bits)),
                (14, Value::Fixed64(bits)) => point.zero_threshold = f64::from_bits(bits),
                _ => {}
            }
        }
        point.positive = positive.message(message, 8).map(Buckets::read);
        point.negative = negative.message(message, 9).map(Buckets::read);
        point
    }
}

/// Buckets of an exponential histogram.
#[derive(Clone, Copy)]
pub struct Buckets<'a> {
    message: Message<'a>,
    /// Index of the first bucket.
    pub offset: i32,
}

impl<'a> Buckets<'a> {
    fn read(message: Message<'a>) -> Self {
        let mut buckets = Self { message, offset: 0 };
        for field in message {
            if let (1, Value::Varint(offset)) = field {
                buckets.offset = sint32(offset);
            }
        }
        buckets
    }

    /// Values per bucket.
    pub fn bucket_counts(&self) -> Scalars<'a, u64> {
        self.message.scalars(2)
    }
}

/// A point of a summary.
#[derive(Clone, Copy, Default)]
pub struct SummaryPoint<'a> {
    bytes: &'a [u8],
    /// Since when the values count.
    pub start_time_unix_nano: u64,
    /// When they were taken.
    pub time_unix_nano: u64,
    /// How many values.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Bit 0: no value was recorded.
    pub flags: u32,
}

point_accessors!(SummaryPoint, SUMMARY_POINT, attributes = 7);

impl<'a> SummaryPoint<'a> {
    /// The quantiles the sender computed.
    pub fn quantile_values(&self) -> Elements<'a, Quantile> {
        Message::whole(self.bytes).elements(6)
    }
}

impl<'a> Element<'a> for SummaryPoint<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let mut point = Self { bytes, ..Self::default() };
        for field in Reader::new(bytes) {
            match field {
                (2, Value::Fixed64(time)) => point.start_time_unix_nano = time,
                (3, Value::Fixed64(time)) => point.time_unix_nano = time,
                (4, Value::Fixed64(count)) => point.count = count,
                (5, Value::Fixed64(bits)) => point.sum = f64::from_bits(bits),
                (8, Value::Varint(flags)) => point.flags = uint32(flags),
                _ => {}
            }
        }
        point
    }
}

/// One quantile of a summary.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quantile {
    /// From 0 to 1.
    pub quantile: f64,
    /// The value there.
    pub value: f64,
}

impl Element<'_> for Quantile {
    fn from_bytes(bytes: &[u8]) -> Self {
        let mut quantile = Self::default();
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Fixed64(bits)) => quantile.quantile = f64::from_bits(bits),
                (2, Value::Fixed64(bits)) => quantile.value = f64::from_bits(bits),
                _ => {}
            }
        }
        quantile
    }
}

/// A measurement that went into a point, with where it came from.
#[derive(Clone, Copy, Default)]
pub struct Exemplar<'a> {
    bytes: &'a [u8],
    /// When it was measured.
    pub time_unix_nano: u64,
    /// The value.
    pub value: NumberValue,
    /// Span id as sent.
    pub span_id: &'a [u8],
    /// Trace id as sent.
    pub trace_id: &'a [u8],
}

// The attributes are called `filtered_attributes` there: those the point does not have.
point_accessors!(Exemplar, EXEMPLAR, attributes = 7);

impl<'a> Element<'a> for Exemplar<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let mut exemplar = Self { bytes, ..Self::default() };
        for field in Reader::new(bytes) {
            match field {
                (2, Value::Fixed64(time)) => exemplar.time_unix_nano = time,
                (3, Value::Fixed64(bits)) => {
                    exemplar.value = NumberValue::Double(f64::from_bits(bits));
                }
                (4, Value::Bytes(id)) => exemplar.span_id = id,
                (5, Value::Bytes(id)) => exemplar.trace_id = id,
                (6, Value::Fixed64(bits)) => exemplar.value = NumberValue::Int(bits.cast_signed()),
                _ => {}
            }
        }
        exemplar
    }
}
