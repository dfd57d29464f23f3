//! A directory from nothing: Debian's slapd is set up for monk, and alice logs in with a code.

use std::time::Instant;

use monk_tests::clients::{Curl, Login, Ssh};
use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::site::Site;
use monk_tests::{figures, page};

use super::records::{self, Administrator};
use super::{Blocks, Reader, confirm};
use crate::guarded::{enable, install, systemctl, trust_dovecot};

monk_tests::on_each_debian!(a_directory_from_nothing_knows_a_code_after_the_commands_of_the_page);

const PAGE: &str = "docs/directories/openldap.md";

/// What the test here carries out, in its order.
pub const BLOCKS: Blocks = &[
    (PAGE, COPY),
    (PAGE, SLAPD),
    (PAGE, TLS),
    (PAGE, PEOPLE),
    (PAGE, SCHEMA),
    (PAGE, ACCOUNTS),
    (PAGE, ACCESS),
    (PAGE, INDEX),
    (PAGE, PASSWORD_FILE),
    (PAGE, SETTINGS),
    (PAGE, ENROL),
    (PAGE, DOCTOR),
    (PAGE, POLICY),
    ("docs/directories/README.md", DETECT),
];

const COPY: &str = "cp -r /usr/share/monk/ldap";
const SLAPD: &str = "dpkg-reconfigure slapd";
const TLS: &str = "openssl req";
const PEOPLE: &str = "openldap/people.ldif";
const SCHEMA: &str = "monk-ldap/monk.ldif";
const ACCOUNTS: &str = "openldap/accounts.ldif";
const ACCESS: &str = "monk-ldap/access.ldif";
const INDEX: &str = "openldap/index.ldif";
const PASSWORD_FILE: &str = "openssl rand";
const SETTINGS: &str = "cat >> /etc/monk/monk.toml";
const ENROL: &str = "monk-enroll totp add alice";
const DOCTOR: &str = "monk-enroll doctor --as alice";
const POLICY: &str = "openldap/ppolicy.ldif";
const DETECT: &str = "monk-enroll directory detect";

/// What the reader types when debconf and the programs ask.
const ANSWERS: &str = "\
slapd slapd/domain string example.org
slapd shared/organization string Example
slapd slapd/password1 password of the admin
slapd slapd/password2 password of the admin
";
const ADMIN: (&str, &str) = ("/root/admin.password", "of the admin");
const ALICE: (&str, &str) = ("/root/alice.password", "secret of alice");

fn a_directory_from_nothing_knows_a_code_after_the_commands_of_the_page(debian: Debian) {
    let machine = Machine::new(debian);
    install(&machine, &package().current);
    enable(&machine);
    trust_dovecot(&machine);
    machine.add_system_user("alice");
    for (file, password) in [ADMIN, ALICE] {
        machine.write(file, password, 0o600);
    }
    machine.command("debconf-set-selections").stdin(ANSWERS).run().expect_success();

    let reader = Reader::new(&machine, BLOCKS);
    let begin = Instant::now();
    let admin = ("-W", "-y /root/admin.password");
    for words in [COPY, SLAPD, TLS] {
        reader.follows(words);
    }
    reader.follows_with(PEOPLE, &[admin, ("-S", "-T /root/alice.password")]);
    reader.follows(SCHEMA);
    reader.follows_with(ACCOUNTS, &[admin]);
    for words in [ACCESS, INDEX] {
        reader.follows(words);
    }
    reader.follows_with(PASSWORD_FILE, &[admin]);
    reader.follows(SETTINGS);
    let added = reader.follows_with(ENROL, &[("monk-enroll", "monk-enroll --json")]);
    let phone = confirm(&machine, &added.stdout);
    let took = begin.elapsed();
    let typed = format!("{};{}", ALICE.1, phone.code());
    assert!(opens(&machine, &typed));
    let (release, commands) = (format!("{debian:?}"), commands().to_string());
    figures::row(
        "first login",
        &["OpenLDAP", &release, &commands, &format!("{:.1} s", took.as_secs_f64())],
    );

    assert!(!opens(&machine, &typed), "a spent code");
    assert!(!opens(&machine, ALICE.1), "the password alone");
    assert_eq!(Site::of_package(&machine).last_login().reason, "code-missing");
    let ssh = Ssh::at_debians(&machine, "alice");
    let ssh = ssh.option("PreferredAuthentications=keyboard-interactive");
    let ssh = ssh.answer("assword", ALICE.1).answer("ode", &phone.code()).run("true");
    assert!(ssh.logged_in(), "{ssh:?}");

    examine(&reader);
    let bind = ("cn=monk-check", "cn=monk-enrol");
    let detected = reader.follows_with(DETECT, &[bind, ("--user alice", THE_REST_OF_DETECT)]);
    assert!(detected.stdout.contains("preset = \"openldap\""), "{detected}");

    let administrator = Administrator { machine: &machine, bind: &ADMIN_BIND, answers: admin };
    administrator.adds(OVERLAY, true);
    administrator.adds(POLICIES, false);
    reader.follows_with(POLICY, &[admin]);
    let again = ["-T", "/root/alice.password", "uid=alice,ou=people,dc=example,dc=org"];
    let change = machine.command("ldappasswd").args(ADMIN_BIND).args(["-H", "ldapi:///"]);
    change.args(again).run().expect_success();
    assert!(reads(&machine, &ADMIN_BIND, "pwdHistory"), "there are former passwords");
    assert!(!reads(&machine, &MONKS_BIND, "pwdHistory") && reads(&machine, &MONKS_BIND, "mail"));
    reader.puts(PAGE, "default_policy", "/etc/monk/monk.toml");
    systemctl(&machine, &["reload", "monk"]);
    examine(&reader);
    reader.has_read_all();
    records::move_and_are_looked_after(&administrator);
}

