//! Logins through real programs.

use monk_tests::site::{Backend, Running, Site};

#[test]
fn a_password_with_a_code_opens_imap_once() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    site.add_user("alice", "secret");
    let phone = site.device("alice", "Phone");
    let imap = site.imap();
    let typed = format!("secret;{}", phone.code());
    assert!(site.imap_login(&imap, "alice", &typed), "{:?} {}", site.world.log(), imap.log());
    assert_eq!(site.last_login().reason, "totp");
    assert!(!site.imap_login(&imap, "alice", &typed));
    assert_eq!(site.last_login().reason, "replayed-code");
}
