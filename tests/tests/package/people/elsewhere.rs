//! People who are in 389 Directory Server, or in Active Directory as Samba has it.

use std::cell::RefCell;

use monk_tests::World;
use monk_tests::directories::{Ds389, RealDirectory, Samba};
use monk_tests::fresh::{Debian, Machine};
use monk_tests::site::Site;

use super::{Directory, PASSWORD, SSHD_SETTINGS, key};

/// What a machine needs for a domain controller, and to look after it.
const SAMBA: [&str; 4] = ["samba-ad-dc", "samba-ad-provision", "ldb-tools", "ldap-utils"];

/// What a domain needs to lead people through a change, as docs/passwords.md says.
const LED: &str = "change_expired_password = true\n";

/// A server that is no slapd, and that alice is in.
pub trait Server {
    /// Lets alice's password become too old.
    fn expire(&self);

    /// Stops it. Connections are refused from then on.
    fn stop(&mut self);

    /// Starts it again.
    fn restart(&mut self);
}

/// monk on a machine, with such a server.
type WithServer = (Site, Option<RefCell<Box<dyn Server>>>);

impl Server for Ds389 {
    fn expire(&self) {
        self.put("alice", "passwordGraceLimit");
    }

    fn stop(&mut self) {
        RealDirectory::stop(self);
    }

    fn restart(&mut self) {
        RealDirectory::restart(self);
    }
}

impl Server for Samba {
    fn expire(&self) {
        self.put("alice", "maxPwdAge");
    }

    fn stop(&mut self) {
        RealDirectory::stop(self);
    }

    fn restart(&mut self) {
        RealDirectory::restart(self);
    }
}

/// A machine for people of a directory, and the world of their server. 389's `dscreate` starts its server by
/// systemd, which does not work in the machines of the tests: it runs beside the machine, on the same network.
#[track_caller]
pub fn machine(directory: Directory, debian: Debian) -> (Machine, Option<World>) {
    match directory {
        Directory::Embedded | Directory::OpenLdap => (Machine::new(debian), None),
        Directory::Samba => (Machine::with(debian, &SAMBA), None),
        Directory::Ds389 => {
            let world = World::new();
            (Machine::beside(&world, debian), Some(world))
        }
    }
}

/// The settings for a server.
fn settings<D: RealDirectory>(server: &D, names: &str) -> String {
    let place = if D::KEEPS_CREDENTIALS { "" } else { "credentials = \"embedded\"\n" };
    let led = if D::KEEPS_CREDENTIALS { "" } else { LED };
    format!(
        "directory = \"ldap\"\n{place}\n[ldap]\n{}\n[ldap.names]\n{names}\n{SSHD_SETTINGS}{led}",
        server.ldap_section()
    )
}

/// monk on a machine with a domain, in which alice is, and whose passwords may be like those of the other hosts.
#[track_caller]
pub fn samba(machine: &World) -> WithServer {
    let server = Samba::start(machine);
    server.tool(&["domain", "passwordsettings", "set", "--complexity=off", "--min-pwd-age=0"]);
    server.add_person("alice", PASSWORD);
    server.add_group("operators", &["alice"]);
    let (dn, group) = (server.dn("alice"), server.group_dn("operators"));
    let key = key(machine);
    server.modify(&format!(
        "dn: {dn}\nchangetype: modify\nadd: gecos\ngecos: Alice Example\n-\n\
         add: uidNumber\nuidNumber: 12001\n-\nadd: gidNumber\ngidNumber: 12500\n-\n\
         add: unixHomeDirectory\nunixHomeDirectory: /home/alice\n-\n\
         add: loginShell\nloginShell: /bin/bash\n-\n\
         add: altSecurityIdentities\naltSecurityIdentities: {key}\n"
    ));
    server.modify(&format!("dn: {group}\nchangetype: modify\nadd: gidNumber\ngidNumber: 12500\n"));
    let keys = "ssh_key_attribute = \"altSecurityIdentities\"\n";
    let site = Site::of_package_with(machine, &settings(&server, keys));
    (site, Some(RefCell::new(Box::new(server))))
}

/// monk on a machine beside a server, in which alice is. People may change their own passwords there, as
/// docs/password-directories.md says.
#[track_caller]
pub fn ds389(outside: &Option<World>, machine: &World) -> WithServer {
    let outside = outside.as_ref().expect("389 runs beside the machine");
    let server = Ds389::start(outside);
    server.add_person("alice", PASSWORD);
    server.add_group("operators", &["alice"]);
    let (dn, group) = (server.dn_of("alice"), server.group_dn("operators"));
    let key = key(machine);
    server.modify(&format!(
        "dn: {dn}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n\
         objectClass: nsAccount\n-\nreplace: cn\ncn: Alice Example\n-\nadd: gecos\ngecos: Alice Example\n-\n\
         add: uidNumber\nuidNumber: 12001\n-\nadd: gidNumber\ngidNumber: 12500\n-\n\
         add: homeDirectory\nhomeDirectory: /home/alice\n-\nadd: loginShell\nloginShell: /bin/bash\n-\n\
         add: nsSshPublicKey\nnsSshPublicKey: {key}\n\n\
         dn: {group}\nchangetype: modify\nadd: objectClass\nobjectClass: posixGroup\n-\n\
         add: gidNumber\ngidNumber: 12500\n\n\
         dn: ou=people,dc=example,dc=org\nchangetype: modify\nadd: aci\n\
         aci: (targetattr=\"userPassword\")(version 3.0; acl \"own password\"; allow (write) \
         userdn=\"ldap:///self\";)\n"
    ));
    let site = Site::of_package_beside(outside, machine, &settings(&server, ""));
    (site, Some(RefCell::new(Box::new(server))))
}

/// What `cargo xtask test --all` runs: the servers take long to start.
mod heavy {
    use super::{Debian, Directory};
    use crate::people::{everyday, login, outage, passwords};

    /// The same for people of both servers, on both releases.
    macro_rules! for_people_of {
        ($($name:ident: $directory:ident, $debian:ident);+ $(;)?) => {
            $(mod $name {
                use super::*;

                const HOST: (Directory, Debian) = (Directory::$directory, Debian::$debian);

                #[test]
                fn people_own_files_and_use_sudo() {
                    everyday::people_of_the_directory_own_files_and_are_in_groups(HOST.0, HOST.1);
                    everyday::sudo_by_a_group_of_the_directory(HOST.0, HOST.1);
                }

                #[test]
                fn people_have_cron_and_a_user_manager() {
                    everyday::cron_and_the_user_manager_run_programs_of_people(HOST.0, HOST.1);
                }

                #[test]
                fn people_come_in_with_a_key_and_a_code() {
                    login::a_key_of_the_directory_and_a_code_open_a_session_with_a_home(HOST.0, HOST.1);
                }

                #[test]
                fn people_stay_known_and_the_packages_leave_no_trace() {
                    outage::people_who_were_known_stay_known_while_the_engine_is_away(HOST.0, HOST.1);
                    outage::removed_packages_leave_no_trace(HOST.0, HOST.1);
                }

                #[test]
                fn people_change_their_passwords() {
                    passwords::passwd_changes_the_password_in_the_directory(HOST.0, HOST.1);
                    passwords::an_expired_password_is_changed_while_ssh_logs_in(HOST.0, HOST.1);
                }
            })+
        };
    }

    for_people_of! {
        ds389: Ds389, Bookworm;
        ds389_and_debian_13: Ds389, Trixie;
        active_directory: Samba, Bookworm;
        active_directory_and_debian_13: Samba, Trixie;
    }
}
