//! Which product stands there, and what it can.

use std::fmt;
use std::sync::PoisonError;

use reqwest::Method;
use serde::Deserialize;

use super::Elastic;
use crate::http::Answer;
use crate::outcome::Outcome;

/// The header by which Elasticsearch names itself; its spelling differs on the wire.
const PRODUCT_HEADER: &str = "x-elastic-product";
/// What Elasticsearch says of itself in all versions, those without the header too.
const TAGLINE: &str = "You Know, for Search";

/// One of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elasticsearch => "Elasticsearch",
            Self::OpenSearch => "OpenSearch",
        })
    }
}

/// What stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) product: Product,
    /// Major and minor; `None` where the credential may not ask.
    pub(crate) version: Option<(u32, u32)>,
}

impl Found {
    fn elasticsearch_from(self, major: u32, minor: u32) -> bool {
        self.product == Product::Elasticsearch && self.version >= Some((major, minor))
    }

    /// Refuses to make an ordinary index where a data stream is meant.
    pub(crate) fn requires_data_stream(self) -> bool {
        self.elasticsearch_from(8, 13)
    }

    /// Can be told to keep documents out of its errors.
    pub(crate) fn hides_source(self) -> bool {
        self.elasticsearch_from(8, 18)
    }

    /// Has a lifecycle in the template itself.
    pub(crate) fn has_stream_lifecycle(self) -> bool {
        self.elasticsearch_from(8, 14)
    }

    /// Leaves out component templates that nobody made.
    pub(crate) fn ignores_missing_components(self) -> bool {
        self.elasticsearch_from(8, 7)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            // What has no numbers of its own is always the newest.
            Some((u32::MAX, _)) => write!(f, "{} (serverless)", self.product),
            Some((major, minor)) => write!(f, "{} {major}.{minor}", self.product),
            None => write!(f, "{}, its version may not be asked", self.product),
        }
    }
}

#[derive(Deserialize)]
struct Root {
    tagline: Option<String>,
    version: Version,
}

#[derive(Deserialize)]
struct Version {
    number: String,
    distribution: Option<String>,
    build_flavor: Option<String>,
}

/// Reads the answer to `GET /`. `None` if it is neither product's.
pub(crate) fn read(answer: &Answer) -> Option<Found> {
    let root: Root = answer.json()?;
    let mut numbers = root.version.number.split('.').map(|part| part.parse().unwrap_or(0));
    let mut version = Some((numbers.next()?, numbers.next().unwrap_or(0)));
    if root.version.distribution.as_deref() == Some("opensearch") {
        return Some(Found { product: Product::OpenSearch, version });
    }
    if root.version.build_flavor.as_deref() == Some("serverless") {
        version = Some((u32::MAX, 0));
    }
    let elastic = answer.header(PRODUCT_HEADER).is_some()
        || root.tagline.is_some_and(|tagline| tagline == TAGLINE);
    elastic.then_some(Found { product: Product::Elasticsearch, version })
}

/// What stands there; asked once, and again after [`forget`].
pub(crate) async fn found(elastic: &Elastic) -> Result<Found, Outcome> {
    let known = *elastic.found.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known {
        return Ok(found);
    }
    let answer = elastic.wire.send(Method::GET, "", None).await;
    let answer = answer.map_err(|fault| fault.outcome().unsent())?;
    let wanted = elastic.options.product;
    let found = match answer.status {
        200 => read(&answer).ok_or_else(|| Outcome::Hold {
            reason: format!("neither Elasticsearch nor OpenSearch answers at this address, {wanted} is configured"),
        })?,
        // A credential that may write need not be allowed to ask.
        403 => Found { product: wanted, version: None },
        408 | 425 | 429 | 500..=599 => {
            let reason = format!("http {} when asked what it is", answer.status);
            return Err(Outcome::Retry { after: answer.retry_after(), reason });
        }
        401 => return Err(Outcome::Hold { reason: "http 401: the credential is not valid".to_owned() }),
        status => {
            return Err(Outcome::Hold { reason: format!("http {status} when asked what it is") });
        }
    };
    if found.product != wanted {
        let reason = format!("{found} answers at this address, {wanted} is configured");
        return Err(Outcome::Hold { reason });
    }
    *elastic.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    Ok(found)
}

/// Has the cluster asked again: it may have been replaced.
pub(crate) fn forget(elastic: &Elastic) {
    *elastic.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
    elastic.safe.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(body: &str, header: bool) -> Answer {
        let mut headers = HeaderMap::new();
        if header {
            headers.insert("X-elastic-product", HeaderValue::from_static("Elasticsearch"));
        }
        Answer { status: 200, headers, body: Some(body.as_bytes().to_vec()), peer: None }
    }

    /// Each product is known by what it says of itself, and can what its version can.
    #[test]
    fn products_are_told_apart() {
        let os = r#"{"version":{"distribution":"opensearch","number":"2.19.1"},"tagline":"The OpenSearch Project: https://opensearch.org/"}"#;
        let es = r#"{"version":{"number":"8.19.21","build_flavor":"default"},"tagline":"You Know, for Search"}"#;
        let old = r#"{"version":{"number":"8.12.0"}}"#;
        let serverless = r#"{"version":{"number":"8.11.0","build_flavor":"serverless"}}"#;
        let can = |found: Found| {
            (found.requires_data_stream(), found.hides_source(), found.has_stream_lifecycle())
        };
        let found = read(&answer(os, false)).unwrap();
        assert_eq!((found.product, found.version), (Product::OpenSearch, Some((2, 19))));
        assert_eq!(can(found), (false, false, false));
        assert_eq!(can(read(&answer(es, true)).unwrap()), (true, true, true));
        assert_eq!(read(&answer(es, true)).unwrap().product, Product::Elasticsearch);
        assert_eq!(can(read(&answer(old, true)).unwrap()), (false, false, false));
        assert_eq!(can(read(&answer(serverless, true)).unwrap()), (true, true, true));
        assert_eq!(read(&answer(old, false)), None);
        assert_eq!(read(&answer("<html>", true)), None);
        // What may not be asked can nothing new.
        assert_eq!(
            can(Found { product: Product::Elasticsearch, version: None }),
            (false, false, false)
        );
    }
}
