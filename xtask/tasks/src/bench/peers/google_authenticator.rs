//! pam_google_authenticator for the code, and pam_ldap after it for the password.

use monk_tests::Slapd;

use super::nslcd::Nslcd;
use super::{GOOGLE, Peer, Scene};

/// Where the users' secrets are, with what has been used of them.
const FOLDER: &str = "/var/lib/google-authenticator";

/// pam_google_authenticator, stacked on pam_ldap over ldaps.
pub struct GoogleAuthenticator<'a> {
    scene: &'a Scene<'a>,
    nslcd: Option<Nslcd>,
}

impl<'a> GoogleAuthenticator<'a> {
    /// Makes room for the users' files.
    #[track_caller]
    pub fn new(scene: &'a Scene<'a>) -> Self {
        scene.world.make_folder(FOLDER, 0o700);
        Self { scene, nslcd: None }
    }
}

impl Peer for GoogleAuthenticator<'_> {
    fn words(&self) -> &'static str {
        GOOGLE
    }

    fn service(&self) -> &'static str {
        "peer-google"
    }

    /// The file's owner is checked against `user`, since the users have no accounts here.
    fn rules(&self) -> String {
        format!(
            "auth required pam_google_authenticator.so forward_pass user=root \
             secret={FOLDER}/${{USER}} allowed_perm=0644\n\
             auth required pam_ldap.so use_first_pass\n"
        )
    }

    fn slapd(&self) -> &Slapd {
        self.scene.slapd
    }

    fn wants_code(&self) -> bool {
        true
    }

    /// Codes count once, as google-authenticator(1) recommends. What slows guessers down
    /// (`RATE_LIMIT`) is left out: it would refuse the fourth login of a user in 30 s.
    fn begin(&mut self) {
        self.scene.write_for_each(FOLDER, |person| {
            format!("{}\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n", person.seed_base32())
        });
        self.nslcd = Some(Nslcd::start(self.scene.world, &self.scene.over_tls()));
    }

    fn helpers(&self) -> Vec<u32> {
        self.nslcd.iter().map(Nslcd::pid).collect()
    }

    fn end(&mut self) {
        self.nslcd = None;
    }
}
