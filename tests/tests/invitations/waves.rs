//! Waves of invitations, and what happens when one breaks off.

use std::time::Duration;

use monk_tests::site::Backend;
use monk_tests::{MailServer, MailServerOptions, Status, until};

use super::{add, code_to, mails_by_address, site};

/// How long some mails may take on a slow machine.
pub const MAIL_TIME: Duration = Duration::from_secs(60);

/// Users of a test.
pub const MANY: usize = 40;

pub const EVERYBODY: [&str; 3] = ["invite", "--without-second-factor", "--mail"];

pub fn many() -> impl Iterator<Item = String> {
    (0..MANY).map(|n| format!("user{n}"))
}

monk_tests::in_every_store!(waves_go_on_until_everybody_has_one_mail);

fn waves_go_on_until_everybody_has_one_mail(backend: Backend) {
    let (site, server) = site(backend, "");
    let names = ["busy", "nobody", "a", "b", "c", "d"];
    names.iter().for_each(|name| site.add_user(name, "secret"));
    let wave = [&EVERYBODY[..], &["--wave", "3"]].concat();
    // The server takes no mail for one of them, whichever wave that one is in.
    let mut invited = 0;
    for _ in 0..2 {
        let (said, output) = site.try_enroll(&wave);
        let now = said["invited"].as_array().unwrap_or_else(|| panic!("{output}")).len();
        assert!(now <= 3, "{output}");
        invited += now;
    }
    assert_eq!(invited, 5);
    let said = site.enroll(&wave);
    assert_eq!((&said["kept"], said["invited"].as_array().map(Vec::len)), (&1.into(), Some(0)));
    let counts = mails_by_address(&server);
    assert_eq!(counts.len(), 5, "{counts:?}");
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    let imap = site.imap();
    assert!(site.imap_login(&imap, "busy", &format!("secret;{}", code_to(&server, "busy"))));
    let listed = site.enroll(&["invitations", "list"]);
    let states: Vec<_> = listed["invitations"].as_array().expect("a list").iter().collect();
    let state_of = |name: &str| {
        let one = states.iter().find(|one| one["user"] == name).expect("invited");
        one["mail"]["state"].clone()
    };
    assert_eq!((state_of("busy"), state_of("nobody")), ("sent".into(), "refused".into()));
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_stopped_and_nobody_gets_two_mails() {
    let (site, server) = site(Backend::Embedded, "");
    add(&site, many());
    let mut run = site.world.spawn("monk-enroll", &EVERYBODY);
    let some = || (server.mails().len() >= 5).then_some(());
    until(MAIL_TIME, some).expect("some mails");
    run.destroy();
    let sent = server.mails().len();
    assert!(sent < MANY, "it was too fast for this test: {sent}");

    // The mail server is away: nobody is lost.
    let port = server.port();
    server.kill();
    let (said, output) = site.try_enroll(&EVERYBODY);
    assert_eq!(output.status, Status::Code(7), "{said}");
    assert_eq!(said["invited"].as_array().map(Vec::len), Some(0), "{said}");
    assert!(said["stopped"].as_str().is_some_and(|why| why.contains("mail.host")), "{said}");

    let server = MailServer::start_on(&site.world, &MailServerOptions::default(), port);
    site.enroll(&EVERYBODY);
    let counts = mails_by_address(&server);
    assert_eq!(counts.len(), MANY, "{counts:?}");
    assert!(counts.values().all(|count| *count == 1), "each once: {counts:?}");
    let imap = site.imap();
    for name in ["user0", "user39"] {
        let typed = format!("secret;{}", code_to(&server, name));
        assert_eq!(site.opens(&imap, name, &typed), "enrolment-code");
    }
}
