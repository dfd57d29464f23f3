//! Directories that cannot be started here, with their names of entries and attributes, on slapd.
//!
//! What they look like is theirs; what the server does by itself, such as refusing a bind because of
//! `nsAccountLock`, is not.

mod authentik;
mod freeipa;
mod lldap;

use std::cell::Cell;
use std::marker::PhantomData;

use super::{RealDirectory, State};
use crate::site::shipped;
use crate::{Slapd, SlapdOptions, World};

pub use authentik::Authentik;
pub use freeipa::FreeIpa;
pub use lldap::Lldap;

/// The password of monk's account.
const SERVICE_PASSWORD: &str = "service;secret";

/// Where the settings say that it is.
const PASSWORD_FILE: &str = "/etc/monk/ldap.password";

/// How a product arranges its directory.
pub trait Layout {
    /// The name of the preset.
    const NAME: &'static str;

    /// Whether its schema can be extended for what people enrol.
    const KEEPS_CREDENTIALS: bool;

    /// What slapd has to know besides its own schemas.
    const SCHEMA: &'static str;

    /// The entries above people, groups and accounts, from the top, each with its class.
    const CONTAINERS: &'static [(&'static str, &'static str)];

    /// Where people are, where groups are, and monk's account, all without the suffix.
    const PEOPLE: &'static str;
    /// Where groups are.
    const GROUPS: &'static str;
    /// monk's own account, with its class.
    const ACCOUNT: (&'static str, &'static str);

    /// The attribute that names a person's entry.
    const NAMING: &'static str;

    /// The class of groups.
    const GROUP: &'static str;

    /// More lines of `[ldap]`.
    const SECTION: &'static str;

    /// By which attribute, set to which value, an account comes into which state.
    const MEANS: &'static [(&'static str, State)];

    /// The value for each of them.
    fn value(means: &str) -> &'static str;

    /// The attributes of a person. No two have one `serial`.
    fn person(name: &str, serial: u32) -> String;
}

/// A directory that is arranged in this way.
pub struct Arranged<L> {
    world: World,
    slapd: Slapd,
    serial: Cell<u32>,
    layout: PhantomData<L>,
}

impl<L: Layout> Arranged<L> {
    fn dn(&self, name: &str) -> String {
        format!("{}={name},{},{}", L::NAMING, L::PEOPLE, Slapd::SUFFIX)
    }
}

impl<L: Layout> RealDirectory for Arranged<L> {
    const NAME: &'static str = L::NAME;
    const KEEPS_CREDENTIALS: bool = L::KEEPS_CREDENTIALS;

    #[track_caller]
    fn start(world: &World) -> Self {
        let (account, class) = L::ACCOUNT;
        let account = format!("{account},{}", Slapd::SUFFIX);
        let right = if L::KEEPS_CREDENTIALS { "write" } else { "read" };
        let options = SlapdOptions {
            schemas: vec![L::SCHEMA.to_owned(), shipped("config/ldap/monk.ldif")],
            modules: vec!["memberof".to_owned()],
            access: vec![
                "to attrs=userPassword by anonymous auth by * none".to_owned(),
                format!("to * by dn.exact=\"{account}\" {right} by * none"),
            ],
            config: vec![format!(
                "dn: olcOverlay=memberof,olcDatabase={{1}}mdb,cn=config\n\
                 objectClass: olcOverlayConfig\nobjectClass: olcMemberOfConfig\n\
                 olcOverlay: memberof\nolcMemberOfGroupOC: {}\nolcMemberOfRefInt: TRUE",
                L::GROUP
            )],
            ..SlapdOptions::default()
        };
        let slapd = Slapd::start(world, options);
        for (container, class) in L::CONTAINERS {
            let (attribute, value) = naming(container);
            let suffix = Slapd::SUFFIX;
            slapd.add(&format!(
                "dn: {container},{suffix}\nobjectClass: {class}\n{attribute}: {value}\n"
            ));
        }
        let (attribute, value) = naming(&account);
        slapd.add(&format!(
            "dn: {account}\nobjectClass: {class}\nobjectClass: simpleSecurityObject\n\
             {attribute}: {value}\nuserPassword: {SERVICE_PASSWORD}\n"
        ));
        Self { world: world.clone(), slapd, serial: Cell::new(0), layout: PhantomData }
    }

    fn ldap_section(&self) -> String {
        self.world.write(PASSWORD_FILE, format!("{SERVICE_PASSWORD}\n"), 0o600);
        format!(
            "uris = [\"{}\"]\nca_file = \"{}\"\nbase = \"{},{suffix}\"\n\
             bind_dn = \"{},{suffix}\"\npassword_file = \"{PASSWORD_FILE}\"\n\
             group_base = \"{},{suffix}\"\n{}",
            self.slapd.ldaps_uri(),
            self.world.certificates().authority.display(),
            L::PEOPLE,
            L::ACCOUNT.0,
            L::GROUPS,
            L::SECTION,
            suffix = Slapd::SUFFIX,
        )
    }

    #[track_caller]
    fn add_person(&self, name: &str, password: &str) {
        self.serial.set(self.serial.get() + 1);
        let person = L::person(name, self.serial.get());
        self.slapd.add(&format!("dn: {}\n{person}userPassword: {password}\n", self.dn(name)));
    }

    fn means(&self) -> &'static [(&'static str, State)] {
        L::MEANS
    }

    #[track_caller]
    fn put(&self, name: &str, means: &str) {
        self.slapd.modify(&format!(
            "dn: {}\nchangetype: modify\nreplace: {means}\n{means}: {}\n",
            self.dn(name),
            L::value(means)
        ));
    }

    #[track_caller]
    fn rename(&self, name: &str, to: &str) {
        self.slapd.modify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: {}={to}\ndeleteoldrdn: 1\n",
            self.dn(name),
            L::NAMING
        ));
    }

    /// # Panics
    /// People have one place in all of these.
    fn move_away(&self, name: &str) {
        panic!("{name} cannot be moved: all people of {} are in one place", L::NAME);
    }

    #[track_caller]
    fn recreate(&self, name: &str, password: &str) {
        self.slapd.delete(&self.dn(name));
        self.add_person(name, password);
    }

    #[track_caller]
    fn add_group(&self, name: &str, members: &[&str]) {
        let is_group = |name: &str| {
            let groups = format!("{},{}", L::GROUPS, Slapd::SUFFIX);
            !self.slapd.search(&groups, &format!("(cn={name})"), &["1.1"]).is_empty()
        };
        let dn = |name: &&str| if is_group(name) { self.group_dn(name) } else { self.dn(name) };
        let members = members.iter().map(|name| format!("member: {}\n", dn(name)));
        self.slapd.add(&format!(
            "dn: {}\nobjectClass: {}\ncn: {name}\n{}",
            self.group_dn(name),
            L::GROUP,
            members.collect::<String>()
        ));
    }

    fn group_dn(&self, name: &str) -> String {
        format!("cn={name},{},{}", L::GROUPS, Slapd::SUFFIX)
    }

    fn stop(&mut self) {
        self.slapd.stop();
    }

    #[track_caller]
    fn restart(&mut self) {
        self.slapd.restart();
    }
}

/// The first attribute of a name, and its value.
fn naming(dn: &str) -> (&str, &str) {
    let first = dn.split(',').next().unwrap_or(dn);
    first.split_once('=').expect("an attribute and a value")
}
