//! What logins are measured in: a private machine with a directory, its users, and engines.
//!
//! Everything is in memory, the directory's database too: what a commit costs on a disk is not part
//! of any figure. slapd logs nothing, and `/etc/pam.d/other` is one line: what libpam reads before
//! each login would cost more than a module.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use monk_core::keys::Keyring;
use monk_tests::site::{Backend, Running, SETTINGS, Site};
use monk_tests::{Process, Slapd, World};
use monkd::settings::KeySettings;

use super::machine;
use super::people::{Enrolled, Hash, Person, Role, Roles, Shares, fill_directory, fill_store};
use crate::prepare::heading;

/// Room for the database of a million users.
const DATABASE_BYTES: u64 = 16 << 30;

/// What is indexed: what monk looks for, and what the name services of other modules look for.
const INDEXED: [&str; 6] = ["objectClass", "uid", "mail", "uidNumber", "gidNumber", "memberUid"];

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
}

/// Users of each role: as many as the most callers at the same time, so that each can have one of
/// his own.
const EACH: usize = 64;

impl Contents {
    /// So many users, of whom at most 1,000 log in.
    pub fn of(users: u32) -> Self {
        let roles = [Role::AppPassword, Role::ManyAppPasswords, Role::BackupCodes];
        let shares = roles.map(|role| (role, EACH)).into();
        Self { users, active: 1000, shares, hash: Hash::Ssha, modules: Vec::new() }
    }
}

/// How monk reaches the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Without encryption, over the loopback address.
    Ldap,
    /// Over TLS.
    Ldaps,
    /// Over a Unix socket.
    Ldapi,
    /// In monk's own store, in memory.
    Embedded,
    /// In monk's own store, on a disk.
    OnDisk,
}

impl Transport {
    /// Whether the users are in monk's own store.
    pub fn is_embedded(self) -> bool {
        matches!(self, Self::Embedded | Self::OnDisk)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ldap => "ldap",
            Self::Ldaps => "ldaps",
            Self::Ldapi => "ldapi",
            Self::Embedded => "embedded",
            Self::OnDisk => "embedded-on-disk",
        })
    }
}

/// One private machine.
pub struct BenchWorld {
    pub site: Site,
    /// How many users there are.
    pub users: u32,
    /// The file of monk's own store, if they are there.
    pub store: String,
    pub roles: Roles,
    /// What those who log in have enrolled.
    pub enrolled: HashMap<Person, Enrolled>,
    /// Whose turn it is, in each role.
    pub(super) turns: [Cell<usize>; Role::COUNT],
    engines: Vec<(Transport, Process)>,
}

impl BenchWorld {
    /// A machine with a slapd, and a resident engine for each transport.
    #[track_caller]
    pub fn ldap(contents: &Contents, transports: &[Transport]) -> Self {
        let users = contents.users;
        need_memory(users);
        heading(&format!("slapd: loading {users} users"));
        let site = Site::with_slapd_options(
            Backend::Ldap,
            Running::OneShot,
            SETTINGS_OF_SERVICES,
            |mut options| {
                options.log = "0";
                options.database_bytes = DATABASE_BYTES;
                options.indexed = INDEXED.to_vec();
                options.modules.extend(contents.modules.iter().cloned());
                options
            },
        );
        let (keys, roles) =
            (keys(&site.world), Roles::pick(users, contents.active, &contents.shares));
        let enrolled =
            site.with_slapd(|slapd| fill_directory(slapd, users, &contents.hash, &roles, &keys));
        let mut world = Self::of(site, users, roles, enrolled);
        for transport in transports {
            world.start_engine(*transport);
        }
        world
    }

    /// A machine with monk's own store, and a resident engine.
    #[track_caller]
    pub fn embedded(contents: &Contents) -> Self {
        Self::with_store(contents, Transport::Embedded, "/var/lib/monk", |_| ())
    }

    /// The same with the store in a folder of this machine, which is on a disk. Whoever calls
    /// removes it.
    #[track_caller]
    pub fn on_disk(contents: &Contents, folder: &Path) -> Self {
        let place = "/var/lib/monk-on-disk";
        Self::with_store(contents, Transport::OnDisk, place, |world| world.lend(folder, place))
    }

