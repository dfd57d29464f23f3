//! TLS without a proxy. The files are read again when they change, so that a renewal needs no restart.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use der::Decode;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::settings::Tls;

/// How often the files are looked at: nobody waits for long after a renewal, and a look is two system calls.
pub const LOOK: Duration = Duration::from_secs(10);

/// What tells that a file is another one than before.
type Stamp = (u64, i64, i64, u64);

/// A certificate and its key, as they are now.
#[derive(Debug)]
pub struct Certificate {
    files: Tls,
    current: Mutex<Current>,
}

/// What is in force.
#[derive(Debug)]
struct Current {
    config: Arc<ServerConfig>,
    stamps: [Stamp; 2],
    end: Option<u64>,
}

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// A sentence with the file and what is wrong with it.
    pub fn load(files: &Tls) -> Result<Self, String> {
        // Before they are read: what is written meanwhile is seen at the next look.
        let stamps = stamps(files)?;
        let (config, end) = config(files)?;
        let current = Mutex::new(Current { config, stamps, end });
        Ok(Self { files: files.clone(), current })
    }

    /// What takes the next connection.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.config))
    }

    /// When the certificate that is in force ends, in seconds since 1970.
    #[must_use]
    pub fn end(&self) -> Option<u64> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).end
    }

    /// Reads the files again if they have changed; whether they are in force now.
    ///
    /// # Errors
    /// As [`Certificate::load`]. The old certificate stays in force then, and the next look tries again: between the
    /// writing of one file and of the other, they do not fit together.
    pub fn renew(&self) -> Result<bool, String> {
        let stamps = stamps(&self.files)?;
        if self.current.lock().unwrap_or_else(PoisonError::into_inner).stamps == stamps {
            return Ok(false);
        }
        let (config, end) = config(&self.files)?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
            Current { config, stamps, end };
        Ok(true)
    }
}

fn stamps(files: &Tls) -> Result<[Stamp; 2], String> {
    let stamp = |path: &Path| {
        let data = std::fs::metadata(path).map_err(|error| said(path, &error))?;
        Ok::<Stamp, String>((data.ino(), data.mtime(), data.mtime_nsec(), data.len()))
    };
    Ok([stamp(&files.certificate)?, stamp(&files.key)?])
}

/// The certificates of a file, and the key.
///
/// # Errors
/// A sentence with the file and what is wrong with it.
pub(crate) fn pair(
    files: &Tls,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let path = &files.certificate;
    let chain: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| said(path, &error))?;
    if chain.is_empty() {
        return Err(format!("{}: there is no certificate in it", path.display()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| said(&files.key, &error))?;
    Ok((chain, key))
}

/// When the first certificate of a file ends, in seconds since 1970; `None` where nobody can tell.
pub(crate) fn end_of(chain: &[CertificateDer<'_>]) -> Option<u64> {
    let first = x509_cert::Certificate::from_der(chain.first()?).ok()?;
    Some(first.tbs_certificate().validity().not_after.to_unix_duration().as_secs())
}

fn config(files: &Tls) -> Result<(Arc<ServerConfig>, Option<u64>), String> {
    let (path, (chain, key)) = (&files.certificate, pair(files)?);
    let end = end_of(&chain);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| said(path, &error))?;
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| format!("{} and {}: {error}", path.display(), files.key.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), end))
}

fn said(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(files: &Tls, which: [bool; 2]) {
        let made = rcgen::generate_simple_self_signed(vec!["login.example.org".to_owned()])
            .expect("a certificate");
        for (path, text, is_written) in [
            (&files.certificate, made.cert.pem(), which[0]),
            (&files.key, made.signing_key.serialize_pem(), which[1]),
        ] {
            if is_written {
                fs::write(path.with_extension("new"), text).expect("a file");
                fs::rename(path.with_extension("new"), path).expect("a file");
            }
        }
    }

    #[test]
    fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let files =
            Tls { certificate: folder.path().join("c.pem"), key: folder.path().join("k.pem") };
        assert!(Certificate::load(&files).expect_err("nothing there").contains("c.pem"));
        written(&files, [true, true]);
        let certificate = Certificate::load(&files).expect("a pair");
        assert_eq!(certificate.renew(), Ok(false), "nothing has changed");
        let config = |certificate: &Certificate| Arc::clone(certificate.acceptor().config());
        let first = config(&certificate);

        // Between the writing of the two files, they do not fit together.
        written(&files, [true, false]);
        assert!(certificate.renew().is_err());
        assert!(Arc::ptr_eq(&first, &config(&certificate)), "the old one stays");
        written(&files, [true, true]);
        assert_eq!(certificate.renew(), Ok(true));
        // What rcgen makes ends in 4096.
        assert!(certificate.end() > Some(67_000_000_000));
        assert!(!Arc::ptr_eq(&first, &config(&certificate)));

        fs::remove_file(&files.key).expect("it was there");
        assert!(certificate.renew().expect_err("no key").contains("k.pem"));
    }
}
