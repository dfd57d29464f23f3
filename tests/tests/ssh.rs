//! Logins with ssh: the second screen, keys, and the users that sshd itself refuses.

use monk_tests::clients::Ssh;
use monk_tests::in_every_setup;
use monk_tests::site::{Backend, Device, Running, Setup, Site};
use monk_tests::{Sshd, SshdOptions};

const PASSWORD_SCREEN: &str = "(alice@127.0.0.1) Password: ";
const CODE_SCREEN: &str = "(alice@127.0.0.1) Code from your device, or a backup code: ";

in_every_setup!(
    a_second_screen_asks_for_the_code_once,
    a_backup_code_is_taken_on_the_second_screen,
);

/// A site with an sshd, and alice, who has a device and an account.
fn given_alice(setup: Setup, settings: &str, options: SshdOptions) -> (Site, Sshd, Device) {
    let site = setup.site_with(settings);
    site.world.add_system_user("alice");
    let phone = site.user_with_device("alice", "secret");
    let sshd = site.sshd(options);
    (site, sshd, phone)
}

fn alice(settings: &str, options: SshdOptions) -> (Site, Sshd, Device) {
    let setup = Setup { backend: Backend::Embedded, running: Running::Resident };
    given_alice(setup, settings, options)
}

/// Lets alice in with a key, whose file is returned.
fn given_a_key(site: &Site) -> &'static str {
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", "/root/key"];
    site.world.command("ssh-keygen").args(keygen).run().expect_success();
    let public = site.world.read("/root/key.pub");
    site.world.write("/home/alice/.ssh/authorized_keys", public, 0o644);
    "/root/key"
}

fn login(site: &Site, sshd: &Sshd, password: &str, code: &str) -> Ssh {
    Ssh::new(&site.world, sshd, "alice").answer("Password", password).answer("Code", code)
}

/// Carries out a login that must succeed, with these screens; what opened the door.
#[track_caller]
fn opens(site: &Site, sshd: &Sshd, ssh: Ssh, screens: &[&str]) -> String {
    let (login, line) = site.audited(|| ssh.run("id -un"));
    assert_eq!(login.stdout, "alice\n", "{login:?} {} {}", line.text, sshd.log());
    assert_eq!(login.prompts, screens);
    assert_eq!(line.verdict, "granted", "{}", line.text);
    line.reason
}

/// Carries out a login that must be refused, after these screens; why the door stayed closed.
#[track_caller]
fn refuses(site: &Site, sshd: &Sshd, ssh: Ssh, screens: &[&str]) -> String {
    let (login, line) = site.audited(|| ssh.run("id -un"));
    assert!(!login.logged_in() && login.stdout.is_empty(), "{login:?} {}", sshd.log());
    assert_eq!(login.prompts, screens);
    assert!(line.says_no(), "{}", line.text);
    line.reason
}

fn a_second_screen_asks_for_the_code_once(setup: Setup) {
    let (site, sshd, phone) = given_alice(setup, "", SshdOptions::default());
    let screens = [PASSWORD_SCREEN, CODE_SCREEN];
    let code = phone.code();
    let ssh = login(&site, &sshd, "secret", &code);
    assert_eq!(opens(&site, &sshd, ssh, &screens), "totp");
    let ssh = login(&site, &sshd, "secret", &code);
    assert_eq!(refuses(&site, &sshd, ssh, &screens), "replayed-code");
}

fn a_backup_code_is_taken_on_the_second_screen(setup: Setup) {
    let (site, sshd, _phone) = given_alice(setup, "", SshdOptions::default());
    let screens = [PASSWORD_SCREEN, CODE_SCREEN];
    let codes = site.backup_codes("alice");
    let ssh = login(&site, &sshd, "secret", &codes[2]);
    assert_eq!(opens(&site, &sshd, ssh, &screens), "backup-code");
    let ssh = login(&site, &sshd, "secret", &codes[2]);
    assert_eq!(refuses(&site, &sshd, ssh, &screens), "replayed-code");
}

