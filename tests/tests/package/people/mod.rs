//! A host whose people live in the directory: none of them has a line in /etc/passwd.

mod boots;
mod elsewhere;
mod everyday;
mod login;
mod outage;
mod passwords;

use std::cell::RefCell;
use std::time::Duration;

use monk_tests::World;
use monk_tests::clients::{Ssh, SshLogin};
use monk_tests::fresh::{Debian, Machine, names_package, package};
use monk_tests::site::{Device, SETTINGS, Site};
use monk_tests::{Slapd, SlapdOptions, until};

use self::elsewhere::Server;
use crate::guarded::{enable, install_with_names, systemctl};

/// Where the people are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directory {
    /// In monk's own directory.
    Embedded,
    /// In a slapd on the machine.
    OpenLdap,
    /// In 389 Directory Server, on the network that the machine is on.
    Ds389,
    /// In Active Directory, as Samba has it.
    Samba,
}

/// Makes tests of functions that take a [`Directory`] and a [`Debian`], named
/// `claim::directory::release`.
macro_rules! on_each_host {
    ($($claim:ident),+ $(,)?) => {
        $(mod $claim {
            $crate::people::on_each_host!(@$claim embedded Embedded);
            $crate::people::on_each_host!(@$claim openldap OpenLdap);
        })+
    };
    (@$claim:ident $name:ident $directory:ident) => {
        mod $name {
            #[test]
            fn bookworm() {
                let directory = $crate::people::Directory::$directory;
                super::super::$claim(directory, monk_tests::fresh::Debian::Bookworm);
            }

            #[test]
            fn trixie() {
                let directory = $crate::people::Directory::$directory;
                super::super::$claim(directory, monk_tests::fresh::Debian::Trixie);
            }
        }
    };
}
pub(crate) use on_each_host;

/// Alice's password in the directory.
pub const PASSWORD: &str = "correct;horse";

/// Alice, as every program sees her.
pub const ALICE: &str = "alice:*:12001:12500:Alice Example:/home/alice:/bin/bash\n";

/// Her private key, on the machine itself.
const KEY: &str = "/root/key";

/// What people type keys and codes at, as docs/ssh-keys.md says.
const SSHD: &str =
    include_str!("../../../../config/examples/sshd-directory-key-and-code/monk.conf");
const SSHD_SETTINGS: &str =
    include_str!("../../../../config/examples/sshd-directory-key-and-code/monk.toml");

