//! Users and groups for hosts, from servers with the layouts that organisations have.

mod connections;
mod groups;
mod keys;
mod many;
mod real;
mod users;

use monk_tests::{Slapd, SlapdOptions, World};
use monkd::deadline::Deadline;
use monkd::directory::Directory;
use monkd::directory::names::{Key, PosixGroup, PosixUser};
use monkd::outage::Outage;

use crate::setup::{DEADLINE, Host, Listed, all, slapd, world};

/// Where groups are.
const GROUPS: &str = "ou=groups,dc=example,dc=org";

/// Where people are.
const PEOPLE: &str = "ou=people,dc=example,dc=org";

/// A class for groups with members by DN and a gid, as in RFC 2307bis, and one for keys, as OpenSSH's patch for LDAP
/// had it.
const SCHEMA: &str = "\
dn: cn=hosts,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: hosts
olcAttributeTypes: ( 1.3.6.1.4.1.24552.500.1.1.1.13 NAME 'sshPublicKey'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
olcObjectClasses: ( 1.3.6.1.4.1.24552.500.1.1.2.0 NAME 'ldapPublicKey' SUP top AUXILIARY
  MAY sshPublicKey )
olcAttributeTypes: ( 1.3.6.1.4.1.4203.666.11.97 NAME 'textMember'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.11.98 NAME 'textGroup' SUP top AUXILIARY MAY textMember )
olcObjectClasses: ( 1.3.6.1.4.1.4203.666.11.99 NAME 'bisGroup' SUP top AUXILIARY
  MUST gidNumber MAY memberUid )
";

/// A slapd with a place for groups.
#[track_caller]
fn server(world: &World) -> Slapd {
    let indexed = vec!["objectClass", "uid", "uidNumber", "gidNumber", "memberUid", "member", "cn"];
    let slapd = slapd(world, SlapdOptions { indexed, ..SlapdOptions::default() });
    slapd.add(SCHEMA);
    slapd.add(&format!("dn: {GROUPS}\nobjectClass: organizationalUnit\n"));
    slapd
}

/// A slapd with a place for groups, and a host that has its users and groups from there.
#[track_caller]
fn scene(more: &str) -> (World, Slapd, Host) {
    let world = world();
    let slapd = server(&world);
    let host = host(&world, &slapd, more);
    (world, slapd, host)
}

#[track_caller]
fn host(world: &World, slapd: &Slapd, more: &str) -> Host {
    Host::with(world, &[&slapd.ldaps_uri()], &format!("group_base = {GROUPS:?}\n{more}"))
}

/// The entry of a user with a uid and a home folder, in the group 5000.
fn person(name: &str, uid: u32) -> String {
    format!(
        "dn: uid={name},{PEOPLE}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\ncn: {name}\n\
         sn: Example\nuid: {name}\nemployeeNumber: {name}\nuidNumber: {uid}\ngidNumber: 5000\n\
         homeDirectory: /home/{name}\n\n"
    )
}

/// The entry of a group with members by DN.
fn group(name: &str, gid: u32, members: &[&str]) -> String {
    let members: String = members.iter().map(|member| format!("member: {member}\n")).collect();
    format!(
        "dn: cn={name},{GROUPS}\nobjectClass: groupOfNames\nobjectClass: bisGroup\ncn: {name}\n\
         gidNumber: {gid}\n{members}\n"
    )
}

fn modify(slapd: &Slapd, dn: &str, changes: &str) {
    slapd.modify(&format!("dn: {dn}\nchangetype: modify\n{changes}\n"));
}

/// What is asked of a host.
trait Asked {
    fn user(&self, name: &str) -> Result<Option<PosixUser>, Outage>;
    fn user_of(&self, uid: u32) -> Result<Option<PosixUser>, Outage>;
    fn group(&self, name: &str) -> Result<Option<PosixGroup>, Outage>;
    fn group_of(&self, gid: u32) -> Result<Option<PosixGroup>, Outage>;
    fn groups_of(&self, name: &str) -> Result<Vec<u32>, Outage>;
    fn users(&self) -> Result<Listed<PosixUser>, Outage>;
    fn groups(&self) -> Result<Listed<PosixGroup>, Outage>;
    fn keys(&self, name: &str) -> Result<Vec<String>, Outage>;
}

/// The deadline of each question.
fn soon() -> Deadline {
    Deadline::after(DEADLINE)
}

impl Asked for Host {
    #[track_caller]
    fn user(&self, name: &str) -> Result<Option<PosixUser>, Outage> {
        let name = name.to_owned();
        self.wait(
            self.start(|ldap| async move { ldap.names().user(Key::Name(&name), soon()).await }),
        )
    }

    #[track_caller]
    fn user_of(&self, uid: u32) -> Result<Option<PosixUser>, Outage> {
        self.wait(
            self.start(
                move |ldap| async move { ldap.names().user(Key::Number(uid), soon()).await },
            ),
        )
    }

    #[track_caller]
    fn group(&self, name: &str) -> Result<Option<PosixGroup>, Outage> {
        let name = name.to_owned();
        self.wait(
            self.start(|ldap| async move { ldap.names().group(Key::Name(&name), soon()).await }),
        )
    }

    #[track_caller]
    fn group_of(&self, gid: u32) -> Result<Option<PosixGroup>, Outage> {
        self.wait(
            self.start(
                move |ldap| async move { ldap.names().group(Key::Number(gid), soon()).await },
            ),
        )
    }

    #[track_caller]
    fn groups_of(&self, name: &str) -> Result<Vec<u32>, Outage> {
        let user = self.user(name)?.expect("a user");
        self.wait(self.start(|ldap| async move { ldap.names().groups_of(&user, soon()).await }))
    }

    #[track_caller]
    fn users(&self) -> Result<Listed<PosixUser>, Outage> {
        self.wait(self.start(|ldap| async move { all(ldap.names().all_users(), soon()).await }))
    }

    #[track_caller]
    fn groups(&self) -> Result<Listed<PosixGroup>, Outage> {
        self.wait(self.start(|ldap| async move { all(ldap.names().all_groups(), soon()).await }))
    }

    #[track_caller]
    fn keys(&self, name: &str) -> Result<Vec<String>, Outage> {
        let account = self.account(name);
        self.wait(self.start(|ldap| async move { ldap.ssh_keys(&account, soon()).await }))
    }
}

/// Names and gids of the groups that were found.
fn members(group: Result<Option<PosixGroup>, Outage>) -> Vec<String> {
    group.expect("an answer").expect("a group").members
}
