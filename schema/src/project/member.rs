//! How the value of a column becomes a member of a JSON object.

use crate::derived::{Evidence, Id, Texts, Usd};
use crate::event::Text;
use crate::ids::{EventId, LogId, SpanId, TraceId};
use crate::project::json::Json;
use crate::table::cell::{Counts, TimeUs, Word};

/// A value that can stand in a JSON object; an absent one is not written.
pub(super) trait Member {
    /// Writes it.
    fn put(&self, key: &'static str, json: &mut Json<'_>);
}

/// A number that readers with doubles would round.
pub(super) trait Wide {
    /// Writes it as a string.
    fn put_wide(&self, key: &'static str, json: &mut Json<'_>);
}

impl Wide for i64 {
    fn put_wide(&self, key: &'static str, json: &mut Json<'_>) {
        json.wide(key, *self);
    }
}

impl Wide for Option<i64> {
    fn put_wide(&self, key: &'static str, json: &mut Json<'_>) {
        if let Some(number) = self {
            json.wide(key, *number);
        }
    }
}

impl<W: Word> Member for Option<W> {
    fn put(&self, key: &'static str, json: &mut Json<'_>) {
        if let Some(word) = self {
            json.word(key, word.text());
        }
    }
}

/// Members that may be absent, and those that never are.
macro_rules! members {
    ($($value:ty: |$json:ident, $key:ident, $it:ident| $write:expr;)+) => {$(
        impl Member for $value {
            fn put(&self, $key: &'static str, $json: &mut Json<'_>) {
                let $it = self;
                $write;
            }
        }

        impl Member for Option<$value> {
            fn put(&self, key: &'static str, json: &mut Json<'_>) {
                if let Some(value) = self {
                    value.put(key, json);
                }
            }
        }
    )+};
}

members! {
    Text<'_>: |json, key, text| json.text(key, text);
    &str: |json, key, text| json.text(key, text);
    i64: |json, key, number| json.int(key, *number);
    f64: |json, key, number| json.float(key, *number);
    bool: |json, key, truth| json.truth(key, *truth);
    TimeUs: |json, key, time| json.time(key, time.0);
    Usd: |json, key, money| json.float(key, money.dollars());
    EventId: |json, key, id| json.id(key, id);
    LogId: |json, key, id| json.id(key, id);
    Id: |json, key, id| json.id(key, id);
    TraceId: |json, key, id| json.id(key, id);
    SpanId: |json, key, id| json.id(key, id);
    Texts<'_>: |json, key, texts| json.array(key, |json| {
        texts.0.iter().for_each(|text| json.item(text));
    });
    Counts: |json, key, counts| json.object(key, |json| {
        counts.0.iter().for_each(|(name, count)| json.foreign_int(name, *count));
    });
    Evidence: |json, key, evidence| json.array(key, |json| {
        for (event, role) in &evidence.0 {
            json.element(|json| {
                json.id("event_id", event);
                json.word("role", role.as_str());
            });
        }
    });
}
