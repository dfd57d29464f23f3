//! A change of the password on the page, at real directories, and a login of a real Dovecot with it.

use monk_tests::site::Backend;

use crate::{invited, site_with};

const NEW: &str = "correct horse battery staple";

#[test]
fn a_password_that_is_changed_on_the_page_opens_the_mailbox_and_the_old_one_does_not() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let (site, portal, code) = site_with(backend);
        let dovecot = site.mail_server("imap", false);
        let mut browser = portal.browser();
        invited(&mut browser, &code);
        browser.open("/password");
        assert_eq!(browser.page().heading(), "Change your password");
        let fields = |current, again| [("current", current), ("new", NEW), ("again", again)];
        browser.send("/password", &fields("secret", "another"));
        assert!(browser.page().text.contains("The two new passwords differ"));
        browser.send("/password", &fields("not it", NEW));
        assert!(browser.page().text.contains("The current password doesn’t match"));
        assert!(!browser.page().text.contains(NEW), "passwords are never filled in again");
        assert!(!site.imap_login(&dovecot, "alice", NEW));
        browser.send("/password", &fields("secret", NEW));
        assert_eq!(browser.page().heading(), "Your password is changed");
        assert!(site.imap_login(&dovecot, "alice", NEW));
        assert!(!site.imap_login(&dovecot, "alice", "secret"));
    }
}
