//! The domain's own lockout: somebody who guesses through monk does not set it off.

use monk_tests::directories::{Bound, Samba};

use crate::scene::{PASSWORD, Scene};

/// Wrong passwords that lock an account in many domains.
const THRESHOLD: usize = 5;

/// More than that.
const GUESSES: usize = 12;

/// A mail program that goes on with an app password that was revoked, and a guesser with many addresses.
#[test]
fn wrong_passwords_through_monk_do_not_lock_the_account_in_the_domain() {
    let scene = Scene::<Samba>::start();
    // Elsewhere in these tests monk keeps nothing from the directory.
    let default = format!("directory_lockout = {THRESHOLD}");
    scene.site.change_settings("directory_lockout = 0", &default);
    scene.site.reload_if_resident();
    let threshold = format!("--account-lockout-threshold={THRESHOLD}");
    scene.directory.tool(&["domain", "passwordsettings", "set", &threshold]);
    let alice = scene.member("alice");
    scene.site.enroll(&["app-password", "revoke", "alice", "Mail"]);
    for number in 0..GUESSES {
        let guess = format!("guess {number}");
        for typed in [&alice.app_password, &guess] {
            let address = format!("198.51.100.{number}");
            let pam = scene.site.pam("imap", "alice").from(&address).types(typed);
            scene.site.denies(pam);
        }
    }
    let found = scene.directory.search(
        &scene.directory.dn("alice"),
        "(objectClass=user)",
        &["badPwdCount"],
    );
    let count = found[0].value("badPwdCount").and_then(|text| text.parse::<usize>().ok());
    assert!(count.is_some_and(|count| count < THRESHOLD), "{count:?}");
    assert_eq!(scene.directory.bind("alice@example.org", PASSWORD), Bound::Yes);
}
