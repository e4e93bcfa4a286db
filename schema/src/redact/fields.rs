//! Fields that are redacted for what they are, whatever stands in them.

use super::mark::{mark, marks};

/// The attribute with the arguments of a process: any of them may be a secret.
pub(crate) const COMMAND_ARGS: &str = "process.command_args";
/// The rule that replaces it whole.
pub(crate) const COMMAND_ARGS_RULE: &str = "process-command-args";
/// The rule that empties the queries of URLs.
pub(crate) const URL_QUERY_RULE: &str = "url-query";
/// The rules of this file.
pub(crate) const RULES: [(&str, &str); 2] = [
    (COMMAND_ARGS_RULE, "the attribute process.command_args, whole"),
    (URL_QUERY_RULE, "values in the query of a field that is a URL"),
];
/// The attributes that are URLs; the last has a query and nothing else.
const URLS: &[&str] = &["url.full", "url.original", "http.url", "http.target", QUERY];
const QUERY: &str = "url.query";
/// What tells on the wire that one of these attributes is there.
pub(crate) const KEYWORDS: &[&str] =
    &[COMMAND_ARGS, "url.full", "url.original", "http.url", "http.target", "url.query"];

/// Whether a key of a map is, or keeps under a reserved prefix, this attribute.
pub(crate) fn is(key: &str, attribute: &str) -> bool {
    key.strip_suffix(attribute).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

/// Whether the attribute is a URL, and whether it is nothing but a query.
pub(crate) fn is_url(key: &str) -> Option<bool> {
    URLS.iter().find(|url| is(key, url)).map(|url| *url == QUERY)
}

/// The URL with its query's values replaced, and how many; `None` if it has none. `bare` says that
/// the text is the query alone.
pub(crate) fn without_query(key: &[u8; 32], url: &str, bare: bool) -> Option<(String, i64)> {
    let start = if bare { usize::from(url.starts_with('?')) } else { url.find('?')? + 1 };
    let (head, rest) = url.split_at_checked(start)?;
    let (query, fragment) = rest.split_at_checked(rest.find('#').unwrap_or(rest.len()))?;
    let mut out = head.to_owned();
    let mut count = 0;
    for (index, parameter) in query.split('&').enumerate() {
        if index > 0 {
            out.push('&');
        }
        let (name, value) =
            parameter.split_once('=').map_or(("", parameter), |(name, value)| (name, value));
        if parameter.contains('=') {
            out.push_str(name);
            out.push('=');
        }
        if value.is_empty()
            || marks(value.as_bytes()).first().is_some_and(|mark| *mark == (0..value.len()))
        {
            out.push_str(value);
        } else {
            out.push_str(&mark(key, URL_QUERY_RULE, value.as_bytes()));
            count += 1;
        }
    }
    out.push_str(fragment);
    (count > 0).then_some((out, count))
}
