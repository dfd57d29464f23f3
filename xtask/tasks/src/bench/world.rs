//! What logins are measured in: a private machine with a directory, its users, and a resident engine.
//!
//! Everything is in memory, the directory's database too: what a commit costs on a disk is not part
//! of any figure. slapd logs nothing, and `/etc/pam.d/other` is one line: what libpam reads before
//! each login would cost more than a module.

use std::cell::{Cell, Ref};
use std::collections::HashMap;

use monk_core::keys::Keyring;
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Slapd, World};
use monkd::settings::KeySettings;

use super::machine;
use super::people::{Enrolled, Hash, Person, Role, Roles, Shares, fill_directory};
use crate::prepare::heading;

/// Room for the database of a million users.
const DATABASE_BYTES: u64 = 16 << 30;

/// What is indexed: what monk looks for, as docs/names-ldap.md asks, and what other modules look for.
const INDEXED: [&str; 9] = [
    "objectClass",
    "uid",
    "mail",
    "uidNumber",
    "gidNumber",
    "cn",
    "memberUid",
    "member",
    "uniqueMember",
];

/// Memory that a user takes in the database.
const BYTES_OF_A_USER: u64 = 4096;

/// A service in which the password alone is enough.
const SETTINGS_OF_SERVICES: &str = "[service.plain]\nmfa = \"off\"\n";

/// A socket on which nobody listens: the module starts an engine for each login.
const NO_SOCKET: &str = "/run/nobody-listens";

/// What is in a world.
#[derive(Clone, Debug)]
pub struct Contents {
    /// How many users there are.
    pub users: u32,
    /// How many of them log in.
    pub active: usize,
    /// How many of those have more than a device.
    pub shares: Shares,
    /// How the directory keeps passwords.
    pub hash: Hash,
    /// Modules of slapd besides mdb and monitor.
    pub modules: Vec<String>,
    /// Whether the engine counts for metrics.
    pub metrics: bool,
}

/// Users of each role: as many as the most callers at the same time, so that each can have one of
/// his own.
const EACH: usize = 64;

impl Contents {
    /// So many users, of whom at most 1,000 log in.
    pub fn of(users: u32) -> Self {
        let shares = [Role::AppPassword, Role::ManyAppPasswords].map(|role| (role, EACH)).into();
        let (hash, modules) = (Hash::Ssha, Vec::new());
        Self { users, active: 1000, shares, hash, modules, metrics: false }
    }
}

/// Where others find the users, and as whom they look for them.
pub struct Directory {
    /// `ldaps://…`.
    pub uri: String,
    /// The account of monk, which finds the users for others, too.
    pub account: String,
    /// Its password.
    pub password: String,
    /// The authority that has signed the server's certificate.
    pub authority: String,
}

/// One private machine.
pub struct BenchWorld {
    site: Site,
    /// How many users there are.
    pub users: u32,
    pub roles: Roles,
    /// What those who log in have enrolled.
    pub enrolled: HashMap<Person, Enrolled>,
    /// Whose turn it is, in each role.
    pub(super) turns: [Cell<usize>; Role::COUNT],
}

impl BenchWorld {
    /// A machine with a slapd, and a resident engine that reaches it over TLS.
    #[track_caller]
    pub fn new(contents: &Contents) -> Self {
        let users = contents.users;
        need_memory(users);
        heading(&format!("slapd: loading {users} users"));
        let site = Site::with_slapd_options(
            Backend::Ldap,
            Running::OneShot,
            &format!("{SETTINGS_OF_SERVICES}[metrics]\nenabled = {}\n", contents.metrics),
            |mut options| {
                options.log = "0";
                options.database_bytes = DATABASE_BYTES;
                options.indexed = INDEXED.to_vec();
                options.modules.extend(contents.modules.iter().cloned());
                options
            },
        );
        let keys = keys(&site.world);
        let roles = Roles::pick(users, contents.active, &contents.shares);
        let enrolled =
            site.with_slapd(|slapd| fill_directory(slapd, users, &contents.hash, &roles, &keys));
        let refuse = "auth required pam_deny.so\naccount required pam_deny.so\n";
        site.world.write("/etc/pam.d/other", refuse, 0o644);
        site.start_engine();
        Self { site, users, roles, enrolled, turns: Default::default() }
    }

    /// The machine.
    pub fn world(&self) -> &World {
        &self.site.world
    }

    /// The directory server.
    pub fn slapd(&self) -> Ref<'_, Slapd> {
        self.site.slapd()
    }

    /// The directory server, to stop it or let it go on.
    pub fn with_slapd<T>(&self, work: impl FnOnce(&mut Slapd) -> T) -> T {
        self.site.with_slapd(work)
    }

    /// Kills the resident engine.
    pub fn kill_engine(&self) {
        self.site.kill_engine();
    }

    /// The resident engine, as a process of this machine.
    #[track_caller]
    pub fn engine_pid(&self) -> u32 {
        self.site.engine_pid()
    }

    /// Writes a PAM service with one module in it, and returns its name.
    #[track_caller]
    pub fn service(&self, name: &str, module: &str) -> String {
        let rules = format!("auth required {module}\naccount required {module}\n");
        self.site.world.write(format!("/etc/pam.d/{name}"), rules, 0o644);
        name.to_owned()
    }

    /// Writes a PAM service with monk alone in it, under the policy of another one, and returns its
    /// name.
    #[track_caller]
    pub fn monk_service(&self, running: Running, policy: &str) -> String {
        match running {
            Running::Resident => {
                self.service(&format!("monk-{policy}"), &format!("pam_monk.so service={policy}"))
            }
            Running::OneShot => {
                let module = format!("pam_monk.so socket={NO_SOCKET} service={policy}");
                self.service(&format!("monk-{policy}-one-shot"), &module)
            }
        }
    }

    /// The directory, for others.
    #[track_caller]
    pub fn directory(&self) -> Directory {
        let world = self.world();
        Directory {
            uri: self.slapd().ldaps_uri(),
            account: format!("cn=monk,{}", Slapd::SUFFIX),
            password: world.read("/etc/monk/ldap.password").trim().to_owned(),
            authority: world.certificates().authority.display().to_string(),
        }
    }
}

/// Makes sure that there is room in memory for a directory.
#[track_caller]
fn need_memory(users: u32) {
    let needed = (u64::from(users) * BYTES_OF_A_USER) >> 20;
    let free = machine::free_memory_mib();
    assert!(
        free > needed,
        "{users} users take {needed} MiB of memory, and {free} MiB are free: take fewer with --users"
    );
}

/// The keys of a world's hosts.
#[track_caller]
pub fn keys(world: &World) -> Keyring {
    let keys = world.inside(|| monkd::keys::load(&KeySettings::default()));
    keys.unwrap_or_else(|error| panic!("the keys of the world: {error}"))
}
