//! pam_sss, which asks sssd.

use monk_tests::Slapd;

use super::sssd::Sssd;
use super::{Peer, SSSD, Scene};

/// pam_sss with a password alone.
pub struct PamSss<'a> {
    scene: &'a Scene<'a>,
    sssd: Sssd,
}

impl<'a> PamSss<'a> {
    /// Starts sssd, which stays: it takes seconds to start, and nothing while nobody asks.
    #[track_caller]
    pub fn new(scene: &'a Scene<'a>) -> Self {
        Self { scene, sssd: Sssd::start(scene.world, &scene.over_tls()) }
    }
}

impl Peer for PamSss<'_> {
    fn words(&self) -> &'static str {
        SSSD
    }

    fn service(&self) -> &'static str {
        "peer-sss"
    }

    fn rules(&self) -> String {
        "auth required pam_sss.so\n".to_owned()
    }

    fn slapd(&self) -> &Slapd {
        self.scene.slapd
    }

    fn slowness(&self) -> usize {
        8
    }

    fn begin(&mut self) {}

    fn helper(&self) -> &'static str {
        "sssd"
    }

    fn helpers(&self) -> Vec<u32> {
        self.sssd.pids()
    }
}
