//! One-time codes of the portal, in programs that have never heard of it.

use monk_tests::clients::Ssh;
use monk_tests::portal::Browser;
use monk_tests::site::{Backend, Device};
use monk_tests::{Output, SshdOptions};

use crate::{invited, scanned, site_with};

/// Signs alice in with a phone, from the invitation on.
#[track_caller]
fn phone_of(browser: &mut Browser, code: &str) -> Device {
    invited(browser, code);
    let phone = scanned(browser);
    let confirm = browser.link("/confirm");
    browser.open(&confirm);
    browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
    phone
}

/// Takes a code.
#[track_caller]
fn takes_a_code(browser: &mut Browser) -> String {
    browser.open("/login-code");
    browser.send("/login-code", &[]);
    let text = &browser.page().text;
    let (_, rest) = text.split_once("translate=\"no\"><span>").unwrap_or_else(|| panic!("{text}"));
    rest.split('<').next().expect("it ends").to_owned()
}

#[test]
fn a_code_opens_one_login_of_a_mail_program_or_of_ssh_and_never_the_portal() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let (site, portal, code) = site_with(backend);
        site.world.add_system_user("alice");
        let (dovecot, sshd) = (site.mail_server("imap", false), site.sshd(SshdOptions::default()));
        let mut browser = portal.browser();
        phone_of(&mut browser, &code);

        let first = takes_a_code(&mut browser);
        let second = takes_a_code(&mut browser);
        assert!(!site.imap_login(&dovecot, "alice", &format!("secret;{first}")), "replaced");
        let typed = format!("secret;{second}");
        let mut other = portal.browser();
        other.sign_in("alice", "secret", &second);
        assert_eq!(other.cookie("monk-session"), None, "it proves nothing here");
        assert!(site.imap_login(&dovecot, "alice", &typed));
        assert_eq!(site.last_login().reason, "portal-code");
        assert!(!site.imap_login(&dovecot, "alice", &typed), "a second time");
        assert_eq!(site.last_login().reason, "replayed-code");

        let code = takes_a_code(&mut browser);
        let ssh = Ssh::new(&site.world, &sshd, "alice").answer("Password", "secret");
        let login = ssh.answer("Code", &code.to_uppercase()).run("id -un");
        assert_eq!(login.stdout, "alice\n", "{login:?}");
        assert_eq!(site.last_login().reason, "portal-code");

        // Somebody else's code is nobody's.
        let code = takes_a_code(&mut browser);
        site.user_with_device("bob", "geheim");
        assert!(!site.imap_login(&dovecot, "bob", &format!("geheim;{code}")));
        // With the account, it ends.
        site.enroll(&["reset", "alice"]);
        assert!(!site.imap_login(&dovecot, "alice", &format!("secret;{code}")));
    }
}

#[test]
fn a_session_of_an_invitation_gets_no_code_and_opening_the_page_makes_none() {
    let (site, portal, code) = site_with(Backend::Embedded);
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    browser.open("/login-code");
    browser.send("/login-code", &[]);
    let page = browser.page();
    assert!(page.status == 422 && page.text.contains("Sign in with your phone"), "{}", page.text);
    let mut browser = portal.browser();
    phone_of(&mut browser, &site_code(&site));
    browser.open("/login-code");
    let status = site.enroll(&["status", "alice"]).to_string();
    assert!(!status.contains("portal-code"), "{status}");
}

/// Another invitation.
fn site_code(site: &monk_tests::site::Site) -> String {
    site.enroll(&["reset", "alice"])["code"].as_str().expect("a code").to_owned()
}

#[test]
fn of_logins_at_the_same_time_with_one_code_one_is_let_in() {
    let (site, portal, code) = site_with(Backend::Ldap);
    let dovecot = site.mail_server("imap", false);
    let mut browser = portal.browser();
    phone_of(&mut browser, &code);
    let typed = format!("secret;{}", takes_a_code(&mut browser));
    let line = format!(
        "for n in 1 2 3 4 5 6; do curl --silent --insecure --user 'alice:{typed}' {} >/dev/null && echo in & done; wait",
        dovecot.imaps_url()
    );
    let output: Output = site.world.command("sh").args(["-c", &line]).run().expect_success();
    assert_eq!(output.stdout, "in\n", "{output}");
}
