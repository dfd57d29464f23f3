//! People who are in Active Directory, as Samba has it.

use std::any::Any;

use monk_tests::World;
use monk_tests::directories::{RealDirectory, Samba};
use monk_tests::fresh::Debian;
use monk_tests::site::Site;

use super::{Directory, PASSWORD, SSHD_SETTINGS, key};
use crate::guarded::systemctl;

/// What a machine needs for a domain controller, and to look after it.
const SAMBA: [&str; 4] = ["samba-ad-dc", "samba-ad-provision", "ldb-tools", "ldap-utils"];

/// What a machine needs beside what all have.
pub fn packages(directory: Directory) -> &'static [&'static str] {
    match directory {
        Directory::Embedded | Directory::OpenLdap => &[],
        Directory::Samba => &SAMBA,
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

/// monk on a machine with a domain, in which alice is, and whose passwords may be like those of the other hosts.
#[track_caller]
pub fn samba(machine: &World) -> (Site, Box<dyn Any>) {
    systemctl(machine, &["stop", "slapd"]);
    systemctl(machine, &["disable", "slapd"]);
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

    const SAMBA: Directory = Directory::Samba;

    #[test]
    fn people_of_active_directory_own_files_and_use_sudo() {
        everyday::people_of_the_directory_own_files_and_are_in_groups(SAMBA, Debian::Bookworm);
        everyday::sudo_by_a_group_of_the_directory(SAMBA, Debian::Bookworm);
    }

    #[test]
    fn people_of_active_directory_have_cron_and_a_user_manager() {
        everyday::cron_and_the_user_manager_run_programs_of_people(SAMBA, Debian::Bookworm);
    }

    #[test]
    fn people_of_active_directory_come_in_with_a_key_and_a_code() {
        login::a_key_of_the_directory_and_a_code_open_a_session_with_a_home(
            SAMBA,
            Debian::Bookworm,
        );
    }

    #[test]
    fn people_of_active_directory_stay_known_and_the_packages_leave_no_trace() {
        outage::people_who_were_known_stay_known_while_the_engine_is_away(SAMBA, Debian::Bookworm);
        outage::removed_packages_leave_no_trace(SAMBA, Debian::Bookworm);
    }
}
