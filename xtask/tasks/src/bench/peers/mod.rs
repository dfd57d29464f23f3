//! What people use today: each a PAM service of its own in one world, with the same users in the
//! same directory.
//!
//! | module | what it sets up |
//! |---|---|
//! | `packages` | Debian's packages, without installing what would change this machine |
//! | `directory` | the directory that all of them ask |
//! | `nslcd`, `sssd` | the helper daemons |
//! | `pam_ldap`, `pam_sss` | modules that know a password |
//! | `google_authenticator`, `oath`, `slapo_otp` | ways to a second factor |
//! | `check` | that each lets the right people in, and nobody else |
//! | `row`, `memory` | what is measured of them |

mod check;
mod directory;
mod google_authenticator;
mod memory;
pub mod nslcd;
mod oath;
pub mod packages;
mod pam_ldap;
mod pam_sss;
mod row;
mod slapo_otp;
pub mod sssd;

use std::fs;
use std::path::Path;

use monk_tests::{Slapd, World};

use super::people::{Hash, Person};
use super::world::Transport;

pub use check::{CODES_AT_ONCE, Findings, PROGRAMS};
pub use directory::Directory;
pub use memory::Memory;
pub use row::{Known, rows};

/// The name of google-authenticator's rows.
pub const GOOGLE: &str = "pam_google_authenticator + pam_ldap, ldaps";

/// The name of sssd's rows.
pub const SSSD: &str = "pam_sss + sssd, ldaps";

/// What is typed where a code follows the password.
pub const PASSWORD_CODE: &str = "`PASSWORDCODE`";

/// What is typed where none does.
pub const PASSWORD_ALONE: &str = "password alone";

/// The first number of a user of the system, where directories usually begin.
const FIRST_UID: u32 = 10_000;

/// The world of the peers, and who is in it.
pub struct Scene<'a> {
    /// The world, with the packages in it.
    pub world: &'a World,
    /// Its directory server.
    pub slapd: &'a Slapd,
    /// The account in it that may read everybody.
    pub account: String,
    /// Its password.
    pub password: String,
    /// The users, who are in the directory.
    pub people: &'a [Person],
    /// How the directory keeps their passwords.
    pub hash: Hash,
}

impl Scene<'_> {
    /// The directory, over TLS.
    #[track_caller]
    pub fn over_tls(&self) -> Directory {
        Directory::new(self.world, self.slapd.ldaps_uri(), &self.account, &self.password)
    }

    /// The directory, as it is.
    #[track_caller]
    fn in_the_clear(&self) -> Directory {
        Directory::new(self.world, self.slapd.ldap_uri(), &self.account, &self.password)
    }

    /// Writes a file for each user into a folder of root's, over what is there.
    #[track_caller]
    fn write_for_each(&self, folder: &str, contents: impl Fn(Person) -> String + Sync) {
        let written = self.world.inside(|| {
            self.people.iter().try_for_each(|person| {
                fs::write(Path::new(folder).join(person.name()), contents(*person))
            })
        });
        written.unwrap_or_else(|error| panic!("cannot write into {folder}: {error}"));
    }
}

/// One way to log in.
pub trait Peer {
    /// Its name in the table.
    fn words(&self) -> &'static str;

    /// Its PAM service.
    fn service(&self) -> &'static str;

    /// The rules of authentication of that service.
    fn rules(&self) -> String;

    /// Whether a code follows the password, in one string.
    fn wants_code(&self) -> bool {
        false
    }

    /// How it reaches the directory.
    fn transport(&self) -> Transport {
        Transport::Ldaps
    }

    /// The directory server that it asks.
    fn slapd(&self) -> &Slapd;

    /// How many times fewer logins are measured, because each takes so long.
    fn slowness(&self) -> usize {
        4
    }

    /// Starts the helper, if it does not run, and makes every code of every user fresh. Comes before each
    /// round.
    fn begin(&mut self);

    /// The name of the helper.
    fn helper(&self) -> &'static str {
        "nslcd"
    }

    /// Its processes, as this machine counts.
    fn helpers(&self) -> Vec<u32>;

    /// Ends the helper where the next peer cannot live beside it. Comes after each round.
    fn end(&mut self) {}

    /// What somebody types whose code is `code`.
    fn typed(&self, password: &str, code: &str) -> String {
        if self.wants_code() { format!("{password}{code}") } else { password.to_owned() }
    }
}

/// Sets up all peers, and writes their PAM services.
#[track_caller]
fn all<'a>(scene: &'a Scene<'a>) -> Vec<Box<dyn Peer + 'a>> {
    let peers: Vec<Box<dyn Peer + 'a>> = vec![
        Box::new(pam_ldap::PamLdap::in_the_clear(scene)),
        Box::new(pam_ldap::PamLdap::over_tls(scene)),
        Box::new(pam_sss::PamSss::new(scene)),
        Box::new(slapo_otp::SlapoOtp::new(scene)),
        Box::new(google_authenticator::GoogleAuthenticator::new(scene)),
        Box::new(oath::Oath::file_for_each(scene)),
        Box::new(oath::Oath::one_file(scene)),
    ];
    write_services(scene, &peers);
    peers
}

/// Sets up those who check a password over ldaps and can live beside each other.
#[track_caller]
pub fn of_passwords<'a>(scene: &'a Scene<'a>) -> Vec<Box<dyn Peer + 'a>> {
    let peers: Vec<Box<dyn Peer + 'a>> =
        vec![Box::new(pam_ldap::PamLdap::over_tls(scene)), Box::new(pam_sss::PamSss::new(scene))];
    write_services(scene, &peers);
    peers
}

#[track_caller]
fn write_services(scene: &Scene<'_>, peers: &[Box<dyn Peer + '_>]) {
    for peer in peers {
        let rules = format!("{}account required pam_permit.so\n", peer.rules());
        scene.world.write(format!("/etc/pam.d/{}", peer.service()), rules, 0o644);
    }
}
