//! Who may ask: no web page, no borrowed host name, nobody without a token.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use seam_collector::answer::Refusal;
use seam_collector::credentials::Authenticator;
use seam_collector::listener::Peer;
use seam_queries::http::Caller;
use serde_json::json;

/// What the API asks of a request before it looks at it.
#[derive(Debug)]
pub(crate) struct Guard {
    authenticator: Authenticator,
    /// The listener is reachable from this machine only: other host names are a trick.
    loopback_only: bool,
}

impl Guard {
    pub(crate) fn new(authenticator: Authenticator, address: SocketAddr) -> Self {
        Self { authenticator, loopback_only: address.ip().is_loopback() }
    }
}

/// An error as every route of the API tells it.
pub(crate) fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, axum::Json(json!({ "error": { "code": code, "message": message } }))).into_response()
}

/// Refuses what a browser sends from a page that is not ours, and a host name that only a
/// browser led astray by DNS would use for a loopback address.
pub(crate) async fn own_pages_only(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return refuse(
            StatusCode::FORBIDDEN,
            "origin",
            "requests of web pages are not answered here",
        );
    }
    let host = request
        .uri()
        .host()
        .map(str::to_owned)
        .or_else(|| host_name(request.headers().get(header::HOST)?.to_str().ok()?));
    if guard.loopback_only && !host.as_deref().is_some_and(is_this_machine) {
        return refuse(
            StatusCode::FORBIDDEN,
            "host",
            "this address is asked as localhost, 127.0.0.1 or [::1]",
        );
    }
    next.run(request).await
}

/// The name in a `Host` header, without the port.
fn host_name(value: &str) -> Option<String> {
    let authority: axum::http::uri::Authority = value.parse().ok()?;
    Some(authority.host().to_owned())
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Asks for a token and says who it is to what comes after.
pub(crate) async fn credential(
    State(guard): State<Arc<Guard>>,
    Extension(peer): Extension<Arc<Peer>>,
    mut request: Request,
    next: Next,
) -> Response {
    match guard.authenticator.identify(request.headers(), &peer) {
        Ok(identity) => {
            let tenant = (!identity.all_tenants).then_some(identity.tenant);
            request.extensions_mut().insert(Caller { tenant, principal: identity.principal });
            next.run(request).await
        }
        Err(Refusal::Unauthenticated) => refuse(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "send a token for the api: `authorization: Bearer …`",
        ),
        Err(_) => refuse(StatusCode::FORBIDDEN, "forbidden", "this token does not open the api"),
    }
}

/// Asks for a token unless the request comes from this machine.
pub(crate) async fn credential_unless_local(
    state: State<Arc<Guard>>,
    Extension(peer): Extension<Arc<Peer>>,
    request: Request,
    next: Next,
) -> Response {
    if peer.address.ip().to_canonical().is_loopback() {
        return next.run(request).await;
    }
    credential(state, Extension(peer), request, next).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that only DNS could have led here is not this machine.
    #[test]
    fn only_loopback_names_are_this_machine() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["example.org", "10.0.0.1", "localhost.example.org", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
        assert_eq!(host_name("[::1]:7326").as_deref(), Some("[::1]"));
    }
}
