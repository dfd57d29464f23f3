//! What changes while somebody is signed in: groups, accounts and names; and forms that are sent twice.

use monk_tests::site::Backend;

use crate::administrators::{bob, mail_to, site};
use crate::{invited, scanned, site_with};

#[test]
fn an_administrator_loses_the_pages_with_the_group_and_the_session_with_the_account() {
    let (site, portal, mails) = site();
    site.device("alice", "Phone");
    let (mut browser, _) = bob(&site, &portal);
    let mails_to_alice = || {
        let is_hers = |mail: &monk_tests::Mail| mail.recipients == ["alice@example.org"];
        mails.mails().into_iter().filter(is_hers).count()
    };
    assert!(browser.open("/people/reset?user=alice").text.contains("button"));
    site.enroll(&["group", "remove", "helpers", "bob"]);
    let before = site.enroll(&["status", "alice"]);
    browser.send("/people/reset", &[("user", "alice"), ("how", "user")]);
    assert_eq!(browser.page().status, 404, "{}", browser.page().text);
    for page in ["/people", "/people/invite", "/people/invitations", "/people/user?user=alice"] {
        assert_eq!(browser.open(page).status, 404, "{page}");
    }
    assert!(!browser.open("/methods").text.contains("/people"), "nothing leads there");
    assert_eq!(site.enroll(&["status", "alice"]), before);
    assert_eq!(mails_to_alice(), 0);

    site.enroll(&["group", "add", "helpers", "bob"]);
    assert_eq!(browser.open("/people").status, 200, "and back again");
    site.enroll(&["user", "disable", "bob"]);
    assert!(browser.open("/people").text.contains("name=\"password\""), "signed out");
    site.enroll(&["user", "enable", "bob"]);
    assert!(browser.open("/people").text.contains("name=\"password\""), "for good");
}

#[test]
fn a_reset_that_is_sent_from_two_tabs_is_carried_out_once() {
    let (site, portal, mails) = site();
    site.device("alice", "Phone");
    let (mut browser, _) = bob(&site, &portal);
    let page = browser.open("/people/reset?user=alice").clone();
    let fields = [("user", "alice"), ("how", "user")];
    browser.send("/people/reset", &fields);
    assert!(browser.page().text.contains("sent to alice@example.org"), "{}", browser.page().text);
    mail_to(&mails, "alice", "Please set up");
    let after = site.enroll(&["status", "alice"]);
    // The other tab has the form of before, and so has the button that goes back.
    let token = page.value("token").expect("a form");
    browser.open("/people/reset?user=alice");
    assert_eq!(browser.page().value("token").as_deref(), Some(&*token), "the form is still good");
    browser.send("/people/reset", &fields);
    assert_eq!(browser.page().status, 422, "{}", browser.page().text);
    assert!(browser.page().text.contains("name=\"proof\""), "it asks who is there");
    assert_eq!(site.enroll(&["status", "alice"]), after, "her new code is still good");
}

#[test]
fn somebody_who_is_renamed_signs_in_again_by_the_new_name_with_the_same_phone() {
    let (site, portal, code) = site_with(Backend::Ldap);
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    let phone = scanned(&browser);
    let confirm = browser.link("/confirm");
    browser.open(&confirm);
    browser.send(&confirm, &[("code", &phone.confirmation()), ("name", "Phone")]);
    assert!(browser.open("/methods").text.contains("Phone"));
    let dn = site.slapd().search("dc=example,dc=org", "(uid=alice)", &["uid"]);
    let dn = dn.first().expect("alice is there").dn.clone();
    site.slapd()
        .modify(&format!("dn: {dn}\nchangetype: modrdn\nnewrdn: uid=alicia\ndeleteoldrdn: 1\n"));
    // The session was alice's, and nobody has that name.
    assert!(browser.open("/methods").text.contains("name=\"password\""), "signed out");
    browser.sign_in("alicia", "secret", &phone.code());
    assert!(browser.open("/methods").text.contains("Phone"), "{}", browser.page().text);
}