/// The schema of keys that is in use everywhere (openssh-lpk).
const KEY_SCHEMA: &str = "\
dn: cn=openssh-lpk,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: openssh-lpk
olcAttributeTypes: ( 1.3.6.1.4.1.24552.500.1.1.1.13 NAME 'sshPublicKey' DESC 'OpenSSH public key'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
olcObjectClasses: ( 1.3.6.1.4.1.24552.500.1.1.2.0 NAME 'ldapPublicKey' SUP top AUXILIARY
  MUST uid MAY sshPublicKey )
";

/// How long it may take until the machine knows alice.
const KNOWN_LIMIT: Duration = Duration::from_secs(30);

/// What knows of passwords that are too old. It writes as the rootdn.
const POLICIES: &str = "\
dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: ppolicy
";

/// A fresh Debian with both packages, set up as docs/guide-directory-host.md says, and alice, who has a key
/// and a phone.
pub struct Host {
    // They end before the machine does.
    site: Site,
    server: Option<RefCell<Box<dyn Server>>>,
    /// Shows alice's codes.
    pub phone: Device,
    /// The machine.
    pub machine: Machine,
}

impl Host {
    /// Sets it up.
    #[track_caller]
    pub fn new(directory: Directory, debian: Debian) -> Self {
        let (monk, names) = (package().current, names_package().current);
        let (machine, outside) = elsewhere::machine(directory, debian);
        install_with_names(&machine, &monk, &names);
        let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", KEY];
        machine.command("ssh-keygen").args(keygen).run().expect_success();
        machine.write("/etc/ssh/sshd_config.d/monk.conf", SSHD, 0o644);
        enable(&machine);
        machine.command("pam-auth-update").args(["--enable", "mkhomedir"]).run().expect_success();
        if directory != Directory::Embedded {
            // The test has a server of its own, with monk's schema.
            systemctl(&machine, &["stop", "slapd"]);
            systemctl(&machine, &["disable", "slapd"]);
        }
        let (site, server) = match directory {
            Directory::Embedded => (embedded(&machine), None),
            Directory::OpenLdap => (openldap(&machine), None),
            Directory::Ds389 => elsewhere::ds389(&outside, &machine),
            Directory::Samba => elsewhere::samba(&machine),
        };
        let phone = site.device("alice", "Phone");
        // A name waits for 150 ms: the first connection to a server that has just started may take longer.
        let is_known = || succeeds(&machine, "getent passwd alice && id alice").then_some(());
        until(KNOWN_LIMIT, is_known).expect("alice is a user of the machine");
        Self { site, server, phone, machine }
    }

    /// monk on the machine.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// What alice types at a prompt for everything.
    pub fn password_and_code(&self) -> String {
        format!("{PASSWORD};{}", self.phone.code())
    }

    /// Has no directory answer for a while: a slapd hangs, another server is stopped. The embedded one stays.
    pub fn without_directory(&self, work: impl FnOnce()) {
        if self.site.is_in_ldap() {
            self.site.with_slapd(Slapd::freeze);
            work();
            self.site.with_slapd(Slapd::thaw);
        } else if let Some(server) = &self.server {
            server.borrow_mut().stop();
            work();
            server.borrow_mut().restart();
        }
    }

    /// Logs alice in with her key and a code, and runs a command of the shell as her.
    #[track_caller]
    pub fn ssh(&self, code: &str, command: &str) -> SshLogin {
        let login = Ssh::at_debians(&self.machine, "alice").key(KEY);
        login.answer("ode", code).run(command)
    }

    /// What alice sees of a command in a session of her own. It must succeed.
    #[track_caller]
    pub fn alice_runs(&self, command: &str) -> String {
        let login = self.ssh(&self.phone.code(), command);
        assert!(login.logged_in(), "{login:?}");
        login.stdout
    }
}

/// What a command of the shell says. It must succeed.
#[track_caller]
pub fn says(world: &World, command: &str) -> String {
    world.command("sh").args(["-ec", command]).run().expect_success().stdout
}

/// How a command of the shell ends.
pub fn succeeds(world: &World, command: &str) -> bool {
    world.command("sh").args(["-ec", command]).run().success()
}

/// The line of alice's key in the directory.
fn key(machine: &World) -> String {
    machine.read(format!("{KEY}.pub")).trim().to_owned()
}

#[track_caller]
fn embedded(machine: &World) -> Site {
    let site = Site::of_package(machine);
    machine.write(SETTINGS, SSHD_SETTINGS, 0o644);
    systemctl(machine, &["reload", "monk"]);
    site.enroll(&["group", "add", "operators", "--gid", "12500"]);
    let identity = ["--uid", "12001", "--gid", "12500", "--full-name", "Alice Example"];
    let add = machine.command("monk-enroll").args(["user", "add", "alice", "--password-stdin"]);
    add.args(identity).stdin(format!("{PASSWORD}\n")).run().expect_success();
    site.enroll(&["group", "add", "operators", "alice"]);
    site.enroll(&["user", "ssh-key", "add", "alice", &key(machine)]);
    site
}

#[track_caller]
fn openldap(machine: &World) -> Site {
    let site =
        Site::of_package_in_adjusted_ldap(machine, SSHD_SETTINGS, |mut options: SlapdOptions| {
            options.schemas.push(KEY_SCHEMA.to_owned());
            for rule in &mut options.access {
                *rule =
                    rule.replace("attrs=userPassword by", "attrs=userPassword by self write by");
            }
            options.modules.push("ppolicy".to_owned());
            options.config.push(format!("{POLICIES}olcPPolicyDefault: {}\n", passwords::POLICY));
            options
        });
    let (suffix, key) = (Slapd::SUFFIX, key(machine));
    site.slapd().add(&format!(
        "dn: uid=alice,{suffix}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n\
         objectClass: ldapPublicKey\nuid: alice\ncn: Alice Example\nsn: Example\n\
         gecos: Alice Example\nuidNumber: 12001\ngidNumber: 12500\nhomeDirectory: /home/alice\n\
         loginShell: /bin/bash\nuserPassword: {PASSWORD}\nsshPublicKey: {key}\n\n\
         dn: cn=operators,{suffix}\nobjectClass: posixGroup\ncn: operators\ngidNumber: 12500\n\
         memberUid: alice\n"
    ));
    site
}
