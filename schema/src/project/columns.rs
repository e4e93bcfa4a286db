//! Every column of a row, each in its way: one list that cannot forget a column.

/// Writes columns of a row: `plain` as they are, `wide` as strings, `content` through the policy,
/// `none` not at all. A column that is missing from the list, or twice in it, does not compile.
macro_rules! columns {
    ($json:ident, $policy:expr, $row:ident = $value:expr; $($how:ident $name:ident),+ $(,)?) => {
        let $row { $($name),+ } = $value;
        $(columns!(@$how $json, $policy, $name);)+
    };
    (@plain $json:ident, $policy:expr, $name:ident) => {
        $name.put(stringify!($name), $json);
    };
    (@wide $json:ident, $policy:expr, $name:ident) => {
        $name.put_wide(stringify!($name), $json);
    };
    (@content $json:ident, $policy:expr, $name:ident) => {
        $policy.text(stringify!($name), concat!(stringify!($name), "_bytes"),
            concat!(stringify!($name), "_hash"), $name.as_deref(), $json);
    };
    (@none $json:ident, $policy:expr, $name:ident) => {
        // Stands elsewhere, or nowhere.
        let _ = $name;
    };
}
pub(super) use columns;
