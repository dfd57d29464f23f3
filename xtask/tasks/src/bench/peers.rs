//! What people use today: each a PAM service of its own in one world, with the same users in the same
//! directory, over ldaps. pam_ldap asks nslcd, pam_sss asks sssd, and pam_google_authenticator stands
//! before pam_ldap.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use monk_core::factors::totp::Parameters;
use monk_tests::site::{PamLoad, PamLogin};
use monk_tests::{Archives, Process, Slapd, World};

use super::floor::right;
use super::people::{PASSWORD, Person};
use super::row::{MONK, Row, Section};
use super::typed::Typed;
use super::world::{BenchWorld, Directory};
use crate::cargo::target;
use crate::failure::Failure;
use crate::prepare;

/// Installed on this machine: it brings a module and changes nothing.
const INSTALLED: [&str; 1] = ["libpam-google-authenticator"];

/// Laid into worlds only: installed, they would rewrite this machine's own PAM rules and name
/// services.
const UNPACKED: [&str; 6] =
    ["nslcd", "libpam-ldapd", "libnss-ldapd", "sssd-ldap", "libpam-sss", "libnss-sss"];

/// The names of rows.
pub const LDAP: &str = "pam_ldap + nslcd";
pub const SSSD: &str = "pam_sss + sssd";
pub const GOOGLE: &str = "pam_google_authenticator + pam_ldap";

/// Their PAM services.
pub const LDAP_SERVICE: &str = "peer-ldap";
pub const SSSD_SERVICE: &str = "peer-sss";
const GOOGLE_SERVICE: &str = "peer-google";

/// What is typed where a code follows the password.
pub const PASSWORD_CODE: &str = "`PASSWORDCODE`";

/// Where nslcd and sssd are asked. Both are compiled in, so a world has one of each.
const NSLCD_SOCKET: &str = "/var/run/nslcd/socket";
const SSSD_SOCKET: &str = "/var/lib/sss/pipes/pam";

/// Where the secrets of google-authenticator's users are, with what has been used of them.
const SECRETS: &str = "/var/lib/google-authenticator";

/// Logins of people who are not in the directory: several for each of nslcd's five threads.
const STRANGERS: u64 = 40;

/// Installs what may be installed, and downloads the rest.
///
/// # Errors
/// When apt-get fails.
pub fn fetch() -> Result<Archives, Failure> {
    prepare::ensure(&INSTALLED)?;
    let folder = target()?.join("debian-packages");
    Archives::download(&UNPACKED, &folder)
        .map_err(|error| Failure::new("packages cannot be downloaded", error))
}

/// The helpers of a world, which run as long as this is there.
pub struct Peers([Process; 2]);

impl Peers {
    /// Lays the packages into a world, starts the helpers, and writes the PAM services.
    #[track_caller]
    pub fn start(bench: &BenchWorld, archives: &Archives) -> Self {
        let world = bench.world();
        unpack(world, archives);
        let password = |module| format!("auth required {module}\naccount required pam_permit.so\n");
        let google = format!(
            // The file's owner is checked against `user`, since the users have no accounts here.
            "auth required pam_google_authenticator.so forward_pass user=root \
             secret={SECRETS}/${{USER}} allowed_perm=0644\n\
             auth required pam_ldap.so use_first_pass\naccount required pam_permit.so\n"
        );
        world.make_folder(SECRETS, 0o700);
        world.write(format!("/etc/pam.d/{LDAP_SERVICE}"), password("pam_ldap.so"), 0o644);
        world.write(format!("/etc/pam.d/{SSSD_SERVICE}"), password("pam_sss.so"), 0o644);
        world.write(format!("/etc/pam.d/{GOOGLE_SERVICE}"), google, 0o644);
        Self([start_nslcd(world, &bench.directory()), start_sssd(world, &bench.directory())])
    }
}

impl Peers {
    /// The processes of nslcd and sssd.
    pub fn pids(&self) -> [u32; 2] {
        [&self.0[0], &self.0[1]].map(Process::pid)
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Process::terminate);
    }
}

/// Lays the packages into a world, and does what their scripts do that matters here.
#[track_caller]
fn unpack(world: &World, archives: &Archives) {
    world.unpack(archives);
    let known = world.read("/etc/passwd").lines().any(|line| line.starts_with("nslcd:"));
    if !known {
        let user = ["--system", "--group", "--home", "/run/nslcd", "--no-create-home", "nslcd"];
        world.command("adduser").args(user).run().expect_success();
    }
    // A world's /var/log and /run are empty.
    world.make_folder("/var/log/sssd", 0o750);
}

