//! Version 1 of the protocol, byte by byte: what modules say and understand.
//!
//! Modules of the previous release stay mapped in running programs after an upgrade, so these bytes
//! must mean the same for as long as engines answer version 1 (until the first release they may still
//! change). If a test here fails, do not change the
//! bytes: take the change back, or make it a version of its own. Then the messages of version 1
//! become types of their own, which the engine turns into the new ones (see "Upgrades" on the page of
//! this crate).

use std::fmt::Debug;

use monk_terms::not_taken::NotTaken;
use monk_wire::frame::{self, HEADER, Header};
use monk_wire::{
    AccountQuery, ChangeStep, Denial, Login, NotChanged, PasswordChange, Reply, Request, Secret,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version whose bytes these are.
const ONE: u8 = 1;

/// Longer than any message here.
const MAX: usize = 1024;

const WHAT_TO_DO: &str = "the bytes of version 1 have changed: see the top of this file";

/// Asserts that the message is these bytes, in both directions.
#[track_caller]
fn is<T: Serialize + DeserializeOwned + PartialEq + Debug>(message: &T, golden: &[u8]) {
    let frame = frame::encode(message, ONE, MAX).expect("a short message");
    let shown = frame.escape_ascii();
    assert_eq!(frame.as_slice(), golden, "{WHAT_TO_DO}\n{message:?} is now\n{shown}");
    let (head, body) = golden.split_first_chunk::<HEADER>().expect("a header");
    let header = frame::header(*head, MAX).expect(WHAT_TO_DO);
    assert_eq!(header, Header { version: ONE, length: body.len() }, "{WHAT_TO_DO}");
    assert_eq!(frame::decode::<T>(body).as_ref(), Ok(message), "{WHAT_TO_DO}");
}

#[test]
fn a_login() {
    let bare = Login {
        user: "alice".into(),
        service: "imap".into(),
        address: None,
        terminal: None,
        person: None,
        typed: None,
        can_ask: false,
        publickey: false,
        forward: false,
        budget_ms: 10_000,
    };
    is(
        &Request::Login(bare.clone()),
        b"\x01\x00\x00\x00\x15\x00\x05alice\x04imap\x00\x00\x00\x00\x00\x00\x00\x90N",
    );
    let full = Login {
        address: Some("192.0.2.7".into()),
        terminal: Some("ssh".into()),
        person: Some(1001),
        typed: Some(Secret::new(b"pass\xff;123456")),
        budget_ms: u32::MAX,
        ..bare
    };
    let beginning =
        b"\x01\x00\x00\x005\x00\x05alice\x04imap\x01\t192.0.2.7\x01\x03ssh\x01\xe9\x07\x01\x0cpass\xff;123456";
    // One at a time, so that none of the three can take the place of another.
    for (can_ask, publickey, forward, golden) in [
        (true, false, false, b"\x01\x00\x00\xff\xff\xff\xff\x0f"),
        (false, true, false, b"\x00\x01\x00\xff\xff\xff\xff\x0f"),
        (false, false, true, b"\x00\x00\x01\xff\xff\xff\xff\x0f"),
    ] {
        let login = Login { can_ask, publickey, forward, ..full.clone() };
        is(&Request::Login(login), &[&beginning[..], golden].concat());
    }
}

#[test]
fn an_answer() {
    is(&Request::Answer(None), b"\x01\x00\x00\x00\x02\x01\x00");
    is(&Request::Answer(Some(Secret::new(b"123456"))), b"\x01\x00\x00\x00\t\x01\x01\x06123456");
}

#[test]
fn a_question_of_account_management() {
    let query = AccountQuery {
        user: "alice".into(),
        service: "sshd".into(),
        address: Some("2001:db8::1".into()),
        terminal: None,
        person: None,
        budget_ms: 10_000,
    };
    is(
        &Request::Account(query.clone()),
        b"\x01\x00\x00\x00\x1d\x02\x05alice\x04sshd\x01\x0b2001:db8::1\x00\x00\x90N",
    );
    let (terminal, person) = (Some("pts/7".into()), Some(1001));
    is(
        &Request::Account(AccountQuery { address: None, terminal, person, ..query }),
        b"\x01\x00\x00\x00\x19\x02\x05alice\x04sshd\x00\x01\x05pts/7\x01\xe9\x07\x90N",
    );
}

#[test]
fn a_change_of_a_password() {
    let change = PasswordChange {
        user: "alice".into(),
        service: "passwd".into(),
        address: None,
        terminal: None,
        person: None,
        by_administrator: false,
        can_ask: true,
        step: ChangeStep::Rehearse { typed: None },
        budget_ms: 10_000,
    };
    is(
        &Request::ChangePassword(change.clone()),
        b"\x01\x00\x00\x00\x17\x06\x05alice\x06passwd\x00\x00\x00\x00\x01\x00\x00\x90N",
    );
    let step = ChangeStep::CarryOut {
        typed: Some(Secret::new(b"secret")),
        code: Some(Secret::new(b"123456")),
        old: None,
        new: Secret::new(b"another"),
    };
    is(
        &Request::ChangePassword(PasswordChange { step, ..change }),
        b"\x01\x00\x00\x00/\x06\x05alice\x06passwd\x00\x00\x00\x00\x01\x01\x01\x06secret\x01\x06123456\x00\x07another\x90N",
    );
    let not_taken = NotChanged::NotTaken { why: NotTaken::TooShort, said: "no".into() };
    is(&Reply::NotChanged(not_taken), b"\x01\x00\x00\x00\x06\x08\x00\x00\x02no");
    is(&Reply::NotChanged(NotChanged::Unknown), b"\x01\x00\x00\x00\x02\x08\x03");
}

#[test]
fn the_replies() {
    is(
        &Reply::Granted { forward: None, notice: None, new_password: true },
        b"\x01\x00\x00\x00\x04\x00\x00\x00\x01",
    );
    let forward = Some(Secret::new(b"secret"));
    is(
        &Reply::Granted { forward, notice: Some("Enrol soon.".into()), new_password: false },
        b"\x01\x00\x00\x00\x17\x00\x01\x06secret\x01\x0bEnrol soon.\x00",
    );
    is(&Reply::Denied(Denial::Refused), b"\x01\x00\x00\x00\x02\x01\x00");
    is(&Reply::Denied(Denial::UnknownUser), b"\x01\x00\x00\x00\x02\x01\x01");
    is(&Reply::Denied(Denial::NewPasswordNeeded), b"\x01\x00\x00\x00\x02\x01\x02");
    is(&Reply::Denied(Denial::AccountExpired), b"\x01\x00\x00\x00\x02\x01\x03");
    is(&Reply::Unavailable, b"\x01\x00\x00\x00\x01\x02");
    is(&Reply::Ask { text: "Code: ".into(), echo: false }, b"\x01\x00\x00\x00\t\x03\x06Code: \x00");
    is(&Reply::Ask { text: "Code: ".into(), echo: true }, b"\x01\x00\x00\x00\t\x03\x06Code: \x01");
}
