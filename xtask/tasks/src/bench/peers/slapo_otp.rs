//! slapd's own overlay for one-time passwords (slapo-otp), through pam_ldap.

use data_encoding::BASE64;
use monk_tests::{Slapd, SlapdOptions};

use super::nslcd::Nslcd;
use super::{Directory, FIRST_UID, Peer, Scene};
use crate::bench::people::Person;

/// The ports of the server with the overlay, which would cost every bind at the other something.
const PORTS: (u16, u16) = (1389, 1636);

/// The overlay, which needs no settings.
const OVERLAY: &str = "dn: olcOverlay=otp,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
olcOverlay: otp";

/// The account of nslcd there.
const ACCOUNT: &str = "cn=nslcd,dc=example,dc=org";

/// Its password.
const ACCOUNT_PASSWORD: &str = "service secret";

/// A slapd with the overlay, asked by pam_ldap over ldaps.
pub struct SlapoOtp<'a> {
    scene: &'a Scene<'a>,
    slapd: Slapd,
    nslcd: Option<Nslcd>,
}

impl<'a> SlapoOtp<'a> {
    /// Starts a server with the same users, whose devices are in it.
    #[track_caller]
    pub fn new(scene: &'a Scene<'a>) -> Self {
        let suffix = Slapd::SUFFIX;
        let options = SlapdOptions {
            name: "otp".to_owned(),
            ldap_port: PORTS.0,
            ldaps_port: PORTS.1,
            modules: vec!["otp".to_owned()],
            access: vec![
                "to attrs=userPassword,oathSecret by anonymous auth by * none".to_owned(),
                format!("to * by dn.exact=\"{ACCOUNT}\" read by * none"),
            ],
            config: vec![OVERLAY.to_owned()],
            log: "0",
            ..SlapdOptions::default()
        };
        let slapd = Slapd::start(scene.world, options);
        slapd.add(&format!(
            "dn: {ACCOUNT}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\n\
             cn: nslcd\nuserPassword: {ACCOUNT_PASSWORD}\n\n\
             dn: cn=totp,{suffix}\nobjectClass: device\nobjectClass: oathTOTPParams\ncn: totp\n\
             oathOTPLength: 6\noathHMACAlgorithm: 1.2.840.113549.2.7\n\
             oathTOTPTimeStepPeriod: 30\noathTOTPTimeStepWindow: 1\n"
        ));
        let of = |person: &Person| entry(*person, &scene.hash.of(*person));
        slapd.add(&scene.people.iter().map(of).collect::<String>());
        Self { scene, slapd, nslcd: None }
    }

    fn directory(&self) -> Directory {
        let uri = self.slapd.ldaps_uri();
        Directory::new(self.scene.world, uri, ACCOUNT, ACCOUNT_PASSWORD)
    }
}

impl Peer for SlapoOtp<'_> {
    fn words(&self) -> &'static str {
        "slapo-otp through pam_ldap + nslcd, ldaps"
    }

    fn service(&self) -> &'static str {
        "peer-slapo-otp"
    }

    fn rules(&self) -> String {
        "auth required pam_ldap.so\n".to_owned()
    }

    fn slapd(&self) -> &Slapd {
        &self.slapd
    }

    fn slowness(&self) -> usize {
        4
    }

    fn wants_code(&self) -> bool {
        true
    }

    fn begin(&mut self) {
        let forget = |person: &Person| {
            format!("dn: {}\nchangetype: modify\nreplace: oathTOTPLastTimeStep\n\n", person.dn())
        };
        self.slapd.modify(&self.scene.people.iter().map(forget).collect::<String>());
        self.nslcd = Some(Nslcd::start(self.scene.world, &self.directory()));
    }

    fn helpers(&self) -> Vec<u32> {
        self.nslcd.iter().map(Nslcd::pid).collect()
    }

    fn end(&mut self) {
        self.nslcd = None;
    }
}

/// A user who is a token, too, with the password of the other server.
fn entry(person: Person, password: &str) -> String {
    let (name, dn) = (person.name(), person.dn());
    let secret = BASE64.encode(&person.seed());
    let suffix = Slapd::SUFFIX;
    format!(
        "dn: {dn}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n\
         objectClass: oathTOTPUser\nobjectClass: oathTOTPToken\nuid: {name}\ncn: {name}\n\
         sn: {name}\nuidNumber: {number}\ngidNumber: 100\nhomeDirectory: /home/{name}\n\
         userPassword: {password}\noathTOTPToken: {dn}\noathTOTPParams: cn=totp,{suffix}\n\
         oathSecret:: {secret}\n\n",
        number = FIRST_UID + person.0,
    )
}
