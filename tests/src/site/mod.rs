//! monk, installed in a world as a package would install it: programs, module, settings, key.
//!
//! ```no_run
//! use monk_tests::site::{Backend, Running, Site};
//!
//! let site = Site::new(Backend::Embedded, Running::Resident);
//! site.add_user("alice", "secret");
//! let phone = site.device("alice", "Phone");
//! let imap = site.imap();
//! assert!(site.imap_login(&imap, "alice", &format!("secret;{}", phone.code())));
//! assert_eq!(site.last_login().reason, "totp");
//! ```

mod audit;
mod device;
mod elsewhere;
mod engine_clock;
mod engines;
mod examples;
mod fleet;
mod installed;
mod logins;
mod package;
mod pam_host;
mod pam_load;
mod programs;
mod setup;
mod slapd;

use std::cell::{Ref, RefCell};

use serde_json::Value;

use self::slapd::{SERVICE_PASSWORD, slapd_options, start_slapd};
use crate::command::Output;
use crate::process::Process;
use crate::{Dovecot, DovecotOptions, Mirror, Slapd, SlapdOptions, Sshd, SshdOptions, World};

pub use crate::load::{PamLoadOutcome, PamLogin};
pub use audit::{AuditLine, refusal};
pub use device::Device;
pub use engine_clock::EngineClock;
pub use installed::pass_where_monk_is_installed;
pub use pam_host::{PamHost, PamHostOptions, PamOutcome, Summary};
pub use pam_load::{PamLoad, PamLoadRunning};
pub use programs::{built, shipped, take_programs_from};
pub use setup::{CODE_ALONE, Setup};
pub use slapd::STORE_BASE;

/// Where the settings are.
pub const SETTINGS: &str = "/etc/monk/monk.toml";

/// Which directory the users are in, and where credentials are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Both in the embedded store.
    Embedded,
    /// Both in a real slapd, over ldaps.
    Ldap,
    /// Users in a slapd that monk may only read, credentials in the embedded store.
    ReadOnlyLdap,
    /// Users in a slapd that monk may only read, credentials in entries of their own (`credentials = "ldap"`),
    /// in a branch of the same server: so whatever becomes of the server becomes of both.
    LdapStore,
}

impl Backend {
    /// What monk's account may do to the entries of users.
    fn right(self) -> Option<&'static str> {
        match self {
            Self::Embedded => None,
            Self::Ldap => Some("write"),
            Self::ReadOnlyLdap | Self::LdapStore => Some("read"),
        }
    }
}

/// How the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// As a service.
    Resident,
    /// Started for each login by the module.
    OneShot,
}

/// monk, installed in a world of its own.
pub struct Site {
    /// The world.
    pub world: World,
    backend: Backend,
    slapd: Option<RefCell<Slapd>>,
    engine: RefCell<Option<Process>>,
}

impl Site {
    /// Installs monk with default settings.
    #[track_caller]
    pub fn new(backend: Backend, running: Running) -> Self {
        Self::with_settings(backend, running, "")
    }

    /// Installs monk with more lines in the settings, such as `[service.imap]` sections.
    #[track_caller]
    pub fn with_settings(backend: Backend, running: Running, more: &str) -> Self {
        Self::with_slapd_options(backend, running, more, |options| options)
    }

    /// The same with a directory server that is set up otherwise: `adjust` is handed the usual
    /// options.
    #[track_caller]
    pub fn with_slapd_options(
        backend: Backend,
        running: Running,
        more: &str,
        adjust: impl FnOnce(SlapdOptions) -> SlapdOptions,
    ) -> Self {
        let world = World::new();
        programs::install(&world);
        world.make_folder("/etc/monk/keys", 0o700);
        world.make_folder("/var/lib/monk", 0o700);
        let right = backend.right();
        let slapd = right.map(|right| start_slapd(&world, adjust(slapd_options(right))));
        let slapd = slapd.map(RefCell::new);
        let site = Self { world, backend, slapd, engine: RefCell::new(None) };
        site.write_settings(more);
        site.world.command("monkd").arg("--setup").run().expect_success();
        if running == Running::Resident {
            site.start_engine();
        }
        site
    }

