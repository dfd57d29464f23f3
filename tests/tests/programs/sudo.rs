//! sudo: where monk checks everything, and where pam_unix checks the password.

use monk_tests::conformance::{self, About, Door};
use monk_tests::site::{Backend, Device, Running, SETTINGS, Site};
use monk_tests::{Status, in_both_ways};

in_both_ways!(
    with_the_local_password_only_the_code_is_monks,
    a_login_shell_of_sudo_is_asked_by_the_same_rules,
);

/// sudo as it is shipped, for everybody, without a memory, and with one try.
const SUDOERS: &str = "Defaults passwd_tries=1, timestamp_timeout=0\nALL ALL=(ALL) ALL\n";

struct Sudo;

impl Sudo {
    /// monk checks the directory's password, and the code.
    #[track_caller]
    fn alone(site: &Site) -> Self {
        site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
        site.install_recipe("sudo-i");
        site.world.write("/etc/sudoers", SUDOERS, 0o440);
        Self
    }

    /// pam_unix checks the password, and monk the code.
    #[track_caller]
    fn after_pam_unix(site: &Site) -> Self {
        let sudo = Self::alone(site);
        site.install_recipe("sudo");
        site.install_example("sudo-local-password/monk.toml", SETTINGS);
        site.reload_if_resident();
        sudo
    }

    /// Runs a command as root; whether it ran.
    #[track_caller]
    fn run(&self, site: &Site, user: &str, typed: &str, arguments: &[&str]) -> bool {
        let command = site.world.command("sudo").args(["-S"]).args(arguments).as_user(user);
        let output = command.stdin(typed).run();
        if output.success() {
            assert_eq!(output.stdout, "root\n", "{output}");
            return true;
        }
        let refused = output.status == Status::Code(1)
            && output.stderr.contains("incorrect password attempt")
            && output.stdout.is_empty();
        assert!(refused || output.stderr.contains("sudo: PAM authentication"), "{output}");
        false
    }
}

impl Door for Sudo {
    fn about(&self) -> About {
        About {
            name: "sudo",
            service: "sudo",
            shows_screens: true,
            needs_account: true,
            ..About::default()
        }
    }

    fn log_in(&self, site: &Site, user: &str, first: &str, second: Option<&str>) -> bool {
        let typed = format!("{first}\n{}\n", second.unwrap_or(first));
        self.run(site, user, &typed, &["id", "-un"])
    }
}

#[test]
fn sudo_does_what_the_table_says() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let door = Sudo::alone(&site);
    conformance::run(&site, &door);
}

#[test]
fn without_a_resident_engine_sudo_grants_and_refuses_as_well() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let door = Sudo::alone(&site);
    conformance::starts_its_own(&site, &door);
}

/// A site where alice has a local password, and a device.
#[track_caller]
fn given_a_local_password(running: Running) -> (Site, Device) {
    let site = Site::new(Backend::Embedded, running);
    site.world.add_system_user("alice");
    site.world.set_password("alice", "local;secret");
    let phone = site.user_with_device("alice", "directory;secret");
    (site, phone)
}

fn with_the_local_password_only_the_code_is_monks(running: Running) {
    let (site, phone) = given_a_local_password(running);
    let sudo = Sudo::after_pam_unix(&site);
    let run = |typed: String| sudo.run(&site, "alice", &typed, &["id", "-un"]);
    let code = phone.code();
    for (password, code, is_in, reason) in [
        ("local;secret", phone.wrong_code().as_str(), false, "wrong-code"),
        ("local;secret", "", false, "wrong-code"),
        ("local;secret", code.as_str(), true, "totp"),
        ("local;secret", code.as_str(), false, "replayed-code"),
    ] {
        let (seen, line) = site.audited(|| run(format!("{password}\n{code}\n")));
        assert_eq!((seen, line.reason.as_str()), (is_in, reason), "{}", line.text);
    }
    // monk is not asked after a wrong password, nor after the directory's, and so spends no code.
    let (code, before) = (phone.code(), site.logins().len());
    for password in ["wrong", "directory;secret"] {
        assert!(!run(format!("{password}\n{code}\n")));
    }
    assert_eq!(site.logins().len(), before);
    assert!(run(format!("local;secret\n{code}\n")));
}

/// Debian's sudo asks another service for `sudo -i`.
fn a_login_shell_of_sudo_is_asked_by_the_same_rules(running: Running) {
    let (site, phone) = given_a_local_password(running);
    let sudo = Sudo::after_pam_unix(&site);
    let run = |typed: String| sudo.run(&site, "alice", &typed, &["-i", "id", "-un"]);
    let code = phone.code();
    let (is_in, line) = site.audited(|| run(format!("local;secret\n{code}\n")));
    assert_eq!((is_in, line.service.as_str()), (true, "sudo"), "{}", line.text);
    assert!(!run(format!("local;secret\n{code}\n")));
}
