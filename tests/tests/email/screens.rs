//! The word `email` on the second screen.

use monk_tests::clients::Ssh;
use monk_tests::site::{PamHost, PamHostOptions, Running, Setup, Site};
use monk_tests::{Sshd, SshdOptions, Typist, in_every_setup};

use super::{embedded, mail_line, site_with_mail};

in_every_setup!(ssh_sends_a_code_and_asks_for_it_on_a_third_screen);

/// The prompts of sshd where codes can be sent.
pub const PASSWORD_SCREEN: &str = "(alice@127.0.0.1) Password: ";
pub const CODE_SCREEN: &str =
    "(alice@127.0.0.1) Code from your device, a backup code, or the word email to be sent one: ";
pub const EMAILED_SCREEN: &str = "(alice@127.0.0.1) Code sent to a…@example.org: ";

fn ssh_sends_a_code_and_asks_for_it_on_a_third_screen(setup: Setup) {
    let (site, server) = site_with_mail(setup, "");
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let sshd = site.sshd(SshdOptions::default());
    let screens = [PASSWORD_SCREEN, CODE_SCREEN, EMAILED_SCREEN];
    // A wrong password shows the same and sends nothing.
    let ssh = ssh(&site, &sshd, "wrong").answer("Code sent", "123456");
    let (login, line) = site.audited(|| ssh.run("id -un"));
    assert!(!login.logged_in(), "{login:?}");
    assert_eq!(
        (login.prompts.as_slice(), line.reason.as_str()),
        (&screens.map(str::to_owned)[..], "wrong-password")
    );
    assert!(server.mails().is_empty());

    // The right one sends, while the user looks at the screen.
    let screen = Typist::new(&site.world, &ssh_line(&sshd))
        .answer("Password: ", "secret")
        .answer("Code from", "EMAIL ")
        .answer_with("Code sent to a…@example.org", |_| server.mail(1).code())
        .run();
    assert!(screen.text().ends_with("alice\n"), "{screen:?}\n{}", sshd.log());
    assert_eq!(site.last_login().reason, "emailed-code");
    assert!(mail_line(&site, 1).contains(" service=sshd to=a…@example.org verdict=sent"));

    // The same code is a replay, on whatever screen.
    let code = server.mail(1).code();
    let ssh = Ssh::new(&site.world, &sshd, "alice").answer("Password", "secret");
    let (login, line) = site.audited(|| ssh.answer("Code from", &code).run("id -un"));
    assert!(!login.logged_in() && line.reason == "replayed-code", "{login:?} {}", line.text);
}

pub fn ssh(site: &Site, sshd: &Sshd, password: &str) -> Ssh {
    Ssh::new(&site.world, sshd, "alice").answer("Password", password).answer("Code from", "email")
}

/// What somebody types at a shell to log in.
fn ssh_line(sshd: &Sshd) -> String {
    format!(
        "ssh -F none -T -p {} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
         -o PreferredAuthentications=keyboard-interactive alice@127.0.0.1 id -un",
        sshd.port()
    )
}

#[test]
fn given_codes_by_mail_a_user_unknown_or_without_address_sees_the_same_screens() {
    let (site, server) = site_with_mail(embedded(Running::Resident), "directory_address = false\n");
    site.add_user("alice", "secret");
    site.pam_service("shell", "");
    let screens = |user: &str, password: &str| {
        let options = PamHostOptions { service: "shell".to_owned(), ..PamHostOptions::default() };
        let mut program = PamHost::start(&site.world, &options);
        let (login, line) = site.audited(|| program.login(user, &[password, "email", "123456"]));
        (login.prompts, line.reason)
    };
    let (known, reason) = screens("alice", "secret");
    assert_eq!(reason, "no-address");
    let (wrong, reason) = screens("alice", "wrong");
    assert_eq!(reason, "wrong-password");
    assert_eq!(known, wrong);
    assert_eq!(known.len(), 3, "{known:?}");
    let (nobody, reason) = screens("anna", "secret");
    assert_eq!(reason, "unknown-user");
    assert_eq!(known, nobody);
    assert!(server.mails().is_empty());
}

#[test]
fn given_an_accepted_key_the_code_that_is_asked_can_be_sent() {
    let (site, server) = site_with_mail(embedded(Running::Resident), "");
    let settings = site.world.read("/etc/monk/monk.toml");
    let skip = "[service.sshd]\npassword = \"skip-after-publickey\"\n";
    site.write_settings(&format!("{settings}{skip}"));
    site.reload_engine();
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", "/root/key"];
    site.world.command("ssh-keygen").args(keygen).run().expect_success();
    let public = site.world.read("/root/key.pub");
    site.world.write("/home/alice/.ssh/authorized_keys", public, 0o644);
    let config = "AuthenticationMethods publickey,keyboard-interactive\n".to_owned();
    let sshd = site.sshd(SshdOptions { config, ..SshdOptions::default() });
    let line = ssh_line(&sshd)
        .replace("PreferredAuthentications=", "PreferredAuthentications=publickey,")
        .replace("ssh -F", "ssh -i /root/key -F");
    let screen = Typist::new(&site.world, &line)
        .answer("Code from", "email")
        .answer_with("Code sent to a…@example.org", |_| server.mail(1).code())
        .run();
    assert!(screen.text().ends_with("alice\n"), "{screen:?}\n{}", sshd.log());
    assert!(!screen.text().contains("Password"), "{screen:?}");
    assert_eq!(site.last_login().reason, "emailed-code");
}
