//! Tests of `growth`.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use crate::testing::{Fixture, ask};
use crate::{Limits, QueryError};

/// A bounded function gives what the function gives, also where it is called in parts.
#[tokio::test(flavor = "multi_thread")]
async fn bounded_functions_give_the_same() {
    let fixture = Fixture::with_rows().await;
    let wide = fixture.engine(Limits::default()).await;
    let narrow = fixture.engine(Limits { value_bytes: 4_096, ..Limits::default() }).await;
    for sql in [
        "select sum(length(repeat(prompt, 40))) from events",
        "select repeat(prompt, offset_sequence) from events order by offset_sequence",
        "select lpad(prompt, 20, '.'), rpad(prompt, 30, 'ä') from events order by offset_sequence",
        "select replace(event_id, '0', 'zero') from events order by offset_sequence",
        "select regexp_replace(event_id, '(0+)', '[$1]') from events order by offset_sequence",
        "select array_repeat(kind, 3), make_array(kind, agent) from events order by offset_sequence",
        "select kind || '/' || offset_sequence || null, prompt || kind from events order by offset_sequence",
        "select concat(kind, null, 1), concat_ws('-', kind, agent) from events order by offset_sequence",
        "select [1] || [2, 3] || array_resize([4], 2, 0)",
        "select array_to_string(string_to_array(event_id, '0'), '+') from events order by 1",
    ] {
        assert_eq!(ask(&narrow, sql).await.unwrap(), ask(&wide, sql).await.unwrap(), "{sql}");
    }
}

/// `||` keeps its meaning: null if a part is null, numbers become texts, lists are joined.
#[tokio::test(flavor = "multi_thread")]
async fn texts_are_glued_as_ever() {
    let engine = Fixture::new().await.engine(Limits::default()).await;
    let row =
        ask(&engine, "select 'a' || 'b', 'a' || 1 || 2.5, 'a' || null is null, [1] || [2]").await;
    assert_eq!(row.unwrap(), "ab,a12.5,true,\"[1,2]\"");
    let error = ask(&engine, "select 'a' || named_struct('b', 1)").await.unwrap_err();
    assert!(matches!(error, QueryError::Invalid(_)), "{error:?}");
}

/// One value beyond the limit is refused by the name of its function.
#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_refused_by_name() {
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(Limits { value_bytes: 4_096, ..Limits::default() }).await;
    for (sql, name) in [
        ("select repeat('x', 5000)", "`repeat`"),
        ("select repeat(prompt, 500) from events", "`repeat`"),
        ("select rpad('x', 1000) || rpad('y', 1000)", "`||`"),
    ] {
        let error = ask(&engine, sql).await.unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("4096 bytes"), "{sql}: {error}");
    }
}
