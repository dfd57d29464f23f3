//! The signature below a profile (CMS, RFC 5652), so that an iPhone says whose it is.
//!
//! The key signs as it does for TLS, by the same library; this puts the message together around it.

use std::time::SystemTime;

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5911, rfc5912};
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Decode, Encode, Tag};
use rustls::SignatureScheme;
use rustls::sign::{CertifiedKey, Signer as KeySigner};
use sha2::{Digest, Sha256, Sha384};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use crate::server::tls;
use crate::settings::Tls;

/// Signatures of S/MIME (RFC 8551 §2.2) that phones have checked for long. Nothing says that they take Ed25519.
const SCHEMES: [SignatureScheme; 3] = [
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
];

/// A certificate with its key.
pub struct Signer {
    chain: Vec<Certificate>,
    key: Box<dyn KeySigner>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Reads both files.
    ///
    /// # Errors
    /// A sentence with the file and what is wrong with it.
    pub fn load(files: &Tls) -> Result<Self, String> {
        let (chain, key) = tls::pair(files)?;
        let (certificate, key_file) = (files.certificate.display(), files.key.display());
        let provider = rustls::crypto::ring::default_provider();
        let pair = CertifiedKey::from_der(chain, key, &provider)
            .map_err(|error| format!("{certificate} and {key_file}: {error}"))?;
        let Some(key) = pair.key.choose_scheme(&SCHEMES) else {
            return Err(format!(
                "{key_file}: phones check signatures of RSA keys and of the curves P-256 and P-384 only"
            ));
        };
        let mut chain = Vec::new();
        for bytes in &pair.cert {
            let one =
                Certificate::from_der(bytes).map_err(|error| format!("{certificate}: {error}"))?;
            if !chain.contains(&one) {
                chain.push(one);
            }
        }
        Ok(Self { chain, key })
    }

    /// The content with a signature around it, in DER.
    #[must_use]
    pub fn signed(&self, content: &[u8], now: SystemTime) -> Option<Vec<u8>> {
        let (digest_algorithm, signature_algorithm, digest) = match self.key.scheme() {
            SignatureScheme::RSA_PKCS1_SHA256 => {
                let key = with(rfc5912::RSA_ENCRYPTION, Some(Any::null()));
                (rfc5912::ID_SHA_256, key, Sha256::digest(content).to_vec())
            }
            SignatureScheme::ECDSA_NISTP256_SHA256 => {
                let key = with(rfc5912::ECDSA_WITH_SHA_256, None);
                (rfc5912::ID_SHA_256, key, Sha256::digest(content).to_vec())
            }
            SignatureScheme::ECDSA_NISTP384_SHA384 => {
                let key = with(rfc5912::ECDSA_WITH_SHA_384, None);
                (rfc5912::ID_SHA_384, key, Sha384::digest(content).to_vec())
            }
            _ => return None,
        };
        let digest_algorithm = with(digest_algorithm, None);
        let tbs = self.chain.first()?.tbs_certificate();
        let signer = IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        };
        let attributes = attributes(&digest, now).ok()?;
        // What is signed is the set as a set, and not as the field that it stands in (RFC 5652 §5.4).
        let signature = self.key.sign(&attributes.to_der().ok()?).ok()?;
        let information = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(signer),
            digest_alg: digest_algorithm.clone(),
            signed_attrs: Some(attributes),
            signature_algorithm,
            signature: OctetString::new(signature).ok()?,
            unsigned_attrs: None,
        };
        let chain = self.chain.iter().cloned().map(CertificateChoices::Certificate);
        let data = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::try_from([digest_algorithm]).ok()?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: rfc5911::ID_DATA,
                econtent: Some(Any::new(Tag::OctetString, content).ok()?),
            },
            certificates: Some(CertificateSet::try_from(chain.collect::<Vec<_>>()).ok()?),
            crls: None,
            signer_infos: SignerInfos::try_from(vec![information]).ok()?,
        };
        let content = Any::encode_from(&data).ok()?;
        ContentInfo { content_type: rfc5911::ID_SIGNED_DATA, content }.to_der().ok()
    }
}

fn with(oid: ObjectIdentifier, parameters: Option<Any>) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters }
}

/// What is signed: the digest of the content, its type, and when (RFC 5652 §11).
fn attributes(digest: &[u8], now: SystemTime) -> der::Result<SetOfVec<Attribute>> {
    let attribute = |oid, value| {
        let values = SetOfVec::try_from([value])?;
        Ok::<_, der::Error>(Attribute { oid, values })
    };
    let (kind, time) = (Any::encode_from(&rfc5911::ID_DATA)?, Time::try_from(now)?.to_der()?);
    SetOfVec::try_from([
        attribute(rfc5911::ID_CONTENT_TYPE, kind)?,
        attribute(rfc5911::ID_SIGNING_TIME, Any::from_der(&time)?)?,
        attribute(rfc5911::ID_MESSAGE_DIGEST, Any::new(Tag::OctetString, digest)?)?,
    ])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use der::Tagged;
    use rcgen::{
        CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
        SignatureAlgorithm,
    };

    use super::*;

    fn files(folder: &Path, kind: &'static SignatureAlgorithm) -> Tls {
        let key = KeyPair::generate_for(kind).expect("a key");
        let parameters =
            CertificateParams::new(vec!["mail.example.org".to_owned()]).expect("a name");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let files = Tls { certificate: folder.join("c.pem"), key: folder.join("k.pem") };
        fs::write(&files.certificate, certificate.pem()).expect("a file");
        fs::write(&files.key, key.serialize_pem()).expect("a file");
        files
    }

    /// The parts of the message, read again.
    fn parts(message: &[u8]) -> SignedData {
        let message = ContentInfo::from_der(message).expect("CMS");
        assert_eq!(message.content_type, rfc5911::ID_SIGNED_DATA);
        message.content.decode_as().expect("signed data")
    }

    #[test]
    fn the_content_stands_in_the_message_with_a_signature_for_its_digest() {
        for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384] {
            let folder = tempfile::tempdir().expect("a folder");
            let signer = Signer::load(&files(folder.path(), kind)).expect("a pair");
            let data = parts(&signer.signed(b"<plist/>", SystemTime::now()).expect("signed"));
            let content = data.encap_content_info.econtent.expect("content");
            assert_eq!((content.tag(), content.value()), (Tag::OctetString, &b"<plist/>"[..]));
            assert_eq!(data.certificates.expect("the chain").0.len(), 1);
            let signer = data.signer_infos.0.get(0).expect("a signer");
            assert_eq!(signer.signed_attrs.as_ref().expect("attributes").len(), 3);
        }
    }

    #[test]
    fn files_that_do_not_fit_together_and_keys_that_no_phone_knows_are_refused() {
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let (first, second) = (
            files(one.path(), &PKCS_ECDSA_P256_SHA256),
            files(two.path(), &PKCS_ECDSA_P256_SHA256),
        );
        let mixed = Tls { key: second.key, ..first };
        assert!(Signer::load(&mixed).expect_err("not a pair").contains("k.pem"));
        let missing = Tls { certificate: one.path().join("none.pem"), ..mixed };
        assert!(Signer::load(&missing).expect_err("nothing there").contains("none.pem"));
        let unknown = files(one.path(), &PKCS_ED25519);
        assert!(Signer::load(&unknown).expect_err("no phone knows it").contains("P-256"));
    }
}
