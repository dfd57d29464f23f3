//! Somebody has taken the portal over: a program of its own account that says whatever it likes to the engine.

use std::path::Path;
use std::time::Duration;

use monk_client::Conversation;
use monk_tests::portal::ACCOUNT;
use monk_tests::site::{Backend, Site, monk_socket};
use monk_wire::manage::{Command, Failure, Manage, Outcome};
use monk_wire::portal::{Portal, PortalAsk, PortalReply};
use monk_wire::{Denial, Login, Reply, Request, Secret};

use crate::{invited, site_with};

pub fn says(site: &Site, uid: u32, request: &Request) -> Reply {
    let talk = || {
        let socket = Path::new(monk_socket());
        let mut engine = Conversation::open(socket, Duration::from_secs(20))?;
        engine.call(request)
    };
    site.world.inside_as(uid, talk).expect("the engine answers")
}

pub fn asks(session: Option<&str>, ask: PortalAsk) -> Request {
    let session = session.map(|token| Secret::new(token.as_bytes()));
    Request::Portal(Box::new(Portal { address: Some("198.51.100.9".to_owned()), session, ask }))
}

/// The uid of the program that was taken over.
#[track_caller]
pub fn taken(site: &Site) -> u32 {
    let accounts = site.world.read("/etc/passwd");
    let mut lines = accounts.lines();
    let line = lines.find(|line| line.starts_with(&format!("{ACCOUNT}:")));
    line.and_then(|line| line.split(':').nth(2)?.parse().ok()).expect("an account")
}

#[test]
fn it_acts_for_those_who_are_signed_in_and_for_nobody_else() {
    let (site, portal, code) = site_with(Backend::Embedded);
    site.add_user("bob", "geheim");
    let (taken, other): (u32, u32) = (taken(&site), 65_534);
    let mut browser = portal.browser();
    invited(&mut browser, &code);
    let session = browser.cookie("monk-session").expect("a session");

    // For alice, who is signed in, it can do what she can.
    let own = |token: &str, command| asks(Some(token), PortalAsk::Own(command));
    let reply = says(&site, taken, &own(&session, Command::Status));
    assert!(matches!(reply, Reply::Done(Outcome::Status(_))), "{reply:?}");
    // Nobody else, bob, and not root either.
    let others =
        |command| asks(Some(&session), PortalAsk::Administer { user: "bob".to_owned(), command });
    for command in [Command::Status, Command::Reset { seconds: 3600 }, Command::BackupCodesGenerate]
    {
        let reply = says(&site, taken, &others(command));
        assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
    }
    for token in ["", "a", &session[1..], &session.to_uppercase(), &"a".repeat(session.len())] {
        let reply = says(&site, taken, &own(token, Command::Status));
        assert_eq!(reply, Reply::Portal(PortalReply::NoSession), "{token}");
    }
    // The administration does not know it.
    for user in ["alice", "bob"] {
        let manage = Manage { user: user.to_owned(), command: Command::Status };
        let reply = says(&site, taken, &Request::Manage(manage));
        assert!(matches!(reply, Reply::Failed(Failure::NotYou { .. })), "{reply:?}");
    }
    // It mints no login: what it says of keys and addresses is not believed.
    for publickey in [false, true] {
        let login = Login {
            user: "bob".to_owned(),
            service: "sshd".to_owned(),
            address: Some("127.0.0.1".to_owned()),
            terminal: None,
            person: None,
            typed: Some(Secret::new(session.as_bytes())),
            can_ask: false,
            publickey,
            forward: false,
            budget_ms: 10_000,
        };
        let reply = says(&site, taken, &Request::Login(login));
        assert_eq!(reply, Reply::Denied(Denial::Refused));
    }
    // And a session is of no use to other programs.
    let reply = says(&site, other, &own(&session, Command::Status));
    assert_eq!(reply, Reply::Denied(Denial::Refused));

    // When alice signs out, that is the end of it.
    browser.open("/methods");
    browser.send("/sign-out", &[]);
    let reply = says(&site, taken, &own(&session, Command::Status));
    assert_eq!(reply, Reply::Portal(PortalReply::NoSession));
}