/// The overlay of a directory with password policies, and its policies.
const OVERLAY: &str = "\
dn: cn=module{0},cn=config
changetype: modify
add: olcModuleLoad
olcModuleLoad: ppolicy

dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: ppolicy
olcPPolicyDefault: cn=default,ou=policies,dc=example,dc=org
";
const POLICIES: &str = "\
dn: ou=policies,dc=example,dc=org
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,dc=example,dc=org
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdLockout: TRUE
pwdInHistory: 3
pwdMaxFailure: 5
pwdFailureCountInterval: 1800
";
const ADMIN_BIND: [&str; 5] =
    ["-x", "-D", "cn=admin,dc=example,dc=org", "-y", "/root/admin.password"];

const MONKS_BIND: [&str; 5] =
    ["-x", "-D", "cn=monk-enrol,ou=services,dc=example,dc=org", "-y", "/etc/monk/ldap.password"];

/// Whether an account sees an attribute of alice.
#[track_caller]
fn reads(machine: &Machine, bind: &[&str], attribute: &str) -> bool {
    let search = machine.command("ldapsearch").args(["-LLL", "-H", "ldapi:///"]).args(bind);
    let search = search.args(["-b", "uid=alice,ou=people,dc=example,dc=org", attribute]);
    search.run().expect_success().stdout.contains(&format!("\n{attribute}:"))
}

/// doctor finds nothing but what it finds on every fresh machine.
#[track_caller]
fn examine(reader: &Reader<'_>) {
    let typed = "--as alice --ignore sshd-key-alone --password-stdin < /root/alice.password";
    let doctor = reader.tries_with(DOCTOR, &[("--as alice", typed)]);
    assert!(doctor.success(), "{doctor}");
}

const THE_REST_OF_DETECT: &str = "--user alice --ca-file /etc/ssl/certs/ldap.example.org.pem \
     --password-stdin < /etc/monk/ldap.password";

/// Whether alice's mail program gets in.
#[track_caller]
fn opens(machine: &Machine, typed: &str) -> bool {
    match Curl::new(machine, "imaps://mail.example.org", "alice", typed).login() {
        Login::LoggedIn => true,
        Login::Refused(_) => false,
        Login::Failed { status, stderr } => panic!("curl ended with {status:?}: {stderr}"),
    }
}

/// How many commands a reader types up to the first login.
fn commands() -> usize {
    let typed = BLOCKS.iter().take_while(|(_, words)| *words != DOCTOR);
    typed.map(|(page, words)| commands_of(&page::block(page, words).text)).sum()
}

/// Lines, without those that go on and without documents that follow a command.
fn commands_of(block: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for line in block.replace("\\\n", " ").lines() {
        if inside {
            inside = line != "EOF";
        } else {
            count += 1;
            inside = line.ends_with("<<EOF");
        }
    }
    count
}
