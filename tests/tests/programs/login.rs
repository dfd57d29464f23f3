//! login on a terminal.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Screen, Typist, in_both_ways};

in_both_ways!(root_comes_in_with_the_local_password_and_nobody_else_does);

/// What the login shell says, and then ends.
const PROFILE: &str = "echo \"the shell of $(id -un)\"\nexit\n";

struct Console;

impl Console {
    #[track_caller]
    fn new(site: &Site) -> Self {
        site.install_recipe("login");
        // One try: the program would ask for another user after a refusal.
        let settings = site.world.read("/etc/login.defs");
        let other = settings.lines().filter(|line| !line.starts_with("LOGIN_RETRIES"));
        let settings: String = other.map(|line| format!("{line}\n")).collect();
        site.world.write("/etc/login.defs", settings + "LOGIN_RETRIES 1\n", 0o644);
        site.world.write("/etc/profile", PROFILE, 0o644);
        Self
    }

    /// Whether the user's shell came up.
    #[track_caller]
    fn is_in(screen: &Screen, user: &str) -> bool {
        let text = screen.text();
        let is_in = text.contains(&format!("the shell of {user}"));
        assert!(is_in || text.contains("Login incorrect"), "{screen:?}");
        is_in
    }
}

impl Door for Console {
    fn about(&self) -> About {
        About {
            name: "login",
            service: "login",
            shows_screens: true,
            needs_account: true,
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, second: Option<&str>) -> bool {
        let login = Typist::new(&site.world, &format!("login {user}"));
        let login = login.answer("Password: ", first).answer("Code", second.unwrap_or(first));
        Self::is_in(&login.run(), user)
    }
}

#[test]
fn login_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Console::new(&site);
    conformance::run(&site, &door);
}

#[test]
fn without_a_resident_engine_login_grants_and_refuses_as_well() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Console::new(&site);
    conformance::starts_its_own(&site, &door);
}

/// The way in for the day on which nothing else works.
fn root_comes_in_with_the_local_password_and_nobody_else_does(running: Running) {
    let site = Site::new(Backend::Embedded, running);
    let door = Console::new(&site);
    site.world.add_system_user("alice");
    for user in ["root", "alice"] {
        site.world.set_password(user, "local;secret");
    }
    assert!(!door.log_in(&site, "root", "wrong", None));
    assert!(door.log_in(&site, "root", "local;secret", None));
    assert!(!door.log_in(&site, "alice", "local;secret", None));
    let _phone = site.user_with_device("alice", "secret");
    assert!(!door.log_in(&site, "alice", "local;secret", None));
}
