//! monk beside other modules of a PAM stack: who checks the password, and who hears of it.

use monk_tests::clients::{Pam, PamAnswer};
use monk_tests::in_every_setup;
use monk_tests::site::{Backend, Device, Running, Setup, Site};
use monk_tests::{Dovecot, DovecotOptions};

/// monk checks the second factor alone; pam_unix knows the passwords.
const ELSEWHERE: &str = "[policy]\npassword = \"elsewhere\"\n[engine]\nrefusal_ms = 0\n";

const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

/// Where the module that follows monk leaves what it was given.
const HANDED_ON: &str = "/run/handed-on";

const CODE_SCREEN: &str = "Code from your device, or a backup code: ";

in_every_setup!(
    given_pam_unix_before_monk_the_password_is_checked_there_and_the_code_here,
    given_pam_unix_after_monk_one_string_opens_both,
    given_a_service_for_app_passwords_only_no_password_with_a_code_opens_it,
);

/// A site where the settings' password of alice is `secret`, and pam_unix's `unix;secret`.
fn given_alice(setup: Setup, settings: &str) -> (Site, Device) {
    let site = setup.site_with(settings);
    site.world.add_system_user("alice");
    site.world.set_password("alice", "unix;secret");
    let phone = site.user_with_device("alice", "secret");
    (site, phone)
}

fn alice(settings: &str) -> (Site, Device) {
    given_alice(Setup { backend: Backend::Embedded, running: Running::Resident }, settings)
}

fn stack(site: &Site, auth: &str) {
    let rules = format!("{auth}\naccount required pam_permit.so\nsession required pam_permit.so\n");
    site.world.write("/etc/pam.d/imap", rules, 0o644);
}

/// A stack in which a program that follows monk, whatever monk says, writes down the password that
/// it is given.
fn stack_with_a_listener(site: &Site, arguments: &str) {
    let listener = format!("#!/bin/sh\ncat >{HANDED_ON}\n");
    site.world.write("/usr/local/bin/listener", listener, 0o755);
    stack(
        site,
        &format!(
            "auth required pam_monk.so {arguments}\n\
             auth optional pam_exec.so expose_authtok quiet /usr/local/bin/listener"
        ),
    );
}

/// What the program behind monk was given, which is forgotten then.
fn handed_on(site: &Site) -> String {
    if !site.world.exists(HANDED_ON) {
        return String::new();
    }
    let password = site.world.read(HANDED_ON);
    site.world.remove(HANDED_ON);
    password.trim_end_matches('\0').to_owned()
}

fn given_pam_unix_before_monk_the_password_is_checked_there_and_the_code_here(setup: Setup) {
    let (site, phone) = given_alice(setup, ELSEWHERE);
    stack(&site, "auth requisite pam_unix.so nodelay\nauth required pam_monk.so try_first_pass");
    let login = |password: &str, code: &str| site.pam("imap", "alice").types(password).types(code);
    let code = phone.code();
    assert_eq!(site.denies(login("unix;secret", &phone.wrong_code())), "wrong-code");
    // monk is not even asked.
    let refused = login("secret", &code).authenticate();
    assert_eq!(refused.answer, PamAnswer::AuthErr);
    assert!(!refused.shown.contains(CODE_SCREEN), "{}", refused.shown);
    assert_eq!(site.grants(login("unix;secret", &code)), "totp");
    assert_eq!(site.denies(login("unix;secret", &code)), "replayed-code");
}

#[test]
fn given_pam_unix_before_monk_its_password_is_known_or_not_and_the_code_is_asked() {
    let (site, phone) = alice(ELSEWHERE);
    for argument in ["use_first_pass", ""] {
        stack(
            &site,
            &format!("auth requisite pam_unix.so nodelay\nauth required pam_monk.so {argument}"),
        );
        let login = |code: &str| site.pam("imap", "alice").types("unix;secret").types(code);
        assert_eq!(site.denies(login(&phone.wrong_code())), "wrong-code");
        assert_eq!(site.grants(login(&phone.code())), "totp");
    }
}

