//! Somebody has taken the portal over while an administrator is signed in.

use monk_tests::site::Site;
use monk_wire::manage::{Command, Failure, Invitation, Outcome, UserCommand};
use monk_wire::portal::{NewStart, PortalAsk, PortalReply, Recipient};
use monk_wire::{Reply, Secret, VERSION, frame};

use crate::administrators::{bob, code_in, mail_to, site};
use crate::taken_over::{asks, says, taken};

/// What it asks with bob's session.
struct Thief<'a> {
    site: &'a Site,
    session: String,
    uid: u32,
}

impl Thief<'_> {
    fn asks(&self, ask: PortalAsk) -> Reply {
        says(self.site, self.uid, &asks(Some(&self.session), ask))
    }

    fn about_alice(&self, command: Command) -> Reply {
        self.asks(PortalAsk::Administer { user: "alice".to_owned(), command })
    }

    fn resets_alice(&self, to: Recipient) -> Reply {
        self.asks(PortalAsk::NewStart { user: "alice".to_owned(), to })
    }

    /// Bob proves who he is, for a change of his own choice.
    fn is_given_a_proof(&self, typed: &str) {
        let typed = Secret::new(typed.as_bytes());
        let reply = self.asks(PortalAsk::Prove { typed });
        assert_eq!(reply, Reply::Portal(PortalReply::Proven));
    }
}

#[track_caller]
fn started(reply: &Reply) -> &NewStart {
    match reply {
        Reply::Portal(PortalReply::NewStart(start)) => start,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_sees_no_code_of_somebody_else_and_makes_one_change_with_each_proof() {
    let (site, portal, mails) = site();
    let dovecot = site.mail_server("imap", false);
    site.device("alice", "Phone");
    let (browser, _) = bob(&site, &portal);
    let session = browser.cookie("monk-session").expect("a session");
    let thief = Thief { site: &site, session, uid: taken(&site) };

    // Nothing that answers with a secret, whatever it is called.
    let invite = |reset| {
        Command::Invite(Invitation { seconds: 3600, send: false, reset, ..Invitation::default() })
    };
    let password = Secret::new(b"of the thief's choice");
    for command in [
        invite(true),
        invite(false),
        Command::Reset { seconds: 3600 },
        Command::PortalCodeMake,
        Command::BackupCodesGenerate,
        Command::TotpShow { credential: None },
        Command::User(UserCommand::Password { password, must_change: false }),
    ] {
        let reply = thief.about_alice(command);
        assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
    }

    // A reset, whose code it does not see, wherever it has it sent.
    let codes = site.backup_codes("bob");
    for (to, whom, words) in [
        (Recipient::Administrator, "bob", "second factor of alice"),
        (Recipient::User, "alice", "Please set up"),
    ] {
        let before = mails.mails().len();
        thief.is_given_a_proof(&format!("secret;{}", codes[before % codes.len()]));
        let reply = thief.resets_alice(to);
        started(&reply);
        let code = code_in(&mail_to(&mails, whom, words));
        let answer = frame::encode(&reply, VERSION, frame::MAX_REPLY).expect("a reply");
        for text in [code.clone(), code.replace('-', "")] {
            let is_in = answer.windows(text.len()).any(|some| some == text.as_bytes());
            assert!(!is_in, "the reply has the code");
        }
        // Alice hears of it at once.
        mail_to(&mails, "alice", "removed all your devices");
        // That proof is used up: neither alice nor anybody else is reset with it.
        for ask in [to, Recipient::User] {
            let reply = thief.resets_alice(ask);
            assert_eq!(reply, Reply::Portal(PortalReply::ProofNeeded));
        }
        let enable = Command::User(UserCommand::Enable { enabled: true });
        let reply = thief.about_alice(enable);
        assert_eq!(reply, Reply::Portal(PortalReply::ProofNeeded));
    }

    // With alice's password, which it may have read, there is no login either.
    assert!(!site.imap_login(&dovecot, "alice", "secret"));
    let status = thief.about_alice(Command::Status);
    assert!(matches!(status, Reply::Done(Outcome::Status(_))), "{status:?}");
    // Once bob is in the group no longer, it sees nobody.
    site.enroll(&["group", "remove", "helpers", "bob"]);
    for ask in [
        PortalAsk::Refusals { user: Some("alice".to_owned()) },
        PortalAsk::People { search: String::new(), without: false },
        PortalAsk::NewStart { user: "alice".to_owned(), to: Recipient::User },
    ] {
        let reply = thief.asks(ask);
        assert!(matches!(reply, Reply::Failed(Failure::OnlyRoot { .. })), "{reply:?}");
    }
}
