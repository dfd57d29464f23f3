//! nslcd, which asks the directory for pam_ldap (libpam-ldapd).

use monk_tests::site::{PamLoad, PamLogin};
use monk_tests::{Process, World};

use super::directory::Directory;

/// Where pam_ldap asks. It is compiled in, so one world has one nslcd at a time.
const SOCKET: &str = "/var/run/nslcd/socket";

/// A running nslcd.
pub struct Nslcd {
    process: Process,
}

impl Nslcd {
    /// Starts it as Debian does, in the foreground.
    ///
    /// The search after each bind is left out, which the manual allows for servers whose answer to
    /// a bind can be trusted: it makes nslcd faster.
    #[track_caller]
    pub fn start(world: &World, directory: &Directory) -> Self {
        let Directory { uri, account, password, authority } = directory;
        let base = Directory::BASE;
        let settings = format!(
            "uid nslcd\ngid nslcd\nuri {uri}\nbase {base}\nbinddn {account}\nbindpw {password}\n\
             tls_reqcert demand\ntls_cacertfile {authority}\npam_authc_search NONE\n"
        );
        world.write("/etc/nslcd.conf", settings, 0o600);
        world.make_folder("/run/nslcd", 0o755);
        world.command("chown").args(["nslcd:", "/run/nslcd"]).run().expect_success();
        let mut process = world.spawn("nslcd", &["--nofork"]);
        world.wait_for_server(&mut process, || world.is_listening_at(SOCKET));
        warm_up(world);
        Self { process }
    }

    /// Its process, as this machine counts.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

/// Has all threads of nslcd open the connections that stay open.
#[track_caller]
fn warm_up(world: &World) {
    let rules = "auth required pam_ldap.so\naccount required pam_permit.so\n";
    world.write(format!("/etc/pam.d/{WARM_UP}"), rules, 0o644);
    // Different ones, so that they are dealt to all callers.
    let logins: Vec<_> =
        (0..STRANGERS).map(|number| PamLogin::new(format!("stranger{number}"), "x")).collect();
    let load = PamLoad { callers: CALLERS, ..PamLoad::of(WARM_UP) };
    let refused = load.run(world, &logins).refused();
    assert_eq!(refused, STRANGERS, "nslcd refuses whom nobody knows");
}

/// The PAM service of those.
const WARM_UP: &str = "peer-warm-up";

/// Logins of people who are not in the directory: several for each of nslcd's five threads.
const STRANGERS: u64 = 40;

/// How many of them log in at the same time.
const CALLERS: usize = 8;

impl Drop for Nslcd {
    fn drop(&mut self) {
        self.process.terminate();
    }
}
