//! A machine on which somebody has installed the package, as docs/install.md says.

use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use monk_tests::clients::{Curl, Login, Ssh};
use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::site::{Device, Site};
use monk_tests::{Output, World};

/// Alice's password, in monk's directory. The machine itself has none of her.
pub const PASSWORD: &str = "correct;horse";

/// Servers beside which pages put monk.
pub const SERVERS: &[&str] =
    &["logrotate", "nginx", "prometheus", "prometheus-node-exporter", "rsyslog"];

/// How long apt-get may take.
const APT_LIMIT: Duration = Duration::from_secs(120);

/// Where Debian's Dovecot looks for its certificate, and for the key.
const DOVECOT_FILES: [&str; 2] =
    ["/etc/dovecot/private/dovecot.pem", "/etc/dovecot/private/dovecot.key"];

/// Installs a package that is a file of this machine, as an administrator does.
#[track_caller]
pub fn install(world: &World, deb: &Path) -> Output {
    world.install(deb, "/root/monk.deb", 0o644);
    apt_get(world, &["install", "/root/monk.deb"])
}

/// Puts a package into root's home, under the name that `cargo xtask deb` gives it.
#[track_caller]
pub fn bring(world: &World, deb: &Path) {
    let name = deb.file_stem().and_then(|name| name.to_str()).expect("a name");
    world.install(deb, format!("/root/{name}_0.1.0-1_amd64.deb"), 0o644);
}

/// Installs both packages, as `apt install ./monk_*.deb ./libnss-monk_*.deb` does.
#[track_caller]
pub fn install_with_names(world: &World, monk: &Path, names: &Path) -> Output {
    world.install(monk, "/root/monk.deb", 0o644);
    world.install(names, "/root/libnss-monk.deb", 0o644);
    apt_get(world, &["install", "/root/monk.deb", "/root/libnss-monk.deb"])
}

/// Runs apt-get, which has no network in there, and asks nothing.
#[track_caller]
pub fn apt_get(world: &World, arguments: &[&str]) -> Output {
    let command = world.command("apt-get").arg("--yes").args(arguments).timeout(APT_LIMIT);
    command.env("DEBIAN_FRONTEND", "noninteractive").run().expect_success()
}

/// Makes Dovecot, sshd and all others ask for a second factor: at most two edits.
#[track_caller]
pub fn enable(world: &World) {
    world.command("pam-auth-update").args(["--enable", "monk"]).run().expect_success();
    let edit = "s/^KbdInteractiveAuthentication no$/KbdInteractiveAuthentication yes/";
    world.command("sed").args(["-i", edit, "/etc/ssh/sshd_config"]).run().expect_success();
    systemctl(world, &["reload", "ssh"]);
}

/// Runs systemctl, which must succeed, for its output.
#[track_caller]
pub fn systemctl(world: &World, arguments: &[&str]) -> String {
    world.command("systemctl").args(arguments).run().expect_success().stdout
}

/// One property of a unit.
#[track_caller]
pub fn property(world: &World, unit: &str, name: &str) -> String {
    systemctl(world, &["show", unit, "--value", "--property", name]).trim().to_owned()
}

/// A machine that asks for a second factor, with alice, who has an account, and a phone.
pub struct Guarded {
    /// The machine.
    pub machine: Machine,
    /// Shows alice's codes.
    pub phone: Device,
    logins: AtomicU8,
}

impl Guarded {
    /// Installs the current package.
    #[track_caller]
    pub fn new(debian: Debian) -> Self {
        Self::with(debian, &package().current)
    }

    /// Installs this package.
    #[track_caller]
    pub fn with(debian: Debian, deb: &Path) -> Self {
        Self::on(Machine::new(debian), deb)
    }

    /// Installs the current package on a machine with [`SERVERS`].
    #[track_caller]
    pub fn among_servers(debian: Debian) -> Self {
        Self::on(Machine::with(debian, SERVERS), &package().current)
    }

    #[track_caller]
    fn on(machine: Machine, deb: &Path) -> Self {
        let machine = Self::installed(machine, deb);
        let site = Site::of_package(&machine);
        let phone = site.user_with_device("alice", PASSWORD);
        Self { machine, phone, logins: AtomicU8::new(1) }
    }

    /// Another machine with the current package, for alice and her phone. Nobody has enrolled there.
    #[track_caller]
    pub fn in_its_place(self, debian: Debian) -> Self {
        let machine = Self::installed(Machine::new(debian), &package().current);
        Self { machine, phone: self.phone, logins: AtomicU8::new(1) }
    }

    #[track_caller]
    fn installed(machine: Machine, deb: &Path) -> Machine {
        install(&machine, deb);
        enable(&machine);
        machine.add_system_user("alice");
        trust_dovecot(&machine);
        machine
    }

    /// Switches the machine off and on again.
    #[track_caller]
    pub fn reboot(&mut self) {
        self.machine.reboot();
        trust_dovecot(&self.machine);
    }

    /// monk on the machine, since its last boot.
    pub fn site(&self) -> Site {
        Site::of_package(&self.machine)
    }

    /// Alice's password and a code that was never used.
    pub fn password_and_code(&self) -> String {
        format!("{PASSWORD};{}", self.phone.code())
    }

    /// Whether alice's mail program gets in with one string.
    #[track_caller]
    pub fn imap(&self, typed: &str) -> bool {
        self.curl("imaps://mail.example.org", typed)
    }

    /// Whether alice may send mail with one string.
    #[track_caller]
    pub fn submission(&self, typed: &str) -> bool {
        self.curl("smtp://mail.example.org:587", typed)
    }

    /// Whether curl is in; anything but a login or a clear refusal is a failure of the test.
    #[track_caller]
    fn curl(&self, url: &str, typed: &str) -> bool {
        // Dovecot lets an address that was refused wait, longer each time.
        let address = format!("127.0.1.{}", self.logins.fetch_add(1, Ordering::Relaxed));
        match Curl::new(&self.machine, url, "alice", typed).from(&address).login() {
            Login::LoggedIn => true,
            Login::Refused(_) => false,
            Login::Failed { status, stderr } => panic!("curl ended with {status:?}: {stderr}"),
        }
    }

    /// Whether alice gets a shell with what is typed at the first prompt and, if it comes, the second.
    #[track_caller]
    pub fn ssh(&self, first: &str, second: &str) -> bool {
        let login = Ssh::at_debians(&self.machine, "alice");
        let login = login.option("PreferredAuthentications=keyboard-interactive");
        let login = login.answer("assword", first).answer("ode", second).run("true");
        login.logged_in()
    }
}

/// Gives Dovecot a certificate that curl trusts, in place of the one that Debian makes for itself.
#[track_caller]
pub fn trust_dovecot(machine: &Machine) {
    let good = &machine.certificates().good;
    for (file, of) in [&good.certificate, &good.key].into_iter().zip(DOVECOT_FILES) {
        let file = file.to_string_lossy();
        machine.command("ln").args(["-sf", &file, of]).run().expect_success();
    }
    systemctl(machine, &["reload", "dovecot"]);
}
