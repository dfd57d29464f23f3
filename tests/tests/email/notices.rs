//! Users are told by mail what has changed in their account, and are invited by mail.

use monk_tests::site::Running;
use monk_tests::{Status, Typist};

use super::{embedded, mail_line, mail_lines, site_with_mail};

#[test]
fn users_hear_what_they_change_themselves_and_of_a_reset() {
    let (site, server) = site_with_mail(embedded(Running::Resident), "language = \"de\"\n");
    site.world.add_system_user("alice");
    site.add_user("alice", "secret");
    let phone = site.device("alice", "Phone");
    assert_eq!(mail_lines(&site), Vec::<String>::new(), "what root does is root's to tell");
    let line = "runuser -u alice -- monk-enroll backup-codes generate";
    let typed = format!("secret;{}", phone.code());
    let made = Typist::new(&site.world, line).answer("Password:", &typed).run();
    assert_eq!(made.status, Status::Code(0), "{}", made.text());
    let mail = server.mail(1);
    assert!(mail.plain.contains("Neue Ersatzcodes wurden erstellt."), "{}", mail.plain);
    assert!(mail_line(&site, 1).contains("user=alice service=monk-enroll to=a…@example.org"));
    site.enroll(&["reset", "alice"]);
    assert!(server.mail(2).plain.contains("Die Administration hat alle"));
}

fn an_invitation_by_mail_has_the_code_and_is_not_shown(running: Running) {
    let (site, server) = site_with_mail(embedded(running), "");
    site.add_user("alice", "secret");
    let invited = site.enroll(&["invite", "alice", "--mail"]);
    assert_eq!(invited["invited"][0]["mail"], "alice@example.org", "{invited}");
    assert!(invited["invited"][0]["code"].is_null(), "{invited}");
    let text = server.mail(1).plain;
    let code = text.lines().find_map(|line| line.strip_prefix("    ")).expect("a code");
    let imap = site.imap();
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", code.trim())));
}

monk_tests::in_both_ways!(an_invitation_by_mail_has_the_code_and_is_not_shown);
