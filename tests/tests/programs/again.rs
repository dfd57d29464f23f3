//! The same code again within half a minute: what people see, and what spares them the second code.

use monk_tests::clients::{Ssh, SshLogin};
use monk_tests::site::{Backend, Device, Running, Site};
use monk_tests::{Sshd, SshdOptions, Typist};

use crate::sshd::example;

/// One login opens all that follow on its connection, for as long as it lasts.
const SHARED: [&str; 3] = ["ControlMaster=auto", "ControlPath=/run/shared-%C", "ControlPersist=20"];

/// A site with sshd and sudo as they are shipped, and alice with a device.
#[track_caller]
fn given_alice() -> (Site, Sshd, Device) {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let options =
        SshdOptions { config: "Subsystem sftp internal-sftp".to_owned(), ..SshdOptions::default() };
    let sshd = example(&site, "sshd-password-and-code", options);
    site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
    site.world.write("/etc/sudoers", "ALL ALL=(ALL) ALL\n", 0o440);
    site.world.add_system_user("alice");
    let phone = site.user_with_device("alice", "secret");
    (site, sshd, phone)
}

#[track_caller]
fn ssh(site: &Site, sshd: &Sshd, code: &str) -> SshLogin {
    let ssh = Ssh::new(&site.world, sshd, "alice").answer("Password", "secret");
    ssh.answer("Code", code).run("id -un")
}

/// Commands at a terminal of alice's, whose sudo is told these codes one after the other.
fn sudo(site: &Site, commands: &str, codes: &[&str]) -> String {
    let line = format!("runuser -u alice -- sh -c '{commands}'");
    let asked = codes.iter().fold(Typist::new(&site.world, &line), |asked, code| {
        asked.answer("assword", "secret").answer("Code", code)
    });
    let screen = asked.run();
    assert_eq!(screen.unasked, Vec::<String>::new(), "{screen:?}");
    screen.text()
}

#[test]
fn the_code_of_an_ssh_login_opens_neither_a_second_one_nor_sudo() {
    let (site, sshd, phone) = given_alice();
    let code = phone.code();
    assert!(ssh(&site, &sshd, &code).logged_in());
    let second = ssh(&site, &sshd, &code);
    assert!(second.stderr.contains("Permission denied"), "{second:?}");
    assert_eq!(site.last_login().reason, "replayed-code");
    let next = site.device("alice", "Tablet").code();
    let seen = sudo(&site, "sudo id -un", &[&code, &next]);
    assert!(seen.contains("Sorry, try again.") && seen.contains("root\n"), "{seen}");
    let reasons: Vec<_> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons, ["totp", "replayed-code", "replayed-code", "totp"]);
}

#[test]
fn sudo_asks_once_on_a_terminal() {
    let (site, _sshd, phone) = given_alice();
    let seen = sudo(&site, "sudo id -un && sudo id -g", &[&phone.code()]);
    assert!(seen.contains("root\n0\n"), "{seen}");
    assert_eq!(site.logins().len(), 1);
}

#[test]
fn a_shared_connection_asks_for_one_code() {
    let (site, sshd, phone) = given_alice();
    let shared = |code: &str| {
        let ssh = Ssh::new(&site.world, &sshd, "alice").answer("Password", "secret");
        let ssh = SHARED.iter().fold(ssh.answer("Code", code), |ssh, option| ssh.option(option));
        ssh.run("id -un")
    };
    for login in [shared(&phone.code()), shared("no code")] {
        assert_eq!(login.stdout, "alice\n", "{login:?}");
    }
    assert_eq!(site.logins().len(), 1, "one login for both");
}

/// As a file manager with one box does, which answers one question and no second one.
#[test]
fn a_program_with_one_box_gets_in_with_password_and_code_in_it() {
    let (site, sshd, phone) = given_alice();
    let one_box = |typed: &str| Ssh::new(&site.world, &sshd, "alice").answer("Password", typed);
    let alone = one_box("secret").run("id -un");
    assert!(!alone.logged_in(), "{alone:?}");
    let typed = format!("secret;{}", phone.code());
    let both = one_box(&typed).sftp("pwd\n");
    assert!(both.logged_in(), "{both:?}");
    assert_eq!(both.prompts.len(), 1, "{both:?}");
    let again = one_box(&typed).sftp("pwd\n");
    assert!(!again.logged_in(), "{again:?}");
    let app_password = site.app_password("alice", "Files", &["--scope", "sshd"]);
    for _ in 0..2 {
        assert!(one_box(&app_password).sftp("pwd\n").logged_in());
    }
}
