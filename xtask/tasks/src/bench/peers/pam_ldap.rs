//! pam_ldap (libpam-ldapd), which asks nslcd.

use monk_tests::Slapd;

use super::nslcd::Nslcd;
use super::{Directory, Peer, Scene};
use crate::bench::world::Transport;

/// pam_ldap with a password alone.
pub struct PamLdap<'a> {
    scene: &'a Scene<'a>,
    transport: Transport,
    directory: Directory,
    words: &'static str,
    service: &'static str,
    nslcd: Option<Nslcd>,
}

impl<'a> PamLdap<'a> {
    /// Over ldap.
    #[track_caller]
    pub fn in_the_clear(scene: &'a Scene<'a>) -> Self {
        let directory = scene.in_the_clear();
        let (words, service) = ("pam_ldap + nslcd, ldap", "peer-ldap");
        Self { scene, transport: Transport::Ldap, directory, words, service, nslcd: None }
    }

    /// Over ldaps.
    #[track_caller]
    pub fn over_tls(scene: &'a Scene<'a>) -> Self {
        let directory = scene.over_tls();
        let (words, service) = ("pam_ldap + nslcd, ldaps", "peer-ldaps");
        Self { scene, transport: Transport::Ldaps, directory, words, service, nslcd: None }
    }
}

impl Peer for PamLdap<'_> {
    fn words(&self) -> &'static str {
        self.words
    }

    fn service(&self) -> &'static str {
        self.service
    }

    fn rules(&self) -> String {
        "auth required pam_ldap.so\n".to_owned()
    }

    fn transport(&self) -> Transport {
        self.transport
    }

    fn slapd(&self) -> &Slapd {
        self.scene.slapd
    }

    fn slowness(&self) -> usize {
        2
    }

    fn begin(&mut self) {
        self.nslcd = Some(Nslcd::start(self.scene.world, &self.directory));
    }

    fn helpers(&self) -> Vec<u32> {
        self.nslcd.iter().map(Nslcd::pid).collect()
    }

    fn end(&mut self) {
        self.nslcd = None;
    }
}