    /// Writes the settings again; a resident engine reads them at its next start or SIGHUP.
    #[track_caller]
    pub fn write_settings(&self, more: &str) {
        let mut text = String::new();
        if let Some(slapd) = &self.slapd {
            let credentials = match self.backend {
                Backend::ReadOnlyLdap => "credentials = \"embedded\"\n",
                Backend::LdapStore => "credentials = \"ldap\"\n",
                Backend::Embedded | Backend::Ldap => "",
            };
            let section = |name: &str, base: &str, account: &str| {
                let (uri, suffix) = (slapd.borrow().ldaps_uri(), Slapd::SUFFIX);
                let ca = self.world.certificates().authority.display();
                format!(
                    "[{name}]\nuris = [\"{uri}\"]\nca_file = \"{ca}\"\nbase = \"{base}\"\n\
                     bind_dn = \"cn={account},{suffix}\"\npassword_file = \"/etc/monk/ldap.password\"\n"
                )
            };
            self.world.write("/etc/monk/ldap.password", format!("{SERVICE_PASSWORD}\n"), 0o600);
            let more = without_lockout(more);
            text = format!(
                "directory = \"ldap\"\n{credentials}{more}\n{}",
                section("ldap", Slapd::SUFFIX, "monk")
            );
            if self.backend == Backend::LdapStore {
                text += &section("credential_store", STORE_BASE, "monk-store");
                text += "directory_label = \"main\"\n";
            }
        } else {
            text.push_str(more);
        }
        self.world.write(SETTINGS, text, 0o644);
    }

    /// Starts the resident engine and waits until it listens.
    #[track_caller]
    pub fn start_engine(&self) {
        let mut engine = self.world.spawn("monkd", &[]);
        self.world.wait_for_server(&mut engine, || self.world.is_listening_at(monk_socket()));
        *self.engine.borrow_mut() = Some(engine);
    }

    /// Kills the resident engine as `kill -9` does.
    pub fn kill_engine(&self) {
        self.engine.borrow_mut().take();
    }

    /// The process id of the resident engine.
    #[track_caller]
    pub fn engine_pid(&self) -> u32 {
        self.engine.borrow().as_ref().expect("the engine is resident").pid()
    }

    /// Whether there is a directory server.
    pub fn is_in_ldap(&self) -> bool {
        self.slapd.is_some()
    }

