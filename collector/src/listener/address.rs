//! Which addresses may be listened on with which protection.

use std::net::SocketAddr;

use thiserror::Error;

use crate::credentials::is_loopback;

/// How a listener is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// Connections are encrypted.
    pub tls: bool,
    /// There is a credential somebody could come with: a token for this door, or an
    /// authority for client certificates.
    pub credentials: bool,
    /// The operator said `--insecure`.
    pub insecure: bool,
}

/// A listener that everybody could read or write.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ExposureError {
    /// Plaintext beyond this machine.
    #[error(
        "cannot listen on {0} for {1} without tls: prompts and tokens would cross the network in the clear; set a certificate and a key, listen on 127.0.0.1, or say --insecure"
    )]
    NoTls(SocketAddr, &'static str),
    /// Nobody could come in.
    #[error(
        "cannot listen on {0} for {1} without credentials: nobody could pass; create a token with `seam token create`, set an authority for client certificates, or say --insecure"
    )]
    NoCredentials(SocketAddr, &'static str),
}

/// Refuses a listener beyond this machine that lacks TLS or credentials. Used where
/// configuration is checked and where it is applied, so that both say the same.
pub fn check_exposure(
    name: &'static str,
    address: SocketAddr,
    protection: Protection,
) -> Result<(), ExposureError> {
    if is_loopback(address.ip()) || protection.insecure {
        return Ok(());
    }
    if !protection.tls {
        return Err(ExposureError::NoTls(address, name));
    }
    if !protection.credentials {
        return Err(ExposureError::NoCredentials(address, name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// This machine needs nothing; all else needs both, or a loud word.
    #[test]
    fn exposure_needs_tls_and_credentials() {
        let none = Protection { tls: false, credentials: false, insecure: false };
        let check =
            |address: &str, protection| check_exposure("api", address.parse().unwrap(), protection);
        for address in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(check(address, none), Ok(()), "{address}");
        }
        for address in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[2001:db8::1]:1"] {
            let tls = Protection { tls: true, ..none };
            assert!(matches!(check(address, none), Err(ExposureError::NoTls(..))), "{address}");
            assert!(
                matches!(check(address, tls), Err(ExposureError::NoCredentials(..))),
                "{address}"
            );
            assert!(check(address, Protection { credentials: true, ..none }).is_err(), "{address}");
            assert_eq!(
                check(address, Protection { credentials: true, ..tls }),
                Ok(()),
                "{address}"
            );
            assert_eq!(check(address, Protection { insecure: true, ..none }), Ok(()), "{address}");
        }
    }
}
