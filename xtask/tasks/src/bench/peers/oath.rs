//! pam_oath for the code, and pam_ldap after it for the password.

use data_encoding::HEXLOWER;
use monk_tests::Slapd;

use super::nslcd::Nslcd;
use super::{FIRST_UID, Peer, Scene};
use crate::bench::people::Person;

/// Where the users' files are, each named after the user.
const FOLDER: &str = "/var/lib/oath";

/// Where the one file of all users is.
const FILE: &str = "/etc/users.oath";

/// The accounts of the machine: where the name of a file has the user in it, pam_oath wants an account.
const ACCOUNTS: &str = "/etc/passwd";

/// pam_oath, stacked on pam_ldap over ldaps.
pub struct Oath<'a> {
    scene: &'a Scene<'a>,
    is_one_file: bool,
    nslcd: Option<Nslcd>,
    /// The accounts of this machine without those of the users.
    accounts: String,
}

impl<'a> Oath<'a> {
    /// With a file for each user.
    #[track_caller]
    pub fn file_for_each(scene: &'a Scene<'a>) -> Self {
        scene.world.make_folder(FOLDER, 0o700);
        Self { is_one_file: false, ..Self::one_file(scene) }
    }

    /// With one file of all users, as its manual has it.
    #[track_caller]
    pub fn one_file(scene: &'a Scene<'a>) -> Self {
        Self { scene, is_one_file: true, nslcd: None, accounts: scene.world.read(ACCOUNTS) }
    }
}

impl Peer for Oath<'_> {
    fn words(&self) -> &'static str {
        if self.is_one_file {
            "pam_oath, one file of all, + pam_ldap, ldaps"
        } else {
            "pam_oath, a file for each, + pam_ldap, ldaps"
        }
    }

    fn service(&self) -> &'static str {
        if self.is_one_file { "peer-oath-file" } else { "peer-oath-files" }
    }

    /// With `digits`, the last six characters are the code, and the password before them is handed
    /// on.
    fn rules(&self) -> String {
        let file = if self.is_one_file { FILE.to_owned() } else { format!("{FOLDER}/${{USER}}") };
        format!(
            "auth requisite pam_oath.so usersfile={file} window=1 digits=6\n\
             auth required pam_ldap.so use_first_pass\n"
        )
    }

    fn slapd(&self) -> &Slapd {
        self.scene.slapd
    }

    fn wants_code(&self) -> bool {
        true
    }

    fn begin(&mut self) {
        if self.is_one_file {
            let all: String = self.scene.people.iter().map(|person| line(*person)).collect();
            self.scene.world.write(FILE, all, 0o600);
        } else {
            self.scene.write_for_each(FOLDER, line);
            let people = self.scene.people.iter();
            let accounts: String = people.map(|person| account(*person)).collect();
            self.scene.world.write(ACCOUNTS, format!("{}{accounts}", self.accounts), 0o644);
        }
        self.nslcd = Some(Nslcd::start(self.scene.world, &self.scene.over_tls()));
    }

    fn helpers(&self) -> Vec<u32> {
        self.nslcd.iter().map(Nslcd::pid).collect()
    }

    fn end(&mut self) {
        if !self.is_one_file {
            self.scene.world.write(ACCOUNTS, &self.accounts, 0o644);
        }
        self.nslcd = None;
    }
}

/// A user's line, by which nothing has been used. With `+` somebody else checks the password.
fn line(person: Person) -> String {
    format!("HOTP/T30/6\t{}\t+\t{}\n", person.name(), HEXLOWER.encode(&person.seed()))
}

/// A user's account.
fn account(person: Person) -> String {
    let (name, number) = (person.name(), FIRST_UID + person.0);
    format!("{name}:x:{number}:{number}::/home/{name}:/usr/sbin/nologin\n")
}
