//! A host moves from sssd to monk, with the commands of docs/moving-names.md.

use std::time::Duration;

use monk_tests::fresh::{Debian, Machine, names_package, package};
use monk_tests::site::Site;
use monk_tests::{Slapd, World, until};

use super::{Blocks, Reader};
use crate::guarded::{install_with_names, systemctl};

monk_tests::on_each_debian!(sssd_and_monk_say_the_same_of_users_and_monk_goes_on_alone);

const PAGE: &str = "docs/moving-names.md";

/// What the test here carries out.
pub const BLOCKS: Blocks = &[(PAGE, COMPARE), (PAGE, NUMBER)];

const COMPARE: &str = "diff <(getent -s sss passwd $user)";
const NUMBER: &str = "getent -s sss passwd alice   ";

/// What the machine has before monk.
const SSSD: &[&str] = &["libnss-sss", "sssd-ldap"];

/// How long sssd may take until it knows somebody.
const KNOWN_LIMIT: Duration = Duration::from_secs(30);

/// Users of the host, each with a group of their own, and a group of all of them.
const USERS: [(&str, u32); 3] = [("alice", 12001), ("bob", 12002), ("carol", 12003)];
const STAFF: u32 = 12500;

/// Puts them into the directory.
#[track_caller]
fn add_users(slapd: &Slapd) {
    let suffix = Slapd::SUFFIX;
    for (name, number) in USERS {
        slapd.add(&format!(
            "dn: uid={name},{suffix}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: {name}\n\
             cn: {name} Example\nsn: Example\ngecos: {name} Example\nuidNumber: {number}\n\
             gidNumber: {number}\nhomeDirectory: /home/{name}\nloginShell: /bin/bash\n\n\
             dn: cn={name},{suffix}\nobjectClass: posixGroup\ncn: {name}\ngidNumber: {number}\n"
        ));
    }
    let members: String = USERS.iter().map(|(name, _)| format!("memberUid: {name}\n")).collect();
    slapd.add(&format!(
        "dn: cn=staff,{suffix}\nobjectClass: posixGroup\ncn: staff\ngidNumber: {STAFF}\n{members}"
    ));
}

/// Sets sssd up as its manual says.
#[track_caller]
fn set_up_sssd(machine: &World, uri: &str) {
    let authority = machine.certificates().authority.display().to_string();
    let password = machine.read("/etc/monk/ldap.password");
    let suffix = Slapd::SUFFIX;
    let settings = format!(
        "[sssd]\nservices = nss\ndomains = example\n[domain/example]\nid_provider = ldap\n\
         ldap_uri = {uri}\nldap_search_base = {suffix}\nldap_tls_cacert = {authority}\n\
         ldap_default_bind_dn = cn=monk,{suffix}\nldap_default_authtok = {password}\n"
    );
    machine.write("/etc/sssd/sssd.conf", settings, 0o600);
    systemctl(machine, &["restart", "sssd"]);
}

/// Whether a command of the shell succeeds in the end.
#[track_caller]
fn comes_true(machine: &World, line: &str) {
    let ended = || machine.command("sh").args(["-c", line]).run();
    let is_true = until(KNOWN_LIMIT, || ended().success().then_some(()));
    assert_eq!(is_true, Some(()), "{line}: {}", ended());
}

fn sssd_and_monk_say_the_same_of_users_and_monk_goes_on_alone(debian: Debian) {
    let machine = Machine::with(debian, SSSD);
    install_with_names(&machine, &package().current, &names_package().current);
    systemctl(&machine, &["stop", "slapd"]);
    let site = Site::of_package_in_ldap(&machine, "");
    add_users(&site.slapd());
    set_up_sssd(&machine, &site.slapd().ldaps_uri());
    let services = machine.read("/etc/nsswitch.conf");
    let asked = services.lines().find(|line| line.starts_with("passwd:")).expect("a line");
    assert!(asked.find("sss") < asked.find("monk") && asked.contains("monk"), "{services}");

    for source in ["sss", "monk"] {
        comes_true(&machine, &format!("getent -s {source} passwd alice"));
    }
    let reader = Reader::new(&machine, BLOCKS);
    reader.follows(COMPARE);
    let said = reader.follows(NUMBER).stdout;
    assert!(said.contains(":12001:12001:alice Example:/home/alice:/bin/bash"), "{said}");
    reader.has_read_all();
    // A number that differs is seen.
    site.slapd().modify(&format!(
        "dn: uid=alice,{}\nchangetype: modify\nreplace: uidNumber\nuidNumber: 12099\n",
        Slapd::SUFFIX
    ));
    comes_true(&machine, "monk-enroll names refresh >/dev/null 2>&1; getent -s monk passwd 12099");
    assert!(!Reader::new(&machine, BLOCKS).tries_with(COMPARE, &[]).success());

    // Steps 4 and 6.
    let edit = ["-i", "/^\\(passwd\\|group\\|shadow\\):/s/ sss\\b//", "/etc/nsswitch.conf"];
    machine.command("sed").args(edit).run().expect_success();
    systemctl(&machine, &["disable", "--now", "sssd"]);
    comes_true(&machine, "test \"$(id -u bob)\" = 12002 && id -nG bob | grep -w staff");
}
