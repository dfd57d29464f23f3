//! sssd, which asks the directory for pam_sss.

use std::fs;

use monk_tests::{Process, World};

use super::directory::Directory;

/// Where pam_sss asks.
const SOCKET: &str = "/var/lib/sss/pipes/pam";

/// A running sssd: a monitor, which has started the others.
pub struct Sssd {
    process: Process,
}

impl Sssd {
    /// Starts it as its systemd unit does, with the two services that every installation has.
    /// Entries are cached as usual, passwords are not.
    #[track_caller]
    pub fn start(world: &World, directory: &Directory) -> Self {
        let Directory { uri, account, password, authority } = directory;
        let base = Directory::BASE;
        let settings = format!(
            "[sssd]\nservices = nss, pam\ndomains = world\n\n\
             [domain/world]\nid_provider = ldap\nauth_provider = ldap\naccess_provider = permit\n\
             ldap_uri = {uri}\nldap_search_base = {base}\nldap_default_bind_dn = {account}\n\
             ldap_default_authtok = {password}\nldap_tls_reqcert = demand\n\
             ldap_tls_cacert = {authority}\ncache_credentials = false\n"
        );
        world.write("/etc/sssd/sssd.conf", settings, 0o600);
        let mut process = world.spawn("sssd", &["-i", "--logger=files"]);
        world.wait_for_server(&mut process, || world.is_listening_at(SOCKET));
        Self { process }
    }

    /// All its processes, as this machine counts.
    pub fn pids(&self) -> Vec<u32> {
        let first = self.process.pid();
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children"));
        let children = children.unwrap_or_default();
        let others = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        [first].into_iter().chain(others).collect()
    }
}

impl Drop for Sssd {
    fn drop(&mut self) {
        self.process.terminate();
    }
}
