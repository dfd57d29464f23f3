//! Administrators invite a whole group.

use monk_tests::chromium::Chromium;
use monk_tests::portal::ORIGIN;
use monk_tests::{Mail, until};

use crate::administrators::{MAIL_TIME, bob, code_in, mail_to, site};

/// More than a page waits for.
const MANY: usize = 55;

#[test]
fn a_group_is_looked_at_first_and_invited_while_the_page_shows_how_far_it_is() {
    let (site, portal, mails) = site();
    let mut file = "name,mail,password\n".to_owned();
    for n in 0..MANY {
        file += &format!("user{n},user{n}@example.org,secret\n");
    }
    site.world.write("/root/users.csv", file, 0o600);
    site.enroll(&["user", "import", "/root/users.csv"]);
    for n in 0..MANY {
        site.enroll(&["group", "add", "staff", &format!("user{n}")]);
    }
    site.enroll(&["group", "add", "staff", "bob"]);
    site.enroll(&["invite", "user7"]);
    let (mut browser, phone) = bob(&site, &portal);
    let invitations = || {
        let is_one = |mail: &Mail| mail.plain.contains("Please set up");
        mails.mails().into_iter().filter(is_one).count()
    };
    browser.open("/people/invite");
    browser.send("/people/invite/check", &[("who", "group"), ("group", "staff")]);
    let text = browser.page().text.clone();
    assert!(text.contains(&format!("Invitations to send: {}", MANY - 1)), "{text}");
    assert!(text.contains("user7") && text.contains("has an invitation"), "{text}");
    assert_eq!(invitations(), 0, "nothing is sent before somebody says so");

    let wish = [("who", "group"), ("group", "staff"), ("days", "3")];
    browser.send("/people/invite", &wish);
    assert!(browser.page().text.contains("<h1>Invitations</h1>"), "{}", browser.page().text);
    // Sent twice: the same round goes on.
    browser.open("/people/invite");
    browser.send("/people/invite", &wish);
    let sent = format!("Sent: {0} of {0}", MANY - 1);
    let mut is_done = || browser.open("/people/invitations").text.contains(&sent).then_some(());
    until(4 * MAIL_TIME, &mut is_done).expect("they are sent");
    let text = browser.page().text.clone();
    assert!(text.contains("All of them were sent"), "{text}");
    assert!(text.contains("Set up already: 1. Have an invitation: 1."), "{text}");
    assert_eq!(invitations(), MANY - 1, "each once, and nobody else");
    code_in(&mail_to(&mails, "user33", "Please set up"));

    // Another round goes on where the first one was: everybody has an invitation.
    browser.open("/people/invite");
    browser.send("/people/invite/check", &wish);
    assert!(browser.page().text.contains("Invitations to send: 0"), "{}", browser.page().text);
    let proof = phone.code();
    let again = [("who", "names"), ("names", "user7\nuser8"), ("again", "yes")];
    let again = [&again[..], &[("password", "secret"), ("proof", proof.as_str())]].concat();
    browser.send("/people/invite", &again);
    mail_to(&mails, "user7", "Please set up");
    // None of the pages had a code: each is in a mail of its own.
    let log = site.world.log();
    let is_line = |text: &str| text.contains("administrator \"bob\": invite of \"user33\"");
    assert!(log.iter().any(|line| is_line(&line.text)), "the log says who");
}

#[test]
fn the_page_follows_the_invitations_by_itself() {
    let (site, portal, mails) = site();
    let (_, phone) = bob(&site, &portal);
    let browser = Chromium::start(&site.world);
    browser.open(&format!("{ORIGIN}/sign-in"));
    browser.type_into("[name=username]", "bob");
    browser.type_into("[name=password]", "secret");
    browser.click("form[action='/sign-in'] button");
    browser.type_into("[name=code]", &phone.code());
    browser.click("main form button.btn");
    browser.wait_for_heading("Hello bob");
    browser.open(&format!("{ORIGIN}/people/invite?missing=1"));
    browser.click("main form button.btn");
    browser.wait_for_heading("Invitations to send: 1");
    browser.click("main form button.btn");
    browser.wait_for("#live");
    browser.wait("the end", || browser.text("#live").contains("All of them were sent"));
    code_in(&mail_to(&mails, "alice", "Please set up"));
    // Going back sends nothing, and another round takes another proof.
    let sent = mails.mails().len();
    browser.back();
    browser.open(&format!("{ORIGIN}/people/invite?missing=1"));
    browser.click("main form button.btn");
    browser.wait_for_heading("Invitations to send: 0");
    browser.wait_for("[name=proof]");
    assert_eq!(mails.mails().len(), sent);
}
