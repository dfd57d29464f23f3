//! Logins with real clients, through the programs as Debian sets them up.

use monk_tests::fresh::Debian;
use monk_tests::site::Site;
use monk_tests::{Status, Typist};

use crate::guarded::{Guarded, PASSWORD, systemctl};

monk_tests::on_each_debian!(
    imap_and_submission_ask_for_a_second_factor,
    ssh_asks_for_a_second_factor,
    sudo_asks_for_a_second_factor,
);

/// What Postfix is told, besides the lines of `master.cf`.
const MASTER: &str = include_str!("../../../config/examples/postfix/master.cf");

/// What Dovecot is told about Postfix.
const FOR_POSTFIX: &str = include_str!("../../../config/examples/postfix/99-postfix.conf");

/// What the audit says of all logins so far.
#[track_caller]
fn reasons(site: &Site) -> Vec<String> {
    site.logins().into_iter().map(|line| line.reason).collect()
}

/// Makes Postfix take mail from those whom Dovecot knows, after the recipe.
#[track_caller]
fn set_up_submission(guarded: &Guarded) {
    let machine = &guarded.machine;
    machine.write("/etc/dovecot/conf.d/99-postfix.conf", FOR_POSTFIX, 0o644);
    let master = machine.read("/etc/postfix/master.cf");
    machine.write("/etc/postfix/master.cf", master + MASTER, 0o644);
    let good = &machine.certificates().good;
    for (setting, file) in
        [("smtpd_tls_cert_file", &good.certificate), ("smtpd_tls_key_file", &good.key)]
    {
        let setting = format!("{setting}={}", file.display());
        machine.command("postconf").args(["-e", &setting]).run().expect_success();
    }
    systemctl(machine, &["restart", "dovecot", "postfix"]);
}

fn imap_and_submission_ask_for_a_second_factor(debian: Debian) {
    let guarded = Guarded::new(debian);
    set_up_submission(&guarded);
    let site = guarded.site();
    let for_mail = site.app_password("alice", "Mail", &[]);
    let for_ssh = site.app_password("alice", "Backup", &["--scope", "sshd"]);
    let codes = site.backup_codes("alice");

    let typed = guarded.password_and_code();
    assert!(guarded.imap(&typed), "password;code");
    assert!(!guarded.submission(&typed), "the same code again, at the other door");
    assert!(guarded.submission(&guarded.password_and_code()), "password;code");
    assert!(guarded.imap(&for_mail) && guarded.submission(&for_mail), "an app password");
    assert!(guarded.imap(&for_mail), "an app password again");
    assert!(!guarded.imap(&for_ssh), "an app password for something else");
    let [first, second] = [&codes[0], &codes[1]].map(|code| format!("{PASSWORD};{code}"));
    assert!(guarded.imap(&first) && guarded.submission(&second), "backup codes");
    assert!(!guarded.submission(&first), "a backup code again");
    assert!(!guarded.imap(PASSWORD), "the password alone");
    assert!(!guarded.imap(&format!("{PASSWORD};{}", guarded.phone.wrong_code())));
    let totp = ["totp", "replayed-code", "totp"];
    let app_passwords = ["app-password", "app-password", "app-password", "app-password-scope"];
    let backup_codes = ["backup-code", "backup-code", "replayed-code"];
    let others = ["code-missing", "wrong-code"];
    assert_eq!(reasons(&site), [&totp[..], &app_passwords, &backup_codes, &others].concat());
}

fn ssh_asks_for_a_second_factor(debian: Debian) {
    let guarded = Guarded::new(debian);
    let site = guarded.site();
    let for_ssh = site.app_password("alice", "Backup", &["--scope", "sshd"]);
    let for_mail = site.app_password("alice", "Mail", &[]);
    let codes = site.backup_codes("alice");

    let code = guarded.phone.code();
    assert!(guarded.ssh(PASSWORD, &code), "password, and the code on a second screen");
    assert!(!guarded.ssh(PASSWORD, &code), "the same code again");
    assert!(guarded.ssh(&guarded.password_and_code(), ""), "password;code at the first prompt");
    assert!(guarded.ssh(&for_ssh, ""), "an app password for ssh");
    assert!(!guarded.ssh(&for_mail, ""), "an app password for mail is none for a shell");
    assert!(guarded.ssh(PASSWORD, &codes[0]), "a backup code");
    assert!(!guarded.ssh(PASSWORD, PASSWORD), "the password twice");
    let first = ["totp", "replayed-code", "totp"];
    let others = ["app-password", "app-password-scope", "backup-code", "code-missing"];
    assert_eq!(reasons(&site), [&first[..], &others].concat());
}

fn sudo_asks_for_a_second_factor(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    machine.command("adduser").args(["alice", "sudo"]).run().expect_success();
    machine.write("/etc/sudoers.d/once", "Defaults passwd_tries=1\n", 0o440);
    let site = guarded.site();
    let codes = site.backup_codes("alice");
    let for_sudo = site.app_password("alice", "Backup", &["--scope", "sudo"]);
    let for_mail = site.app_password("alice", "Mail", &[]);
    let sudo = |first: &str, second: &str| {
        // Without a memory of the last time.
        let line = "setpriv --reuid alice --regid alice --init-groups sudo -k id -un";
        let typist = Typist::new(machine, line);
        let screen = typist.answer("assword", first).answer("ode", second).run();
        screen.status == Status::Code(0) && screen.text().contains("root\n")
    };
    let code = guarded.phone.code();
    assert!(sudo(PASSWORD, &code), "password and code");
    assert!(sudo(PASSWORD, &codes[0]), "password and backup code");
    assert!(!sudo(PASSWORD, &code), "the same code again");
    assert!(sudo(&for_sudo, ""), "an app password for sudo");
    assert!(!sudo(&for_mail, ""), "an app password for mail opens no root shell");
    let codes = ["totp", "backup-code", "replayed-code"];
    assert_eq!(reasons(&site), [&codes[..], &["app-password", "app-password-scope"]].concat());
}