    /// The directory server.
    #[track_caller]
    pub fn slapd(&self) -> Ref<'_, Slapd> {
        self.slapd.as_ref().expect("this site has a slapd").borrow()
    }

    /// The directory server, to stop it, freeze it or start it again.
    #[track_caller]
    pub fn with_slapd<T>(&self, work: impl FnOnce(&mut Slapd) -> T) -> T {
        work(&mut self.slapd.as_ref().expect("this site has a slapd").borrow_mut())
    }

    /// A second directory server that replicates with the first in both directions.
    #[track_caller]
    pub fn mirrored(&self) -> Mirror {
        let (ldap_port, ldaps_port) = Mirror::second_ports();
        let name = "second".to_owned();
        let right = self.backend.right().expect("this site has a slapd");
        let options =
            SlapdOptions { name, ldap_port, ldaps_port, is_replica: true, ..slapd_options(right) };
        Mirror::of(self, Slapd::start(&self.world, options))
    }

    /// Adds a user to the directory.
    #[track_caller]
    pub fn add_user(&self, name: &str, password: &str) {
        match &self.slapd {
            None => {
                let mail = format!("{name}@example.org");
                self.world
                    .command("monk-enroll")
                    .args(["user", "add", name, "--mail", &mail, "--password-stdin", "--force"])
                    .stdin(format!("{password}\n"))
                    .run()
                    .expect_success();
            }
            Some(slapd) => slapd.borrow().add(&person(name, password)),
        }
    }

    /// Runs `monk-enroll --json` and returns what it says, whether or not it succeeded.
    #[track_caller]
    pub fn try_enroll(&self, arguments: &[&str]) -> (Value, Output) {
        let command = self.world.command("monk-enroll").arg("--json").arg("--yes");
        let output = command.args(arguments).run();
        (serde_json::from_str(&output.stdout).unwrap_or(Value::Null), output)
    }

    /// Runs `monk-enroll --json`, which must succeed.
    #[track_caller]
    pub fn enroll(&self, arguments: &[&str]) -> Value {
        let (value, output) = self.try_enroll(arguments);
        output.expect_success();
        value
    }

    /// Enrols and confirms a device.
    #[track_caller]
    pub fn device(&self, user: &str, name: &str) -> Device {
        self.device_with(user, name, &[])
    }

    /// Enrols and confirms a device with more arguments, such as `--digits 8`.
    #[track_caller]
    pub fn device_with(&self, user: &str, name: &str, more: &[&str]) -> Device {
        let added = self.enroll(&[&["totp", "add", user, "--name", name], more].concat());
        let device = Device::from_uri(added["uri"].as_str().expect("the URI of the device"));
        let id = added["id"].as_str().expect("the id of the device");
        self.world
            .command("monk-enroll")
            .args(["totp", "confirm", user, "--name", id, "--code-stdin"])
            .stdin(format!("{}\n", device.confirmation()))
            .run()
            .expect_success();
        device
    }

    /// Makes backup codes.
    #[track_caller]
    pub fn backup_codes(&self, user: &str) -> Vec<String> {
        let made = self.enroll(&["backup-codes", "generate", user]);
        let codes = made["codes"].as_array().expect("a list of codes");
        codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect()
    }

    /// Makes an app password, with more arguments such as `--scope '*'`.
    #[track_caller]
    pub fn app_password(&self, user: &str, name: &str, more: &[&str]) -> String {
        let arguments = [&["app-password", "create", user, "--name", name], more].concat();
        let made = self.enroll(&arguments);
        made["password"].as_str().expect("an app password").to_owned()
    }

    /// Writes a PAM service with nothing but monk in it.
    #[track_caller]
    pub fn pam_service(&self, name: &str, arguments: &str) {
        let rules = format!(
            "auth required pam_monk.so {arguments}\naccount required pam_monk.so {arguments}\nsession required pam_permit.so\n"
        );
        self.world.write(format!("/etc/pam.d/{name}"), rules, 0o644);
    }

    /// Starts a Dovecot whose PAM service is `imap`, with nothing but monk in it.
    #[track_caller]
    pub fn imap(&self) -> Dovecot {
        self.pam_service("imap", "");
        let options =
            DovecotOptions { pam_service: "imap".to_owned(), ..DovecotOptions::default() };
        Dovecot::start(&self.world, options)
    }

    /// Starts an sshd with nothing but monk in its PAM service. Its users need an account:
    /// [`World::add_system_user`].
    #[track_caller]
    pub fn sshd(&self, options: SshdOptions) -> Sshd {
        self.pam_service("sshd", "");
        Sshd::start(&self.world, options)
    }

    /// Whether curl logs in with TLS; anything but a login or a clear refusal is a failure of the
    /// test.
    #[track_caller]
    pub fn imap_login(&self, imap: &Dovecot, user: &str, typed: &str) -> bool {
        self.curl_login(&imap.imaps_url(), user, typed)
    }

    /// The lines of the audit about logins so far.
    pub fn logins(&self) -> Vec<AuditLine> {
        audit::logins(&self.world.log())
    }

    /// The last line of the audit about a login.
    #[track_caller]
    pub fn last_login(&self) -> AuditLine {
        self.logins().pop().expect("the audit has a login")
    }
}

/// The settings for a directory that locks nobody, as slapd here, unless they say something else of it.
fn without_lockout(settings: &str) -> String {
    const NONE: &str = "[throttle]\ndirectory_lockout = 0\n";
    match settings {
        own if own.contains("directory_lockout") => own.to_owned(),
        some if some.contains("[throttle]\n") => some.replacen("[throttle]\n", NONE, 1),
        others => format!("{others}\n{NONE}"),
    }
}

/// The entry of a person in slapd.
pub fn person(name: &str, password: &str) -> String {
    format!(
        "dn: uid={name},{}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\nmail: {name}@example.org\nuserPassword: {password}\n",
        Slapd::SUFFIX
    )
}

/// Where the resident engine listens.
pub fn monk_socket() -> &'static str {
    "/run/monk/monkd.sock"
}