fn given_pam_unix_after_monk_one_string_opens_both(setup: Setup) {
    let (site, phone) = given_alice(setup, ELSEWHERE);
    stack(
        &site,
        "auth requisite pam_monk.so forward_pass\nauth required pam_unix.so use_first_pass nodelay",
    );
    let login = |typed: String| site.pam("imap", "alice").types(typed);
    let wrong = format!("unix;secret;{}", phone.wrong_code());
    assert_eq!(site.denies(login(wrong)), "wrong-code");
    let typed = format!("unix;secret;{}", phone.code());
    assert_eq!(site.grants(login(typed.clone())), "totp");
    assert_eq!(site.denies(login(typed)), "replayed-code");
}

#[test]
fn given_pam_unix_after_monk_a_wrong_password_is_refused_there() {
    let (site, phone) = alice(ELSEWHERE);
    stack(
        &site,
        "auth requisite pam_monk.so forward_pass\nauth required pam_unix.so use_first_pass nodelay",
    );
    let typed = format!("wrong;{}", phone.code());
    let (login, line) = site.audited(|| site.pam("imap", "alice").types(typed).authenticate());
    assert_eq!((login.answer, line.verdict.as_str()), (PamAnswer::AuthErr, "granted"));
}

#[test]
fn given_pam_unix_after_monk_two_screens_open_both() {
    let (site, phone) = alice(ELSEWHERE);
    stack(
        &site,
        "auth requisite pam_monk.so forward_pass\nauth required pam_unix.so use_first_pass nodelay",
    );
    let login = || site.pam("imap", "alice").types("unix;secret");
    let (granted, _) = site.audited(|| login().types(phone.code()).authenticate());
    assert_eq!(granted.answer, PamAnswer::Success);
    assert!(granted.shown.contains("Password: Code from"), "{}", granted.shown);
    assert_eq!(site.denies(login().types(phone.wrong_code())), "wrong-code");
    assert_eq!(site.denies(login()), "code-missing");
}

#[test]
fn given_pam_unix_after_monk_a_mail_program_logs_in_with_one_string() {
    let (site, phone) = alice(ELSEWHERE);
    stack(
        &site,
        "auth requisite pam_monk.so forward_pass\nauth required pam_unix.so use_first_pass nodelay",
    );
    let options = DovecotOptions { pam_service: "imap".into(), ..DovecotOptions::default() };
    let imap = Dovecot::start(&site.world, options);
    assert_eq!(site.refuses(&imap, "alice", "unix;secret"), "code-missing");
    let typed = format!("unix;secret;{}", phone.code());
    assert_eq!(site.opens(&imap, "alice", &typed), "totp");
}

#[test]
fn given_forward_pass_the_bare_password_is_handed_on_after_success_and_never_otherwise() {
    for (settings, password) in [(ELSEWHERE, "unix;secret"), (QUICK, "secret")] {
        let (site, phone) = alice(settings);
        let codes = site.backup_codes("alice");
        stack_with_a_listener(&site, "forward_pass");
        let login = |typed: &str| site.pam("imap", "alice").types(typed);
        let code = phone.code();

        let wrong = format!("{password};{}", phone.wrong_code());
        assert_eq!(site.denies(login(&wrong)), "wrong-code");
        assert_eq!(handed_on(&site), "");
        assert_eq!(site.denies(login(password)), "code-missing");
        assert_eq!(handed_on(&site), "");
        assert_eq!(site.grants(login(&format!("{password};{code}"))), "totp");
        assert_eq!(handed_on(&site), password);
        assert_eq!(site.denies(login(&format!("{password};{code}"))), "replayed-code");
        assert_eq!(handed_on(&site), "");
        assert_eq!(site.grants(login(&format!("{password};{}", codes[0]))), "backup-code");
        assert_eq!(handed_on(&site), password);
    }
}

#[test]
fn given_no_forward_pass_nothing_is_handed_on() {
    let (site, phone) = alice(QUICK);
    stack_with_a_listener(&site, "");
    let typed = format!("secret;{}", phone.code());
    assert_eq!(site.grants(site.pam("imap", "alice").types(typed)), "totp");
    assert_eq!(handed_on(&site), "");
}

#[test]
fn given_use_first_pass_without_a_module_before_nothing_is_asked() {
    let (site, phone) = alice(QUICK);
    site.pam_service("imap", "use_first_pass");
    let login: Pam = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    let (refused, line) = site.audited(|| login.authenticate());
    assert_eq!((refused.answer, line.reason.as_str()), (PamAnswer::AuthErr, "bad-input"));
    assert!(!refused.shown.contains(": Code") && !refused.shown.contains("Password"));
    // Whereas try_first_pass asks then.
    site.pam_service("imap", "try_first_pass");
    let login = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(login), "totp");
}