#[test]
fn given_a_wrong_password_or_code_the_screens_are_the_same_and_the_login_is_refused() {
    let (site, sshd, phone) = alice("", SshdOptions::default());
    let screens = [PASSWORD_SCREEN, CODE_SCREEN];
    let code = phone.code();
    for (password, code, reason) in [
        ("secret", phone.wrong_code().as_str(), "wrong-code"),
        ("secret", "no code at all", "wrong-code"),
        ("wrong", code.as_str(), "wrong-password"),
    ] {
        let ssh = login(&site, &sshd, password, code);
        assert_eq!(refuses(&site, &sshd, ssh, &screens), reason);
    }
    let ssh = login(&site, &sshd, "secret", &code);
    assert_eq!(opens(&site, &sshd, ssh, &screens), "totp");
}

#[test]
fn given_a_code_behind_the_password_there_is_no_second_screen() {
    let (site, sshd, phone) = alice("", SshdOptions::default());
    let ssh = login(&site, &sshd, &format!("secret;{}", phone.code()), "not asked");
    assert_eq!(opens(&site, &sshd, ssh, &[PASSWORD_SCREEN]), "totp");
    let app_password = site.app_password("alice", "Laptop", &["--scope", "sshd"]);
    let ssh = login(&site, &sshd, &app_password, "not asked");
    assert_eq!(opens(&site, &sshd, ssh, &[PASSWORD_SCREEN]), "app-password");
}

#[test]
fn given_a_mistake_on_the_first_screen_ssh_may_try_again_in_the_same_connection() {
    let (site, sshd, phone) = alice("", SshdOptions::default());
    let ssh = login(&site, &sshd, "secret", &phone.wrong_code()).attempts(2);
    let login = ssh.answer("Password", "secret").answer("Code", &phone.code()).run("id -un");
    assert_eq!(login.stdout, "alice\n", "{login:?}");
    let reasons: Vec<_> = site.logins().into_iter().map(|line| line.reason).collect();
    assert_eq!(reasons, ["wrong-code", "totp"]);
}

/// sshd's method `password` has one string, and answers every question with it.
#[test]
fn given_the_password_method_the_code_must_be_in_the_one_string() {
    let options =
        SshdOptions { keyboard_interactive: false, password: true, ..SshdOptions::default() };
    let (site, sshd, phone) = alice("", options);
    let screens = ["alice@127.0.0.1's password: "];
    let ssh = |typed: &str| Ssh::new(&site.world, &sshd, "alice").answer("password", typed);
    assert_eq!(refuses(&site, &sshd, ssh("secret"), &screens), "code-missing");
    let typed = format!("secret;{}", phone.code());
    assert_eq!(opens(&site, &sshd, ssh(&typed), &screens), "totp");
    assert_eq!(refuses(&site, &sshd, ssh(&typed), &screens), "replayed-code");
}

#[test]
fn given_a_user_that_sshd_refuses_the_right_password_and_code_are_not_even_looked_at() {
    let config = "DenyUsers alice\nPermitRootLogin no\n".to_owned();
    let options = SshdOptions { config, ..SshdOptions::default() };
    let (site, sshd, phone) = alice("", options);
    site.add_user("root", "secret");
    let code = phone.code();
    for user in ["alice", "root"] {
        let ssh = Ssh::new(&site.world, &sshd, user).answer("Password", "secret");
        let (login, line) = site.audited(|| ssh.answer("Code", &code).run("id -un"));
        assert!(!login.logged_in(), "{login:?}");
        let line = (line.verdict.as_str(), line.reason.as_str(), line.user.as_str());
        assert_eq!(line, ("refused", "refused-by-host", user));
    }
    // The code was not spent by that.
    site.pam_service("webmail", "");
    let right = site.pam("webmail", "alice").types(format!("secret;{code}"));
    assert_eq!(site.grants(right), "totp");
}

