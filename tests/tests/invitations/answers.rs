//! Users who do not answer, mails that come back, and mailboxes that cannot be read.

use monk_tests::Status;
use monk_tests::site::Backend;

use super::{code_to, mails_by_address, site, write_settings};

const DAY: i64 = 24 * 3600;

/// A report as a mail server writes it when a mail cannot be delivered after all.
const REPORT: &str = "From: MAILER-DAEMON@mail.example.org\nTo: monk@example.org\nMIME-Version: 1.0\n\
    Content-Type: multipart/report; report-type=delivery-status; boundary=\"A\"\n\n--A\n\
    Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.org\n\n\
    Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1\n\n--A--\n";

monk_tests::in_every_store!(a_reminder_is_for_those_who_have_not_enrolled_and_whose_mail_arrived);

fn a_reminder_is_for_those_who_have_not_enrolled_and_whose_mail_arrived(backend: Backend) {
    let (site, server) = site(backend, "");
    ["alice", "bob", "carol", "nobody"].iter().for_each(|name| site.add_user(name, "secret"));
    let all = ["invite", "--without-second-factor", "--mail"];
    let (said, output) = site.try_enroll(&all);
    assert_eq!(said["invited"].as_array().map(Vec::len), Some(3), "{output}");
    let first = code_to(&server, "alice");
    site.device("carol", "Phone");
    site.world.write("/root/report.eml", REPORT, 0o600);
    let bounced = site.enroll(&["invitations", "bounced", "/root/report.eml"]);
    assert_eq!(bounced["bounced"][0]["user"], "bob", "{bounced}");
    assert_eq!(bounced["bounced"][0]["noted"], true, "{bounced}");

    // Nobody is reminded within a day.
    let remind = ["invite", "--remind", "--mail"];
    assert_eq!(site.enroll(&remind)["invited"].as_array().map(Vec::len), Some(0));
    site.kill_engine();
    let clock = site.start_engine_with_clock();
    clock.set(DAY + 60);
    let three = ["invite", "--remind", "--older-than-days", "3", "--mail"];
    assert_eq!(site.enroll(&three)["invited"].as_array().map(Vec::len), Some(0));
    let reminded = site.enroll(&remind);
    assert_eq!(reminded["invited"].as_array().map(Vec::len), Some(1), "{reminded}");
    assert_eq!(reminded["invited"][0]["user"], "alice");
    assert_eq!(site.enroll(&remind)["invited"].as_array().map(Vec::len), Some(0), "no second one");
    let counts = mails_by_address(&server);
    assert_eq!((counts["alice@example.org"], counts["bob@example.org"]), (2, 1), "{counts:?}");

    // The reminder has another code, and the first one is over.
    let imap = site.imap();
    assert!(!site.imap_login(&imap, "alice", &format!("secret;{first}")));
    assert!(site.imap_login(&imap, "alice", &format!("secret;{}", code_to(&server, "alice"))));
    let listed = site.enroll(&["invitations", "list"]);
    let rows = listed["invitations"].as_array().expect("a list");
    let of = |name: &str| rows.iter().find(|one| one["user"] == name);
    assert_eq!(of("alice").expect("alice")["reminders"], 1, "{listed}");
    assert_eq!(of("bob").expect("bob")["mail"]["state"], "bounced", "{listed}");
    assert!(of("carol").is_none() && listed["second_factor"] == 1, "{listed}");
}

#[test]
fn a_reminder_that_is_not_delivered_leaves_the_code_of_before() {
    let (site, server) = site(Backend::Embedded, "");
    site.add_user("alice", "secret");
    site.enroll(&["invite", "alice", "--mail"]);
    let code = code_to(&server, "alice");
    server.kill();
    site.kill_engine();
    site.start_engine_with_clock().set(DAY + 60);
    let (said, output) = site.try_enroll(&["invite", "--remind", "--mail"]);
    assert_eq!(output.status, Status::Code(7), "{said}");
    let imap = site.imap();
    assert!(site.imap_login(&imap, "alice", &format!("secret;{code}")));
}

#[test]
fn nobody_is_mailed_what_the_mailbox_will_not_show() {
    let own = "[enrolment]\nimap = \"imap.example.org:993\"\n";
    let (site, server) = site(Backend::Embedded, own);
    site.add_user("alice", "secret");
    let invite = ["invite", "alice", "--mail"];
    let (said, output) = site.try_enroll(&invite);
    assert_eq!(output.status, Status::Code(8), "{said}");
    let error = said["left_out"][0]["error"].as_str().unwrap_or_default();
    assert!(error.contains("mfa = \"required\"") && error.contains("--force"), "{said}");
    assert_eq!(server.mails().len(), 0);
    site.enroll(&[&invite[..], &["--force"]].concat());
    // With a time of grace, the mailbox opens.
    write_settings(&site, &server, &format!("{own}[policy]\ngrace_until = 2100-01-01\n"));
    site.enroll(&invite);
    write_settings(&site, &server, &format!("{own}[policy]\nmfa = \"when-enrolled\"\n"));
    site.enroll(&invite);
    assert_eq!(server.mails().len(), 3);
}
