//! What users have enrolled, on a machine whose directory openldap.rs has set up: it moves to a store of its own, records
//! of users who are gone are found, and devices of other systems are imported.

use monk_tests::fresh::Machine;
use monk_tests::page;
use monk_tests::site::Site;

use super::{Blocks, Reader};
use crate::guarded::systemctl;

/// What is carried out here.
pub const BLOCKS: Blocks = &[
    ("docs/replication.md", STORE),
    ("docs/replication.md", MOVE),
    ("docs/large.md", GONE),
    ("docs/import.md", OATH),
    ("docs/import.md", MANAGER),
    ("docs/backup.md", RESTORED),
];

const STORE: &str = "monk-ldap/store.ldif";
const MOVE: &str = "monk-enroll credentials move --to ldap";
const GONE: &str = "monk-enroll credentials orphans";
const RESTORED: &str = "monk-enroll credentials restored";
const OATH: &str = "slapcat -a";
const MANAGER: &str = "'(totpSecret=*)' uid totpSecret";

/// The section of the page, for the only server and the only account that there are.
const SERVERS: [(&str, &str); 5] = [
    ("credentials = \"ldap\"\n", ""),
    (
        "\"ldaps://store1.example.org\", \"ldaps://store2.example.org\"",
        "\"ldaps://ldap.example.org\"",
    ),
    ("ldaps://store1.example.org", "ldaps://ldap.example.org"),
    ("cn=monk-check", "cn=monk-enrol"),
    (
        "password_file = \"/etc/monk/store.password\"",
        "password_file = \"/etc/monk/ldap.password\"\nca_file = \"/etc/ssl/certs/ldap.example.org.pem\"",
    ),
];

/// Users of two other systems, with the schema of the second; that of slapo-otp comes with slapd.
const OTHER_SYSTEMS: &str = "\
dn: cn=module{0},cn=config
changetype: modify
add: olcModuleLoad
olcModuleLoad: otp

dn: cn=manager,cn=schema,cn=config
changetype: add
objectClass: olcSchemaConfig
cn: manager
olcAttributeTypes: ( 1.3.6.1.4.1.32473.1 NAME 'totpSecret' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
olcObjectClasses: ( 1.3.6.1.4.1.32473.2 NAME 'totpUser' SUP top AUXILIARY MAY totpSecret )
";
const USERS: &str = "\
dn: uid=bob,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
objectClass: totpUser
uid: bob
cn: Bob Example
sn: Example
totpSecret: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP

dn: cn=usual,ou=groups,dc=example,dc=org
objectClass: applicationProcess
objectClass: oathTOTPParams
cn: usual
oathOTPLength: 6
oathTOTPTimeStepPeriod: 30
oathHMACAlgorithm: 1.2.840.113549.2.7

dn: cn=phone,ou=groups,dc=example,dc=org
objectClass: applicationProcess
objectClass: oathTOTPToken
cn: phone
oathTOTPParams: cn=usual,ou=groups,dc=example,dc=org
oathSecret:: hS/2a0DXBSKMJIlIcAJbBfCCZN0=

dn: uid=carol,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
objectClass: oathTOTPUser
uid: carol
cn: Carol Example
sn: Example
oathTOTPToken: cn=phone,ou=groups,dc=example,dc=org
";

/// The administrator of the directory at the machine itself, as openldap.rs has made it.
pub struct Administrator<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// How `ldapadd` binds.
    pub bind: &'a [&'a str],
    /// What stands in the place of `-W` on the pages.
    pub answers: (&'a str, &'a str),
}

impl Administrator<'_> {
    /// Adds entries, or changes them.
    #[track_caller]
    pub fn adds(&self, entries: &str, config: bool) {
        let bind = if config { ["-Q", "-Y", "EXTERNAL"].as_slice() } else { self.bind };
        let add = self.machine.command("ldapadd").args(bind).args(["-H", "ldapi:///"]);
        add.stdin(entries).run().expect_success();
    }
}

/// Everything of it.
#[track_caller]
pub fn move_and_are_looked_after(administrator: &Administrator<'_>) {
    let machine = administrator.machine;
    let reader = Reader::new(machine, BLOCKS);
    let site = Site::of_package(machine);
    let enrolled = || site.enroll(&["status", "alice"])["credentials"].clone();
    let before = enrolled();

    reader.follows_with(STORE, &[administrator.answers]);
    let mut section = page::block("docs/replication.md", "[credential_store]").text;
    for (on_the_page, mine) in SERVERS {
        assert!(section.contains(on_the_page), "{section}");
        section = section.replace(on_the_page, mine);
    }
    reader.puts_text(&section, "/etc/monk/monk.toml");
    systemctl(machine, &["reload", "monk"]);
    reader.follows_with(MOVE, &[("monk-enroll", "monk-enroll --yes")]);
    let change = ["-i", "s/^#credentials = .*/credentials = \"ldap\"/", "/etc/monk/monk.toml"];
    machine.command("sed").args(change).run().expect_success();
    systemctl(machine, &["reload", "monk"]);
    assert_eq!(enrolled(), before);

    administrator.adds(OTHER_SYSTEMS, true);
    administrator.adds(USERS, false);
    let carol = reader.follows(OATH).stdout;
    assert!(carol.contains("carol"), "{carol}");
    let authority = ("ldapsearch", "LDAPTLS_CACERT=/etc/ssl/certs/ldap.example.org.pem ldapsearch");
    let bob = reader.follows_with(MANAGER, &[administrator.answers, authority]).stdout;
    assert!(bob.contains("bob"), "{bob}");

    site.device("bob", "Phone");
    let delete = machine.command("ldapdelete").args(administrator.bind);
    let bob = "uid=bob,ou=people,dc=example,dc=org";
    delete.args(["-H", "ldapi:///", bob]).run().expect_success();
    let gone = reader.follows_with(GONE, &[("sweep", "sweep --yes")]).stdout;
    assert!(gone.contains("bob"), "{gone}");
    reader.follows_with(RESTORED, &[("monk-enroll", "monk-enroll --yes")]);
    reader.has_read_all();
}
