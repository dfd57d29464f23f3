//! A change of the password on the page, at real directories, and a login of a real Dovecot with it.

use monk_tests::SlapdOptions;
use monk_tests::portal::{ACCOUNT, Portal, SETTINGS};
use monk_tests::site::{Backend, Running, Site};

const NEW: &str = "correct horse battery staple";

/// Users may change their own passwords there, as a directory of people lets them.
fn open_to_users(options: SlapdOptions) -> SlapdOptions {
    let own = "to attrs=userPassword by self write by anonymous auth by * none".to_owned();
    let access = [vec![own], options.access].concat();
    SlapdOptions { access, ..options }
}

#[test]
fn a_password_that_is_changed_on_the_page_opens_the_mailbox_and_the_old_one_does_not() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let settings = format!("{SETTINGS}[service.imap]\nmfa = \"when-enrolled\"\n");
        let site = Site::with_slapd_options(backend, Running::Resident, &settings, open_to_users);
        site.world.add_system_user(ACCOUNT);
        let portal = Portal::start(&site);
        site.add_user("bob", "secret");
        let dovecot = site.mail_server("imap", false);
        let mut browser = portal.browser();
        browser.sign_in("bob", "secret", "");
        assert!(site.imap_login(&dovecot, "bob", "secret"), "until now");
        browser.open("/password");
        assert_eq!(browser.page().heading(), "Change your password");
        let fields = |current, again| [("current", current), ("new", NEW), ("again", again)];
        browser.send("/password", &fields("secret", "another"));
        assert!(browser.page().text.contains("The two new passwords differ"));
        browser.send("/password", &fields("not it", NEW));
        assert!(browser.page().text.contains("The current password doesn’t match"));
        assert!(!browser.page().text.contains(NEW), "passwords are never filled in again");
        assert!(!site.imap_login(&dovecot, "bob", NEW));
        browser.send("/password", &fields("secret", NEW));
        let text = &browser.page().text;
        assert_eq!(browser.page().heading(), "Your password is changed", "{backend:?}: {text}");
        assert!(site.imap_login(&dovecot, "bob", NEW));
        assert!(!site.imap_login(&dovecot, "bob", "secret"));
    }
}
