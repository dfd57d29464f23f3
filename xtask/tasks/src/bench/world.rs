//! What logins are measured in: two private machines, one with each directory, each with many
//! users, and the PAM services that are compared.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use monk_tests::site::{Backend, Device, PamHost, PamHostOptions, Running, Site, person};

/// The password of every user.
const PASSWORD: &str = "sesame";

/// Settings: a service in which the password alone is enough.
const SETTINGS: &str = "[service.plain]\nmfa = \"off\"\n";

/// A socket on which nobody listens: the module starts an engine for each login.
const NO_SOCKET: &str = "/run/nobody-listens";

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    PasswordAndCode,
    AppPassword,
    PasswordAlone,
}

impl Typed {
    pub const ALL: [Self; 3] = [Self::PasswordAndCode, Self::AppPassword, Self::PasswordAlone];

    /// The words in the table.
    pub fn words(self) -> &'static str {
        match self {
            Self::PasswordAndCode => "`PASSWORD;CODE`",
            Self::AppPassword => "app password",
            Self::PasswordAlone => "password alone (`mfa = \"off\"`)",
        }
    }

    /// The PAM service whose policy applies.
    fn service(self) -> &'static str {
        match self {
            Self::PasswordAndCode | Self::AppPassword => "imap",
            Self::PasswordAlone => "plain",
        }
    }
}

/// A user, with a device of which every code is used at most once.
struct User {
    name: String,
    phone: Device,
}

/// One private machine.
pub struct BenchWorld {
    site: Site,
    users: Vec<User>,
    app_password: String,
    turn: Cell<usize>,
}

impl BenchWorld {
    /// Sets up a directory and enrols users. `progress` is told how many there are.
    #[track_caller]
    pub fn set(backend: Backend, users: usize, progress: impl Fn(usize)) -> Self {
        let site = Site::with_settings(backend, Running::Resident, SETTINGS);
        let names: Vec<String> = (0..users).map(|number| format!("user{number:04}")).collect();
        if backend == Backend::Embedded {
            names.iter().for_each(|name| site.add_user(name, PASSWORD));
        } else {
            let entries: Vec<String> = names.iter().map(|name| person(name, PASSWORD)).collect();
            site.slapd().add(&entries.join("\n"));
        }
        let enrol = |(number, name): (usize, String)| {
            let phone = site.device(&name, "Phone");
            progress(number + 1);
            User { name, phone }
        };
        let users: Vec<User> = names.into_iter().enumerate().map(enrol).collect();
        let app_password = site.app_password(&users[0].name, "Mail", &[]);
        Self { site, users, app_password, turn: Cell::new(0) }
    }

    /// A program that logs in through PAM, with monk alone in its rules.
    #[track_caller]
    pub fn host(&self, typed: Typed, running: Running) -> PamHost {
        let service = typed.service();
        match running {
            Running::Resident => self.host_of(service, "pam_monk.so"),
            Running::OneShot => {
                let name = format!("{service}-one-shot");
                self.host_of(&name, &format!("pam_monk.so socket={NO_SOCKET} service={service}"))
            }
        }
    }

    /// A program that logs in through PAM, with this module alone in its rules.
    #[track_caller]
    pub fn host_of(&self, service: &str, module: &str) -> PamHost {
        self.site.world.write(
            format!("/etc/pam.d/{service}"),
            format!("auth required {module}\naccount required {module}\n"),
            0o644,
        );
        let options = PamHostOptions { service: service.to_owned(), ..PamHostOptions::default() };
        PamHost::start(&self.site.world, &options)
    }

    /// A system user with a password hashed as passwd(1) would on this system.
    #[track_caller]
    pub fn add_system_user(&self, name: &str) {
        self.site.world.add_system_user(name);
        let command = self.site.world.command("chpasswd").stdin(format!("{name}:{PASSWORD}\n"));
        command.run().expect_success();
    }

    /// One login that succeeds, in microseconds from `pam_start` to `pam_end`.
    #[track_caller]
    pub fn log_in(&self, host: &mut PamHost, typed: Typed) -> u64 {
        let (user, text) = match typed {
            Typed::PasswordAndCode => self.fresh_code(),
            Typed::AppPassword => (self.users[0].name.as_str(), self.app_password.clone()),
            Typed::PasswordAlone => (self.next().name.as_str(), PASSWORD.to_owned()),
        };
        log_in(host, user, &text)
    }

    /// A user with a code that was not used yet. Where all are used up, the next one of some user
    /// is waited for.
    fn fresh_code(&self) -> (&str, String) {
        loop {
            for _ in 0..self.users.len() {
                let user = self.next();
                if let Some(code) = user.phone.code_if_any() {
                    return (&user.name, format!("{PASSWORD};{code}"));
                }
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn next(&self) -> &User {
        let turn = self.turn.get();
        self.turn.set((turn + 1) % self.users.len());
        &self.users[turn]
    }
}

/// One login as the system user of [`BenchWorld::add_system_user`], or of nobody's in particular.
#[track_caller]
pub fn log_in_elsewhere(host: &mut PamHost, user: &str) -> u64 {
    log_in(host, user, PASSWORD)
}

#[track_caller]
fn log_in(host: &mut PamHost, user: &str, typed: &str) -> u64 {
    let outcome = host.login(user, &[typed]);
    assert!(outcome.is_success(), "{user} is not let in: {}", outcome.name);
    outcome.micros
}
