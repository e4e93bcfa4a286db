//! Values in statements.

/// A text as a literal of SQL. Nothing in it can end the literal: the dialect knows no escapes
/// but the doubled quote.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The literals of a list, for `in (…)`.
pub(crate) fn literals<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quote in a value stays in the value.
    #[test]
    fn quotes_are_doubled() {
        assert_eq!(literal("x' or 1=1 --"), "'x'' or 1=1 --'");
        assert_eq!(literal("back\\'slash"), "'back\\''slash'");
        assert_eq!(literals(["a", "b'c"]), "'a', 'b''c'");
        assert_eq!(literals([]), "");
    }
}
