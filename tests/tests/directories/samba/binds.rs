//! What only a bind says, and the global catalogue.

use monk_tests::directories::{RealDirectory, Samba};

use crate::scene::{PASSWORD, Scene};

/// docs/directories/active-directory.md says so.
#[test]
fn hours_and_workstations_close_the_password_alone() {
    let scene = Scene::<Samba>::start();
    for means in ["logonHours", "userWorkstations"] {
        let person = scene.member(means);
        scene.directory.put(means, means);
        assert_eq!(scene.login("imap", means, &person.typed()), "outside-hours", "{means}");
        assert_eq!(scene.login("imap", means, &person.app_password), "app-password", "{means}");
        assert_eq!(scene.login("elsewhere", means, &person.code()), "totp", "{means}");
    }
}

/// SMARTCARD_REQUIRED: the domain gives the account a password that nobody knows.
#[test]
fn an_account_for_smart_cards_has_no_password_but_keeps_its_app_passwords() {
    let scene = Scene::<Samba>::start();
    let alice = scene.member("alice");
    scene.directory.replace("alice", "userAccountControl", ": 262656");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "wrong-password");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
}

/// DONT_EXPIRE_PASSWD: nobody has to change such a password, whatever `pwdLastSet` says.
#[test]
fn a_password_that_never_expires_need_not_be_changed() {
    let scene = Scene::<Samba>::start();
    let alice = scene.member("alice");
    scene.directory.put("alice", "pwdLastSet");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "must-change");
    scene.directory.replace("alice", "userAccountControl", ": 66048");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
}

/// Samba's has all attributes, unlike that of Windows.
#[test]
fn the_global_catalogue_of_samba_serves_logins_and_shows_the_state() {
    let scene = Scene::<Samba>::start();
    let alice = scene.member("alice");
    scene
        .site
        .change_settings(&scene.directory.ldaps_uri(), &scene.directory.global_catalogue_uri());
    scene.site.reload_engine();
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    scene.directory.put("alice", "accountExpires");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "expired");
    assert_eq!(scene.login("imap", "nobody", PASSWORD), "unknown-user");
}
