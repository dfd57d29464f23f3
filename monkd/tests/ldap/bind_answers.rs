//! Answers to binds that a server is told to give: those of servers that no test can start.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use monk_terms::account_state::AccountState;
use monk_terms::verdict::Refusal;
use monk_tests::World;
use monkd::directory::{Account, Advice, Answer};

use crate::setup::{ALICE, Host, world};

/// A control that asks for the password policy, as a bind carries it.
const REQUEST: &[u8] = b"1.3.6.1.4.1.42.2.27.8.5.1";

/// One value of BER (X.690 §8.1).
fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("a short one");
    let mut bytes = vec![tag];
    if length >= 128 {
        bytes.push(0x81);
    }
    bytes.push(length);
    bytes.extend_from_slice(content);
    bytes
}

/// The answer to the first bind of a connection: a code, a text, and controls.
fn bind_response(code: u8, text: &str, controls: &[(&str, &[u8])]) -> Vec<u8> {
    let result = [ber(10, &[code]), ber(4, b""), ber(4, text.as_bytes())].concat();
    let control =
        |(oid, value): &(&str, &[u8])| ber(0x30, &[ber(4, oid.as_bytes()), ber(4, value)].concat());
    let controls: Vec<u8> = controls.iter().flat_map(control).collect();
    let controls = if controls.is_empty() { Vec::new() } else { ber(0xa0, &controls) };
    ber(0x30, &[ber(2, &[1]), ber(0x61, &result), controls].concat())
}

/// What a host makes of an answer, for alice and for nobody, and what it had said to each.
#[track_caller]
fn bind(
    world: &World,
    response: &[u8],
    account: Option<&Account>,
) -> (Result<Answer, String>, Vec<u8>) {
    let port = world.free_port();
    let listener = world.inside(|| TcpListener::bind(("127.0.0.1", port))).expect("a free port");
    // A host of its own, whose first connection it is.
    let decoy = format!("decoy_dn = {ALICE:?}\n");
    let host = Host::with(world, &[&format!("ldap://127.0.0.1:{port}")], &decoy);
    thread::scope(|scope| {
        let server = scope.spawn(|| {
            let (mut client, _) = listener.accept().expect("a client comes");
            let mut said = vec![0; 4096];
            let length = client.read(&mut said).expect("it says something");
            said.truncate(length);
            client.write_all(response).expect("it is there");
            said
        });
        let answer = host.check(account, "any-secret").map_err(|outage| outage.to_string());
        (answer, server.join().expect("the server ends"))
    })
}

fn alice() -> Account {
    Account {
        id: "alice".to_owned(),
        name: "alice".to_owned(),
        mail: None,
        state: AccountState::Enabled,
        created: None,
        password_end: None,
        locator: ALICE.to_owned(),
        credentials: None,
    }
}

#[test]
fn the_codes_of_active_directory_are_reasons_and_the_text_is_not_repeated() {
    let world = world();
    for (data, wanted) in [
        ("52e", Answer::Wrong),
        ("525", Answer::Wrong),
        ("530", Answer::Closed(Refusal::OutsideHours)),
        ("531", Answer::Closed(Refusal::OutsideHours)),
        ("532", Answer::Closed(Refusal::PasswordExpired)),
        ("533", Answer::Closed(Refusal::Disabled)),
        ("701", Answer::Closed(Refusal::Expired)),
        ("773", Answer::Closed(Refusal::MustChange)),
        ("775", Answer::Closed(Refusal::Locked)),
    ] {
        let text = format!(
            "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {data}, v1db1\0"
        );
        let (answer, _) = bind(&world, &bind_response(49, &text, &[]), Some(&alice()));
        assert_eq!(answer, Ok(wanted), "{data}");
    }
    let text = "data 775, an odd error";
    let (answer, _) = bind(&world, &bind_response(80, text, &[]), Some(&alice()));
    let message = answer.expect_err("no clear answer");
    assert!(!message.contains("775"), "{message}");
}

#[test]
fn the_controls_and_texts_of_389_are_read() {
    let world = world();
    let expired = ("2.16.840.1.113730.3.4.4", &b"0"[..]);
    let expiring = ("2.16.840.1.113730.3.4.5", &b"3600"[..]);
    let policy = |value: &'static [u8]| ("1.3.6.1.4.1.42.2.27.8.5.1", value);
    for (code, text, controls, wanted) in [
        (0, "", vec![expired], Answer::Right(Advice::MustChange)),
        (0, "", vec![expiring], Answer::Right(Advice::Expires(3600))),
        (
            0,
            "",
            vec![expired, policy(b"\x30\x05\xa0\x03\x81\x01\x02")],
            Answer::Right(Advice::GraceLogins(2)),
        ),
        (49, "password expired!", vec![expired], Answer::Closed(Refusal::PasswordExpired)),
        (
            53,
            "Account inactivated. Contact system administrator.",
            vec![],
            Answer::Closed(Refusal::Disabled),
        ),
        (
            19,
            "Exceed password retry limit. Please try later.",
            vec![],
            Answer::Closed(Refusal::Locked),
        ),
        (19, "", vec![policy(b"\x30\x03\x81\x01\x01")], Answer::Closed(Refusal::Locked)),
        (53, "", vec![], Answer::Wrong),
    ] {
        let (answer, _) = bind(&world, &bind_response(code, text, &controls), Some(&alice()));
        assert_eq!(answer, Ok(wanted), "{code} {text} {controls:?}");
    }
    let malformed = [policy(b"\x30\x03\x81\x01")];
    let (answer, _) = bind(&world, &bind_response(0, "", &malformed), Some(&alice()));
    assert!(answer.is_err(), "a control that cannot be read could say anything: {answer:?}");
}

#[test]
fn a_stranger_is_bound_with_the_same_request_and_hears_nothing_of_it() {
    let world = world();
    let locked = bind_response(49, "", &[("1.3.6.1.4.1.42.2.27.8.5.1", b"\x30\x03\x81\x01\x01")]);
    let (known, said_of_alice) = bind(&world, &locked, Some(&alice()));
    let (unknown, said_of_nobody) = bind(&world, &locked, None);
    assert_eq!(known, Ok(Answer::Closed(Refusal::Locked)));
    assert_eq!(unknown, Ok(Answer::Wrong));
    assert_eq!(said_of_alice, said_of_nobody);
    let controls = ber(0xa0, &ber(0x30, &ber(4, REQUEST)));
    assert!(said_of_alice.ends_with(&controls), "not critical, without a value: {said_of_alice:?}");
}
