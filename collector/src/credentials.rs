//! Who somebody is, and which doors are open to them.
//!
//! Identity comes from a credential and never from a payload. There are three: a bearer
//! token ([`TokenStore`]), the certificate of the client ([`ClientCertificate`]), and for
//! OTLP the fact of coming from this machine. [`Authenticator`] holds the rules.

mod authenticator;
mod certificate;
mod token;
mod token_store;

use seam_schema::ids::{Principal, Tenant};

pub use authenticator::Authenticator;
pub(crate) use authenticator::is_loopback;
pub use certificate::{CertificateError, ClientCertificate};
pub use token::Token;
pub use token_store::{CredentialError, NewToken, TokenEntry, TokenStore};

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Telemetry may be sent.
    Otlp,
    /// Questions may be asked.
    Api,
}

impl Door {
    /// The word in commands and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Otlp => "otlp",
            Self::Api => "api",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Otlp, Self::Api].into_iter().find(|door| door.as_str() == word)
    }
}

/// Somebody who may pass a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whose data it is.
    pub tenant: Tenant,
    /// Whether the data of every tenant may be seen: the local token's right.
    pub all_tenants: bool,
    /// Who it is.
    pub principal: Principal,
    /// Whether records may speak for other principals.
    pub relay: bool,
    /// The host that the client's certificate names; empty if there is none.
    pub certificate_host: String,
}

impl Identity {
    /// Somebody on this machine, without a credential.
    pub fn local() -> Self {
        Self::of(Tenant::default(), Principal::default())
    }

    fn of(tenant: Tenant, principal: Principal) -> Self {
        Self {
            tenant,
            all_tenants: false,
            principal,
            relay: false,
            certificate_host: String::new(),
        }
    }
}
