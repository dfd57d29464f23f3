//! The recipes of sshd and sudo, with the very files that are shipped.

use monk_tests::clients::Ssh;
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Sshd, SshdOptions, Status};

/// A site with `more` settings and a user alice who has an account of the machine, too.
fn site(more: &str) -> Site {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, more);
    site.add_user("alice", "secret");
    site.world.add_system_user("alice");
    site
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
    assert_eq!(replay.status, Status::Code(1), "{replay}");
    assert_eq!(site.last_login().reason, "replayed-code");
    let logins = site.logins().len();
    let wrong = sudo(format!("wrong\n{}\n", phone.code()));
    assert_eq!(wrong.status, Status::Code(1), "{wrong}");
    assert_eq!(site.logins().len(), logins, "nobody is asked for a code after a wrong password");
}
