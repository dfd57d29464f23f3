//! Whom to believe that it is the directory server.
//!
//! There is no switch that weakens the checks: a certificate is signed by a trusted authority,
//! valid today and issued for the host of the URI, or there is no connection.

use std::path::Path;
use std::sync::Arc;

use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::outage::Outage;

/// The end of the words about a certificate that has expired.
const EXPIRED: &str = "; renew the certificate, or set this machine's clock";

/// What TLS connections are made with.
///
/// The provider is named: rustls panics when it has to guess between two that are compiled in.
pub(super) fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Outage> {
    let roots = match ca_file {
        Some(file) => own(file)?,
        None => of_the_system()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Outage::Setup(format!("TLS cannot be used: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The authorities of one file. All of it must be in order: the administrator wrote it.
fn own(file: &Path) -> Result<RootCertStore, Outage> {
    let wrong = |why: String| Outage::Setup(format!("ca_file {}: {why}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("there is no certificate in PEM form in it".to_owned()));
    }
    Ok(roots)
}

/// The authorities that the system trusts, without those that rustls cannot read: one odd
/// certificate among a hundred is no reason to trust none.
fn of_the_system() -> Result<RootCertStore, Outage> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(Outage::Setup(
            "the system has no certificate authorities: install ca-certificates, or set ca_file"
                .to_owned(),
        ));
    }
    Ok(roots)
}

/// What is wrong with the server's certificate or the handshake, and what can be done.
pub(super) fn explain(error: &rustls::Error) -> String {
    let advice = match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                "; the certificate has no subjectAltName, and the name in its subject does not count (RFC 9525): \
                 issue one with subjectAltName"
            }
            CertificateError::UnknownIssuer => "; set ca_file to the certificate of its authority",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "; write the name that the certificate is issued for into the URI"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => EXPIRED,
            _ => "",
        },
        _ => "",
    };
    format!("{error}{advice}")
}

/// Whether a server could not be talked to because its certificate has expired.
pub(super) fn is_of_expiry(outage: &Outage) -> bool {
    matches!(outage, Outage::Tls(what) if what.ends_with(EXPIRED))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn each_problem_of_a_certificate_says_what_to_do() {
        let name = || rustls_pki_types::ServerName::try_from("ldap.example.org").expect("a name");
        let of_names = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: name(),
            presented: presented.iter().map(|&name| name.to_owned()).collect(),
        };
        for (problem, advice) in [
            (of_names(&[]), "no subjectAltName"),
            (of_names(&["DnsName(\"a.example.org\")"]), "into the URI"),
            (CertificateError::UnknownIssuer, "set ca_file"),
            (CertificateError::Expired, "renew the certificate"),
        ] {
            let words = explain(&rustls::Error::InvalidCertificate(problem));
            assert!(words.contains(advice), "{words}");
        }
    }

    #[test]
    fn an_authority_file_without_authorities_is_refused_at_the_start() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        assert!(matches!(config(Some(file.path())), Err(Outage::Setup(_))));
        file.write_all(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            .expect("the file is written");
        assert!(matches!(config(Some(file.path())), Err(Outage::Setup(_))));
        assert!(matches!(config(Some(Path::new("/nonexistent"))), Err(Outage::Setup(_))));
    }
}