/// As Debian's common-auth is with monk above pam_unix.
#[test]
fn given_a_stack_that_goes_on_with_users_whom_monk_does_not_know_their_password_is_asked_once() {
    let (site, phone) = alice(QUICK);
    site.world.add_system_user("bob");
    site.world.set_password("bob", "local");
    stack(
        &site,
        "auth [success=done ignore=ignore user_unknown=ignore default=die] pam_monk.so\n\
         auth required pam_unix.so try_first_pass nodelay",
    );
    // Everybody is asked for a code, so that strangers cannot be told from users; bob has none.
    let bob = |password: &str| site.pam("imap", "bob").types(password).types("");
    assert_eq!(bob("local").authenticate().answer, PamAnswer::Success);
    assert_eq!(bob("wrong").authenticate().answer, PamAnswer::AuthErr);
    // The local password of somebody whom monk knows opens nothing.
    assert_eq!(site.denies(site.pam("imap", "alice").types("unix;secret")), "wrong-password");
    assert_eq!(site.grants(site.pam("imap", "alice").types("secret").types(phone.code())), "totp");
}

fn given_a_service_for_app_passwords_only_no_password_with_a_code_opens_it(setup: Setup) {
    let settings = "[service.imap]\npassword = \"app-passwords-only\"\n[engine]\nrefusal_ms = 0\n";
    let (site, phone) = given_alice(setup, settings);
    site.pam_service("imap", "");
    site.pam_service("webmail", "");
    let app_password = site.app_password("alice", "Mail", &[]);
    let code = phone.code();
    let login = |service, typed: &str| site.pam(service, "alice").types(typed);
    for typed in ["secret", &format!("secret;{code}"), &format!("wrong;{code}")] {
        assert_eq!(site.denies(login("imap", typed)), "app-password-needed");
    }
    assert_eq!(site.grants(login("imap", &app_password)), "app-password");
    // Elsewhere the code is as good as new.
    assert_eq!(site.grants(login("webmail", &format!("secret;{code}"))), "totp");
}

#[test]
fn given_the_name_of_another_service_its_policy_is_the_one() {
    let (site, _phone) = alice("[service.free]\nmfa = \"off\"\n[engine]\nrefusal_ms = 0\n");
    let login = || site.pam("imap", "alice").types("secret");
    site.pam_service("imap", "service=imap");
    assert_eq!(site.denies(login()), "code-missing");
    site.pam_service("imap", "service=free");
    let (granted, line) = site.audited(|| login().authenticate());
    assert_eq!((granted.answer, line.service.as_str()), (PamAnswer::Success, "free"));
}

#[test]
fn given_other_settings_an_engine_is_started_with_them() {
    let site = Site::with_settings(Backend::Embedded, Running::OneShot, QUICK);
    site.add_user("alice", "secret");
    site.world.write("/etc/monk/other.toml", "[policy]\nmfa = \"off\"\n", 0o644);
    let login = || site.pam("imap", "alice").types("secret");
    site.pam_service("imap", "");
    assert_eq!(site.denies(login()), "not-enrolled");
    site.pam_service("imap", "config=/etc/monk/other.toml");
    assert_eq!(site.grants(login()), "password");
}

/// sshd names in SSH_AUTH_INFO_0 whatever has succeeded, one method in each line.
#[test]
fn given_other_methods_of_sshd_than_a_key_the_password_is_asked() {
    let (site, phone) =
        alice("[policy]\npassword = \"skip-after-publickey\"\n[engine]\nrefusal_ms = 0\n");
    site.pam_service("imap", "");
    let code = phone.code();
    let login = |methods| site.pam("imap", "alice").env("SSH_AUTH_INFO_0", methods).types(&code);
    let refusals = ["wrong-password", "wrong-password-again"];
    for methods in ["", "password", "keyboard-interactive publickey", "publickey-like ssh-rsa A"] {
        // The code is taken for the password.
        let refusal = site.denies(login(methods));
        assert!(refusals.contains(&refusal.as_str()), "{methods:?}: {refusal}");
    }
    let methods = "hostbased ssh-rsa A\npublickey ssh-ed25519 A";
    assert_eq!(site.grants(login(methods)), "totp");
}