#[test]
fn given_an_accepted_key_only_the_code_is_asked_where_the_policy_says_so() {
    let settings = "[service.sshd]\npassword = \"skip-after-publickey\"\n";
    let config = "AuthenticationMethods publickey,keyboard-interactive keyboard-interactive\n";
    let options = SshdOptions { config: config.to_owned(), ..SshdOptions::default() };
    let (site, sshd, phone) = alice(settings, options);
    let key = given_a_key(&site);
    let code = phone.code();
    let ssh = login(&site, &sshd, "not asked", &code).key(key);
    assert_eq!(opens(&site, &sshd, ssh, &[CODE_SCREEN]), "totp");
    let ssh = login(&site, &sshd, "not asked", &code).key(key);
    assert_eq!(refuses(&site, &sshd, ssh, &[CODE_SCREEN]), "replayed-code");
    // Without a key nothing is skipped.
    let screens = [PASSWORD_SCREEN, CODE_SCREEN];
    let code = phone.code();
    let ssh = login(&site, &sshd, "wrong", &code);
    assert_eq!(refuses(&site, &sshd, ssh, &screens), "wrong-password");
    let ssh = login(&site, &sshd, "secret", &code);
    assert_eq!(opens(&site, &sshd, ssh, &screens), "totp");
}

#[test]
fn given_an_accepted_key_the_password_is_asked_where_the_policy_says_nothing() {
    let config = "AuthenticationMethods publickey,keyboard-interactive\n".to_owned();
    let options = SshdOptions { config, ..SshdOptions::default() };
    let (site, sshd, phone) = alice("", options);
    let key = given_a_key(&site);
    let screens = [PASSWORD_SCREEN, CODE_SCREEN];
    let code = phone.code();
    let ssh = login(&site, &sshd, "wrong", &code).key(key);
    assert_eq!(refuses(&site, &sshd, ssh, &screens), "wrong-password");
    let ssh = login(&site, &sshd, "secret", &code).key(key);
    assert_eq!(opens(&site, &sshd, ssh, &screens), "totp");
}

#[test]
fn given_a_policy_without_screens_everything_comes_in_one_string() {
    let (site, sshd, phone) = alice("[service.sshd]\nprompt = \"never\"\n", SshdOptions::default());
    let code = phone.code();
    let ssh = login(&site, &sshd, "secret", &code);
    assert_eq!(refuses(&site, &sshd, ssh, &[PASSWORD_SCREEN]), "code-missing");
    let ssh = login(&site, &sshd, &format!("secret;{code}"), "not asked");
    assert_eq!(opens(&site, &sshd, ssh, &[PASSWORD_SCREEN]), "totp");
}

#[test]
fn given_a_module_without_screens_everything_comes_in_one_string() {
    let (site, sshd, phone) = alice("", SshdOptions::default());
    site.pam_service("sshd", "prompt=never");
    let code = phone.code();
    let ssh = login(&site, &sshd, "secret", &code);
    assert_eq!(refuses(&site, &sshd, ssh, &[PASSWORD_SCREEN]), "code-missing");
    let ssh = login(&site, &sshd, &format!("secret;{code}"), "not asked");
    assert_eq!(opens(&site, &sshd, ssh, &[PASSWORD_SCREEN]), "totp");
}

/// A login with a key alone asks no PAM module for authentication, but it asks for the account.
#[test]
fn given_a_key_alone_only_users_that_monk_knows_get_in() {
    let config = "AuthenticationMethods publickey\n".to_owned();
    let options = SshdOptions { config, ..SshdOptions::default() };
    let (site, sshd, _phone) = alice("", options);
    let key = given_a_key(&site);
    site.world.add_system_user("bob");
    let public = site.world.read("/root/key.pub");
    site.world.write("/home/bob/.ssh/authorized_keys", public, 0o644);
    let login = |user| Ssh::new(&site.world, &sshd, user).key(key).run("id -un");
    assert_eq!(login("alice").stdout, "alice\n");
    let refused = login("bob");
    assert!(!refused.logged_in() && refused.stdout.is_empty(), "{refused:?}");
    site.world.wait_for_log(|line| line.text.starts_with("account user=bob service=sshd"));
}
