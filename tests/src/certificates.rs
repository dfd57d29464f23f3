//! Certificate authorities and server certificates, good and bad.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};

use crate::World;

/// Where a world keeps its certificates.
const FOLDER: &str = "/etc/ssl/world";

/// The names for which a good certificate is good.
const NAMES: [&str; 7] = [
    "localhost",
    "127.0.0.1",
    "ldap.example.org",
    "ldap2.example.org",
    "login.example.org",
    "mail.example.org",
    "monk.example.org",
];

/// A server's certificate and key: PEM files of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, as PEM.
    pub certificate: PathBuf,
    /// Its key, as PEM, for root alone.
    pub key: PathBuf,
}

/// The certificates of a world, all of them files in it.
pub struct Certificates {
    /// The authority that clients trust.
    pub authority: PathBuf,
    /// An authority that has nothing to do with it.
    pub other_authority: PathBuf,
    /// Valid, for `localhost`, `127.0.0.1`, and `ldap`, `ldap2`, `mail` and `monk` in
    /// `example.org`.
    pub good: Identity,
    /// Valid, but for `wrong.example.net`.
    pub wrong_name: Identity,
    /// Without subjectAltName: the right name stands in the subject alone.
    pub without_names: Identity,
    /// For the right names, but until 2020 only.
    pub expired: Identity,
    /// For the right names, but signed by the other authority.
    pub untrusted: Identity,
    issuer: Authority,
}

impl Certificates {
    #[track_caller]
    pub(crate) fn install(world: &World) -> Self {
        let authority = authority("World Authority");
        let other = self::authority("Other Authority");
        let file = |name: &str, contents: String, mode| {
            let path = PathBuf::from(FOLDER).join(name);
            world.write(&path, contents, mode);
            path
        };
        let identity = |name: &str, params: CertificateParams, issuer: &Authority| {
            identity(world, name, &params, issuer)
        };
        let mut without_names = server(&NAMES);
        without_names.subject_alt_names.clear();
        let mut expired = server(&NAMES);
        expired.not_before = date_time_ymd(2019, 1, 1);
        expired.not_after = date_time_ymd(2020, 1, 1);
        Self {
            authority: file("authority.pem", authority.pem(), 0o644),
            other_authority: file("other-authority.pem", other.pem(), 0o644),
            good: identity("good", server(&NAMES), &authority),
            wrong_name: identity("wrong-name", server(&["wrong.example.net"]), &authority),
            without_names: identity("without-names", without_names, &authority),
            expired: identity("expired", expired, &authority),
            untrusted: identity("untrusted", server(&NAMES), &other),
            issuer: authority,
        }
    }

    /// Valid like `good`, but for so many days only.
    #[track_caller]
    pub fn ending_in(&self, world: &World, days: u32) -> Identity {
        let mut params = server(&NAMES);
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let day = Duration::from_secs(24 * 60 * 60);
        // Half a day more, so that the day does not end during the test.
        let end = since_1970.expect("it is after 1970") + day * days + day / 2;
        params.not_after = date_time_ymd(1970, 1, 1) + end;
        identity(world, &format!("days-{days}"), &params, &self.issuer)
    }
}

/// A key and a certificate, as files of the world.
#[track_caller]
fn identity(world: &World, name: &str, params: &CertificateParams, issuer: &Authority) -> Identity {
    let file = |name: String, contents: String, mode| {
        let path = PathBuf::from(FOLDER).join(name);
        world.write(&path, contents, mode);
        path
    };
    let key = KeyPair::generate().expect("a P-256 key can be made");
    let certificate = params.signed_by(&key, issuer).expect("an authority signs what it is given");
    Identity {
        certificate: file(format!("{name}.pem"), certificate.pem(), 0o644),
        key: file(format!("{name}.key"), key.serialize_pem(), 0o600),
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2100, 1, 1));
    let key = KeyPair::generate().expect("a P-256 key can be made");
    CertifiedIssuer::self_signed(params, key).expect("an authority signs itself")
}

/// What a server's certificate says, valid for as long as its authority.
fn server(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let common_name = names.first().expect("a server has a name").clone();
    let mut params = CertificateParams::new(names).expect("the names of the world are valid");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2100, 1, 1));
    params
}