/// Starts nslcd as Debian does, in the foreground.
///
/// The search after each bind is left out, which the manual allows for servers whose answer to
/// a bind can be trusted: it makes nslcd faster.
#[track_caller]
fn start_nslcd(world: &World, directory: &Directory) -> Process {
    let Directory { uri, account, password, authority } = directory;
    let base = Slapd::SUFFIX;
    let settings = format!(
        "uid nslcd\ngid nslcd\nuri {uri}\nbase {base}\nbinddn {account}\nbindpw {password}\n\
         tls_reqcert demand\ntls_cacertfile {authority}\npam_authc_search NONE\n"
    );
    world.write("/etc/nslcd.conf", settings, 0o600);
    world.make_folder("/run/nslcd", 0o755);
    world.command("chown").args(["nslcd:", "/run/nslcd"]).run().expect_success();
    let mut process = world.spawn("nslcd", &["--nofork"]);
    world.wait_for_server(&mut process, || world.is_listening_at(NSLCD_SOCKET));
    // All its threads open the connections that stay open.
    let stranger = |number| PamLogin::new(format!("stranger{number}"), "x");
    let load = PamLoad { callers: 8, ..PamLoad::of(LDAP_SERVICE) };
    let refused = load.run(world, &(0..STRANGERS).map(stranger).collect::<Vec<_>>()).refused();
    assert_eq!(refused, STRANGERS, "nslcd refuses whom nobody knows");
    process
}

/// Starts sssd as its systemd unit does, with the two services that every installation has. Entries are
/// cached as usual, passwords are not.
#[track_caller]
fn start_sssd(world: &World, directory: &Directory) -> Process {
    let Directory { uri, account, password, authority } = directory;
    let base = Slapd::SUFFIX;
    let settings = format!(
        "[sssd]\nservices = nss, pam\ndomains = world\n\n\
         [domain/world]\nid_provider = ldap\nauth_provider = ldap\naccess_provider = permit\n\
         ldap_uri = {uri}\nldap_search_base = {base}\nldap_default_bind_dn = {account}\n\
         ldap_default_authtok = {password}\nldap_tls_reqcert = demand\n\
         ldap_tls_cacert = {authority}\ncache_credentials = false\n"
    );
    world.write("/etc/sssd/sssd.conf", settings, 0o600);
    let mut process = world.spawn("sssd", &["-i", "--logger=files"]);
    world.wait_for_server(&mut process, || world.is_listening_at(SSSD_SOCKET));
    process
}

/// The rows of all of them, with one caller and with eight. `people` are all users.
pub fn rows<'a>(bench: &'a BenchWorld, people: &'a [Person]) -> Vec<Row<'a>> {
    let password = Typed::PasswordAlone.words();
    let code = Typed::PasswordAndCode.words();
    let rows = [1, 8].map(|callers| {
        let row = |group: &str, service, words, counterpart, slowness| {
            let load = PamLoad { callers, ..PamLoad::of(service) };
            let wants_code = words == PASSWORD_CODE;
            Row {
                section: Section::Others,
                group: group.to_owned(),
                words,
                callers,
                slowness,
                counterpart: Some((MONK, counterpart)),
                batch: Box::new(move |wanted| {
                    if wants_code {
                        with_codes(bench.world(), people, wanted)
                    } else {
                        with_passwords(people, wanted)
                    }
                }),
                log_in: Box::new(move |logins| load.run(bench.world(), logins)),
                wrong: Some(Box::new(move || {
                    let wrong = if wants_code { PASSWORD } else { "wrong" };
                    PamLogin::new(people[0].name(), wrong)
                })),
                counted: Some(bench),
            }
        };
        [
            row(LDAP, LDAP_SERVICE, password, password, 2),
            row(SSSD, SSSD_SERVICE, password, password, 8),
            row(GOOGLE, GOOGLE_SERVICE, PASSWORD_CODE, code, 4),
        ]
    });
    rows.into_iter().flatten().collect()
}

fn with_passwords(people: &[Person], wanted: usize) -> Vec<PamLogin> {
    people.iter().cycle().take(wanted).map(right).collect()
}

/// Logins of different users with codes, all of them fresh. Codes count once, as google-authenticator(1)
/// recommends. What slows guessers down (`RATE_LIMIT`) is left out: it would refuse the fourth login of a
/// user in 30 s.
#[track_caller]
fn with_codes(world: &World, people: &[Person], wanted: usize) -> Vec<PamLogin> {
    let people = &people[..wanted.min(people.len())];
    let write = |person: &Person| {
        let secret = format!("{}\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n", person.seed_base32());
        fs::write(Path::new(SECRETS).join(person.name()), secret)
    };
    let written = world.inside(|| people.iter().try_for_each(write));
    written.unwrap_or_else(|error| panic!("cannot write into {SECRETS}: {error}"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let step = now.as_secs() / Parameters::default().period;
    let typed = |person: &Person| format!("{PASSWORD}{}", person.code_of_step(step));
    people.iter().map(|person| PamLogin::new(person.name(), typed(person))).collect()
}