    #[track_caller]
    fn with_store(
        contents: &Contents,
        transport: Transport,
        folder: &str,
        prepare: impl FnOnce(&World),
    ) -> Self {
        let users = contents.users;
        heading(&format!("monk's own store ({transport}): {users} users"));
        let site = Site::with_settings(Backend::Embedded, Running::OneShot, "");
        prepare(&site.world);
        let store = format!("{folder}/monk.db");
        let settings = format!("{SETTINGS_OF_SERVICES}\n[embedded]\npath = \"{store}\"\n");
        site.world.write(SETTINGS, settings, 0o644);
        site.world.command("monkd").arg("--setup").run().expect_success();
        let (keys, roles) =
            (keys(&site.world), Roles::pick(users, contents.active, &contents.shares));
        let enrolled = fill_store(&site.world, &store, users, &roles, &keys);
        let mut world = Self { store, ..Self::of(site, users, roles, enrolled) };
        world.start_engine(transport);
        world
    }

    fn of(site: Site, users: u32, roles: Roles, enrolled: HashMap<Person, Enrolled>) -> Self {
        let refuse = "auth required pam_deny.so\naccount required pam_deny.so\n";
        site.world.write("/etc/pam.d/other", refuse, 0o644);
        let store = String::new();
        Self { site, users, store, roles, enrolled, turns: Default::default(), engines: Vec::new() }
    }

    /// The machine.
    pub fn world(&self) -> &World {
        &self.site.world
    }

    /// Starts a resident engine that reaches the users over `transport`.
    #[track_caller]
    fn start_engine(&mut self, transport: Transport) {
        let settings = settings_file(transport);
        let mut text = self.site.world.read(SETTINGS);
        if !transport.is_embedded() {
            let slapd = self.site.slapd();
            // The address itself: a name could be one of another machine, and monk sends no
            // password there.
            let uri = match transport {
                Transport::Ldap => "ldap://127.0.0.1:389".to_owned(),
                Transport::Ldapi => slapd.ldapi_uri(),
                _ => slapd.ldaps_uri(),
            };
            text = text.replace(&slapd.ldaps_uri(), &uri);
        }
        text.push_str(&format!("\n[engine]\nsocket = \"{}\"\n", socket(transport)));
        self.site.world.write(&settings, text, 0o644);
        self.restart_engine(transport, &[]);
    }

    /// Ends the resident engine of a transport, which writes down then what it has to.
    #[track_caller]
    pub fn stop_engine(&mut self, transport: Transport) {
        for (_, engine) in self.engines.iter_mut().filter(|(one, _)| *one == transport) {
            engine.terminate();
        }
        self.engines.retain(|(one, _)| *one != transport);
    }

    /// Starts the resident engine of a transport anew, under another program where one is given
    /// with its arguments.
    #[track_caller]
    pub fn restart_engine(&mut self, transport: Transport, under: &[String]) {
        self.stop_engine(transport);
        let (settings, socket) = (settings_file(transport), socket(transport));
        let (world, engine) = (&self.site.world, ["/usr/sbin/monkd", "--config", &settings]);
        let words: Vec<&str> = under.iter().map(String::as_str).chain(engine).collect();
        let mut engine = world.command(words[0]).args(&words[1..]).spawn();
        world.wait_for_server(&mut engine, || world.is_listening_at(&socket));
        self.engines.push((transport, engine));
    }

    /// The resident engine of a transport, as a process of this machine.
    #[track_caller]
    pub fn engine_pid(&self, transport: Transport) -> u32 {
        let engine = self.engines.iter().find(|(one, _)| *one == transport);
        engine.expect("this world has such an engine").1.pid()
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
    pub fn monk_service(&self, transport: Transport, running: Running, policy: &str) -> String {
        let (name, socket) = match running {
            Running::Resident => (format!("{transport}-{policy}"), socket(transport)),
            Running::OneShot => (format!("{transport}-{policy}-one-shot"), NO_SOCKET.to_owned()),
        };
        let config = settings_file(transport);
        let module = format!("pam_monk.so config={config} socket={socket} service={policy}");
        self.service(&name, &module)
    }

    /// The account of monk in the directory, which finds the users for others, too.
    pub fn account() -> String {
        format!("cn=monk,{}", Slapd::SUFFIX)
    }

    /// Its password.
    #[track_caller]
    pub fn account_password(&self) -> String {
        self.world().read("/etc/monk/ldap.password").trim().to_owned()
    }

    /// The directory server.
    pub fn slapd(&self) -> std::cell::Ref<'_, Slapd> {
        self.site.slapd()
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

fn settings_file(transport: Transport) -> String {
    format!("/etc/monk/{transport}.toml")
}

fn socket(transport: Transport) -> String {
    format!("/run/monk/{transport}.sock")
}

/// The keys of a world's hosts.
#[track_caller]
pub fn keys(world: &World) -> Keyring {
    let keys = world.inside(|| monkd::keys::load(&KeySettings::default()));
    keys.unwrap_or_else(|error| panic!("the keys of the world: {error}"))
}
