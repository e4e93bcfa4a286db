//! What the certificate of a client says about it.
//!
//! rustls has verified the chain before this runs; here only names are read.

use seam_schema::ids::{NameError, Principal};
use thiserror::Error;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Largest certificate that is looked into.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

/// Longest host name, by RFC 1035.
const MAX_HOST_BYTES: usize = 253;

/// The names in a verified client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The common name of the subject, else the first DNS name.
    pub principal: Principal,
    /// The first DNS name; empty if there is none.
    pub host: String,
}

/// A certificate that names nobody.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CertificateError {
    /// Not a certificate, or an absurdly large one.
    #[error(
        "cannot read the client certificate: it is damaged or larger than {MAX_CERTIFICATE_BYTES} bytes"
    )]
    Unreadable,
    /// Neither common name nor DNS name.
    #[error(
        "cannot use the client certificate: it has neither a common name nor a dns name; issue one with a name"
    )]
    Nameless,
    /// The name cannot be a principal.
    #[error("cannot use the client certificate: {0}")]
    Name(#[from] NameError),
}

impl ClientCertificate {
    /// Reads the names of the leaf certificate, DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::Unreadable);
        }
        let (_, certificate) =
            X509Certificate::from_der(der).map_err(|_| CertificateError::Unreadable)?;
        let alternative =
            certificate.subject_alternative_name().map_err(|_| CertificateError::Unreadable)?;
        let host = alternative.and_then(|names| {
            names.value.general_names.iter().find_map(|name| match name {
                GeneralName::DNSName(host) if host.len() <= MAX_HOST_BYTES => Some(*host),
                _ => None,
            })
        });
        let common_name =
            certificate.subject().iter_common_name().find_map(|name| name.as_str().ok());
        let name = common_name
            .filter(|name| !name.is_empty())
            .or(host)
            .ok_or(CertificateError::Nameless)?;
        Ok(Self { principal: Principal::new(name)?, host: host.unwrap_or_default().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn certificate(common_name: Option<&str>, hosts: &[&str]) -> Vec<u8> {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = common_name {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    /// The common name is the principal, the first DNS name the host; one stands in for the other.
    #[test]
    fn names_are_read() {
        let both =
            ClientCertificate::from_der(&certificate(Some("anna"), &["laptop-7.example.org", "b"]))
                .unwrap();
        assert_eq!((both.principal.as_str(), both.host.as_str()), ("anna", "laptop-7.example.org"));
        let host = ClientCertificate::from_der(&certificate(None, &["laptop-7"])).unwrap();
        assert_eq!((host.principal.as_str(), host.host.as_str()), ("laptop-7", "laptop-7"));
        let name = ClientCertificate::from_der(&certificate(Some("anna"), &[])).unwrap();
        assert_eq!((name.principal.as_str(), name.host.as_str()), ("anna", ""));
    }

    /// What names nobody, or nobody that could be stored, is an error and no principal.
    #[test]
    fn unusable_certificates_are_refused() {
        assert_eq!(
            ClientCertificate::from_der(&certificate(None, &[])),
            Err(CertificateError::Nameless)
        );
        assert!(matches!(
            ClientCertificate::from_der(&certificate(Some("a name with spaces"), &[])),
            Err(CertificateError::Name(_))
        ));
        assert_eq!(ClientCertificate::from_der(b"garbage"), Err(CertificateError::Unreadable));
        assert_eq!(
            ClientCertificate::from_der(&vec![0x30; 20_000]),
            Err(CertificateError::Unreadable)
        );
    }
}
