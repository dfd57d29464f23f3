//! People who are in 389 Directory Server, or in Active Directory.

use std::any::Any;

use monk_tests::World;
use monk_tests::directories::{Ds389, RealDirectory, Samba};
use monk_tests::fresh::Debian;
use monk_tests::packages::DS389;
use monk_tests::site::Site;

use super::{Directory, PASSWORD, SSHD_SETTINGS, key};
use crate::guarded::systemctl;

/// What a machine needs for a domain controller, and to look after it.
const SAMBA: [&str; 4] = ["samba-ad-dc", "samba-ad-provision", "ldb-tools", "ldap-utils"];

/// What a machine needs beside what all have.
pub fn packages(directory: Directory) -> &'static [&'static str] {
    match directory {
        Directory::Embedded | Directory::OpenLdap => &[],
        Directory::Ds389 => &DS389,
        Directory::Samba => &SAMBA,
    }
}

/// monk on a machine with such a server, in which alice is.
#[track_caller]
pub fn site(directory: Directory, machine: &World) -> (Site, Box<dyn Any>) {
    systemctl(machine, &["stop", "slapd"]);
    systemctl(machine, &["disable", "slapd"]);
    match directory {
        Directory::Samba => samba(machine),
        _ => ds389(machine),
    }
}

/// The settings for a server.
fn settings<D: RealDirectory>(server: &D, names: &str) -> String {
    let place = if D::KEEPS_CREDENTIALS { "" } else { "credentials = \"embedded\"\n" };
    format!(
        "directory = \"ldap\"\n{place}\n[ldap]\n{}\n[ldap.names]\n{names}\n{SSHD_SETTINGS}",
        server.ldap_section()
    )
}

#[track_caller]
fn ds389(machine: &World) -> (Site, Box<dyn Any>) {
    let server = Ds389::start(machine);
    server.add_person("alice", PASSWORD);
    server.add_group("operators", &["alice"]);
    let (dn, group) = (server.dn_of("alice"), server.group_dn("operators"));
    let key = key(machine);
    server.modify(&format!(
        "dn: {dn}\nchangetype: modify\nadd: objectClass\nobjectClass: posixAccount\n\
         objectClass: nsAccount\n-\nreplace: cn\ncn: Alice Example\n-\nadd: gecos\ngecos: Alice Example\n-\n\
         add: uidNumber\nuidNumber: 12001\n-\nadd: gidNumber\ngidNumber: 12500\n-\n\
         add: homeDirectory\nhomeDirectory: /home/alice\n-\nadd: loginShell\nloginShell: /bin/bash\n-\n\
         add: nsSshPublicKey\nnsSshPublicKey: {key}\n"
    ));
    server.modify(&format!(
        "dn: {group}\nchangetype: modify\nadd: objectClass\nobjectClass: posixGroup\n-\n\
         add: gidNumber\ngidNumber: 12500\n"
    ));
    (Site::of_package_with(machine, &settings(&server, "")), Box::new(server))
}

/// A domain whose passwords may be like those of the other hosts.
#[track_caller]
fn samba(machine: &World) -> (Site, Box<dyn Any>) {
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
    (Site::of_package_with(machine, &settings(&server, keys)), Box::new(server))
}

/// What `cargo xtask test --all` runs: the servers take long to start.
mod heavy {
    use super::*;
    use crate::people::{everyday, login, outage};

    const BOTH: [Directory; 2] = [Directory::Ds389, Directory::Samba];

    #[test]
    fn people_of_389_and_of_active_directory_own_files_and_use_sudo() {
        for directory in BOTH {
            everyday::people_of_the_directory_own_files_and_are_in_groups(
                directory,
                Debian::Bookworm,
            );
            everyday::sudo_by_a_group_of_the_directory(directory, Debian::Bookworm);
        }
    }

    #[test]
    fn people_of_389_and_of_active_directory_have_cron_and_a_user_manager() {
        for directory in BOTH {
            everyday::cron_and_the_user_manager_run_programs_of_people(directory, Debian::Bookworm);
        }
    }

    #[test]
    fn people_of_389_and_of_active_directory_come_in_with_a_key_and_a_code() {
        for directory in BOTH {
            login::a_key_of_the_directory_and_a_code_open_a_session_with_a_home(
                directory,
                Debian::Bookworm,
            );
        }
    }

    #[test]
    fn people_of_389_and_of_active_directory_stay_known_and_the_packages_leave_no_trace() {
        for directory in BOTH {
            outage::people_who_were_known_stay_known_while_the_engine_is_away(
                directory,
                Debian::Bookworm,
            );
            outage::removed_packages_leave_no_trace(directory, Debian::Bookworm);
        }
    }
}
