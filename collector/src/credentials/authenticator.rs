//! The rules of a door: which credential it asks for, and of whom none.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, header};
use seam_schema::ids::Tenant;

use super::{Door, Identity, TokenStore};
use crate::answer::Refusal;
use crate::listener::{Peer, PeerCertificate};

/// Decides who a request is from.
///
/// In this order:
/// 1. a bearer token, if one is sent, decides alone: a wrong one is refused even where none
///    is needed, so that a mistyped token does not pass for "no token";
/// 2. the client certificate, for OTLP;
/// 3. OTLP from this machine, or to a listener run with `--insecure`: `local`, `default`.
#[derive(Debug, Clone)]
pub struct Authenticator {
    door: Door,
    tokens: Arc<TokenStore>,
    insecure: bool,
    certificate_tenant: Tenant,
}

impl Authenticator {
    /// The rules of a door. `insecure` lets OTLP in without a credential from anywhere.
    pub fn new(door: Door, tokens: Arc<TokenStore>, insecure: bool) -> Self {
        Self { door, tokens, insecure, certificate_tenant: Tenant::default() }
    }

    /// Sets the tenant of those who come with a certificate; `default` unless set.
    #[must_use]
    pub fn with_certificate_tenant(mut self, tenant: Tenant) -> Self {
        self.certificate_tenant = tenant;
        self
    }

    /// Who the request is from, or why it may not pass.
    pub fn identify(&self, headers: &HeaderMap, peer: &Peer) -> Result<Identity, Refusal> {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        if let Some(value) = sent.next() {
            let token = value.to_str().ok().and_then(bearer).filter(|_| sent.next().is_none());
            let mut identity =
                self.tokens.check(token.ok_or(Refusal::Unauthenticated)?, self.door)?;
            if let PeerCertificate::Verified(certificate) = &peer.certificate {
                identity.certificate_host.clone_from(&certificate.host);
            }
            return Ok(identity);
        }
        if self.door == Door::Api {
            return Err(Refusal::Unauthenticated);
        }
        match &peer.certificate {
            PeerCertificate::Verified(certificate) => {
                let mut identity =
                    Identity::of(self.certificate_tenant.clone(), certificate.principal.clone());
                identity.certificate_host.clone_from(&certificate.host);
                Ok(identity)
            }
            PeerCertificate::None if self.insecure || is_loopback(peer.address.ip()) => {
                Ok(Identity::local())
            }
            PeerCertificate::None | PeerCertificate::Unusable => Err(Refusal::Unauthenticated),
        }
    }
}

/// The token of a `Bearer` credential (RFC 6750; the scheme in any case).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether an address is this machine; `::ffff:127.0.0.1` is.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use http::HeaderValue;
    use seam_schema::ids::Principal;

    use super::*;
    use crate::credentials::ClientCertificate;
    use crate::limits::Limits;
    use crate::testing::Rig;

    fn peer(address: &str, certificate: PeerCertificate) -> Peer {
        Peer { address: address.parse().unwrap(), certificate, encrypted: true }
    }

    fn certificate() -> PeerCertificate {
        let principal = Principal::new("laptop-7").unwrap();
        PeerCertificate::Verified(ClientCertificate { principal, host: "host-7".to_owned() })
    }

    fn bearer(token: &str) -> HeaderMap {
        let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        HeaderMap::from_iter([(header::AUTHORIZATION, value)])
    }

    const AFAR: &str = "10.0.0.1:5";
    const HERE: &str = "[::ffff:127.0.0.1]:5";

    /// Without a token: this machine may send, others need a certificate or a loud word.
    #[test]
    fn senders_from_afar_need_a_credential() {
        let rig = Rig::new(Limits::default());
        let strict = Authenticator::new(Door::Otlp, Arc::clone(&rig.tokens), false);
        let insecure = Authenticator::new(Door::Otlp, Arc::clone(&rig.tokens), true);
        let none = HeaderMap::new();
        let refused = Err(Refusal::Unauthenticated);
        assert_eq!(
            strict.identify(&none, &peer(HERE, PeerCertificate::None)),
            Ok(Identity::local())
        );
        assert_eq!(strict.identify(&none, &peer(AFAR, PeerCertificate::None)), refused);
        assert_eq!(strict.identify(&none, &peer(HERE, PeerCertificate::Unusable)), refused);
        assert_eq!(
            insecure.identify(&none, &peer(AFAR, PeerCertificate::None)),
            Ok(Identity::local())
        );
        let acme = strict.with_certificate_tenant(Tenant::new("acme").unwrap());
        let identity = acme.identify(&none, &peer(AFAR, certificate())).unwrap();
        let names = (identity.tenant.as_str(), identity.principal.as_str());
        assert_eq!((names, identity.certificate_host.as_str()), (("acme", "laptop-7"), "host-7"));
    }

    /// A token decides alone: over a certificate, and a wrong one even where none is needed.
    #[test]
    fn tokens_decide_alone() {
        let rig = Rig::new(Limits::default());
        let token = rig.token("sender", Door::Otlp);
        let insecure = Authenticator::new(Door::Otlp, Arc::clone(&rig.tokens), true);
        let identity = insecure.identify(&bearer(&token), &peer(AFAR, certificate())).unwrap();
        assert_eq!(
            (identity.principal.as_str(), identity.certificate_host.as_str()),
            ("sender", "host-7")
        );
        let refused = Err(Refusal::Unauthenticated);
        assert_eq!(insecure.identify(&bearer("seam_otlp_00"), &peer(HERE, certificate())), refused);
        let mut twice = bearer(&token);
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer other"));
        assert_eq!(insecure.identify(&twice, &peer(HERE, certificate())), refused);
    }

    /// The API wants a token from everybody; neither this machine nor a certificate is enough.
    #[test]
    fn the_api_wants_a_token() {
        let rig = Rig::new(Limits::default());
        let api = Authenticator::new(Door::Api, Arc::clone(&rig.tokens), true);
        let refused = Err(Refusal::Unauthenticated);
        assert_eq!(api.identify(&HeaderMap::new(), &peer(HERE, PeerCertificate::None)), refused);
        assert_eq!(api.identify(&HeaderMap::new(), &peer(HERE, certificate())), refused);
        let token = rig.token("reader", Door::Api);
        let identity = api.identify(&bearer(&token), &peer(AFAR, PeerCertificate::None)).unwrap();
        assert_eq!((identity.tenant.as_str(), identity.all_tenants), ("acme", false));
    }
}
