//! sshd: on screens (`keyboard-interactive`), and with one string (`password`).

use monk_tests::clients::{Ssh, SshLogin};
use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Sshd, SshdOptions, Status};

/// Where the shipped settings of sshd are installed.
const CONFIG: &str = "/etc/ssh/sshd_config.d/monk.conf";

/// Starts an sshd with the shipped rules, and the settings of a shipped example.
#[track_caller]
pub fn example(site: &Site, name: &str, options: SshdOptions) -> Sshd {
    site.install_recipe("sshd");
    site.install_example(&format!("{name}/monk.conf"), CONFIG);
    let config = format!("{}\nInclude {CONFIG}\n", options.config);
    Sshd::start(&site.world, SshdOptions { config, ..options })
}

/// Whether a client that has run `id -un`, or its like, is in; what is neither a login nor a clear
/// refusal panics.
#[track_caller]
pub fn is_in(login: &SshLogin, sshd: &Sshd) -> bool {
    if login.logged_in() {
        return true;
    }
    let refused = login.status == Status::Code(255) && login.stderr.contains("Permission denied");
    assert!(refused, "{login:?}\n{}", sshd.log());
    false
}

/// sshd that asks as many questions as PAM wants.
struct Screens(Sshd);

impl Door for Screens {
    fn about(&self) -> About {
        About {
            name: "sshd, screens",
            service: "sshd",
            shows_screens: true,
            needs_account: true,
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, second: Option<&str>) -> bool {
        // Who has nothing to say to a second question says the same again.
        let ssh = Ssh::new(&site.world, &self.0, user)
            .answer("Password: ", first)
            .answer("Code", second.unwrap_or(first));
        let login = ssh.run("id -un");
        let is_in = is_in(&login, &self.0);
        assert_eq!(login.stdout, if is_in { format!("{user}\n") } else { String::new() });
        is_in
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

/// sshd's method `password`: one string, with which it answers everything that PAM asks.
struct OneString(Sshd);

impl Door for OneString {
    fn about(&self) -> About {
        About { name: "sshd, password", service: "sshd", needs_account: true, ..About::default() }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, _: Option<&str>) -> bool {
        let ssh = Ssh::new(&site.world, &self.0, user).answer("password: ", first);
        let login = ssh.run("id -un");
        let is_in = is_in(&login, &self.0);
        assert_eq!(login.stdout, if is_in { format!("{user}\n") } else { String::new() });
        assert_eq!(login.prompts.len(), 1, "one string and nothing else: {login:?}");
        is_in
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

#[test]
fn sshd_with_screens_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Screens(example(&site, "sshd-password-and-code", SshdOptions::default()));
    conformance::run(&site, &door);
}

#[test]
fn sshd_with_one_string_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.pam_service("sshd", "");
    let options =
        SshdOptions { keyboard_interactive: false, password: true, ..SshdOptions::default() };
    let door = OneString(Sshd::start(&site.world, options));
    conformance::run(&site, &door);
}

#[test]
fn without_a_resident_engine_sshd_grants_and_refuses_as_well() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Screens(example(&site, "sshd-password-and-code", SshdOptions::default()));
    conformance::starts_its_own(&site, &door);
}
