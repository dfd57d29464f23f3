//! The recipes of the README, with the very files that are shipped.

use monk_tests::clients::{Curl, Login, Ssh};
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{DOVECOT_FOR_POSTFIX, Dovecot, DovecotOptions, Postfix, Sshd, SshdOptions};

/// A site with `more` settings and a user alice who has an account of the machine, too.
fn site(more: &str) -> Site {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, more);
    site.add_user("alice", "secret");
    site.world.add_system_user("alice");
    site
}

#[test]
fn dovecot_takes_the_file_of_the_protocol() {
    let site = site("");
    site.install_recipe("imap");
    let options = DovecotOptions { pam_service: "%s".to_owned(), ..DovecotOptions::default() };
    let dovecot = Dovecot::start(&site.world, options);
    let phone = site.device("alice", "Phone");
    assert!(site.imap_login(&dovecot, "alice", &format!("secret;{}", phone.code())));
    assert_eq!(site.last_login().service, "imap");
}

#[test]
fn postfix_asks_dovecot_under_the_name_of_smtp() {
    let site = site("");
    site.install_recipe("imap");
    site.world.write("/etc/pam.d/smtp", site.world.read("/etc/pam.d/imap"), 0o644);
    let options = DovecotOptions {
        pam_service: "%s".to_owned(),
        config: DOVECOT_FOR_POSTFIX.to_owned(),
        ..DovecotOptions::default()
    };
    let _dovecot = Dovecot::start(&site.world, options);
    let postfix = Postfix::start(&site.world);
    let app_password = site.app_password("alice", "Mail", &[]);
    let phone = site.device("alice", "Phone");
    let login = |typed: &str| Curl::new(&site.world, &postfix.url(), "alice", typed).login();
    assert_eq!(login(&format!("secret;{}", phone.code())), Login::LoggedIn, "{}", postfix.log());
    assert_eq!(login(&app_password), Login::LoggedIn);
    assert!(matches!(login("secret"), Login::Refused(_)));
    let last = site.last_login();
    assert_eq!((last.service.as_str(), last.reason.as_str()), ("smtp", "code-missing"));
}

#[test]
fn sshd_asks_for_password_and_code() {
    let site = site("");
    site.install_recipe("sshd");
    let sshd = Sshd::start(&site.world, SshdOptions::default());
    let phone = site.device("alice", "Phone");
    let login = Ssh::new(&site.world, &sshd, "alice")
        .answer("Password", "secret")
        .answer("Code", &phone.code())
        .run("true");
    assert!(login.logged_in(), "{login:?}");
}

#[test]
fn sudo_asks_pam_unix_for_the_password_and_monk_for_the_code() {
    let site = site("[service.sudo]\npassword = \"elsewhere\"\n");
    site.install_recipe("sudo");
    site.world.set_password("alice", "local;secret");
    site.world.write("/etc/sudoers", "alice ALL=(ALL) ALL\n", 0o440);
    let phone = site.device("alice", "Phone");
    let sudo = |answers: String| {
        let command = site.world.command("sudo").args(["-k", "-S", "id", "-u"]).as_user("alice");
        command.stdin(answers).run()
    };
    let code = phone.code();
    let output = sudo(format!("local;secret\n{code}\n"));
    assert_eq!(output.stdout, "0\n", "{output}");
    assert_eq!(site.last_login().reason, "totp");
    let replay = sudo(format!("local;secret\n{code}\n"));
    assert!(!replay.success(), "{replay}");
    let logins = site.logins().len();
    let wrong = sudo(format!("wrong\n{}\n", phone.code()));
    assert!(!wrong.success(), "{wrong}");
    assert_eq!(site.logins().len(), logins, "nobody is asked for a code after a wrong password");
}
