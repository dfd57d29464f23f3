//! Answers that real servers give rarely: references, referrals, notices, and messages that answer nothing.

use std::time::{Duration, Instant};

use monkd::directory::Lookup;
use monkd::outage::Outage;

use crate::scripted::{Request, SUCCESS, Scripted, ber, message};
use crate::setup::{Host, world};

const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";
const DN: &str = "uid=alice,dc=example,dc=org";

fn alice(request: &Request) -> Vec<u8> {
    let attributes: [(&str, &[u8]); 3] =
        [("uid", b"alice"), ("employeeNumber", b"alice"), ("objectClass", b"person")];
    request.entry(DN, &attributes)
}

/// What a search for alice finds at such a server, how long it takes, and what the server was asked.
fn found(
    answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
) -> (Result<Lookup, Outage>, Duration, Vec<Request>) {
    let world = world();
    let server = Scripted::start(&world, answer);
    let host = Host::with(&world, &[&server.uri], "");
    let start = Instant::now();
    let found = host.find("alice");
    let took = start.elapsed();
    let requests = server.requests();
    drop(host);
    server.stop(&world);
    (found, took, requests)
}

#[test]
fn the_root_of_a_domain_refers_to_parts_that_hold_no_people() {
    let answer = |of_alice: bool| {
        move |request: &Request| match request {
            request if !request.is_search() => Vec::new(),
            request if request.says("supportedControl") => {
                let controls = [("supportedControl", DOMAIN_SCOPE.as_bytes())];
                [request.entry("", &controls), request.done(SUCCESS, &[])].concat()
            }
            request => {
                let mut answer = if of_alice { alice(request) } else { Vec::new() };
                if !request.says(DOMAIN_SCOPE) {
                    answer.extend(request.reference("ldap://example.org/CN=Configuration"));
                }
                [answer, request.done(SUCCESS, &[])].concat()
            }
        }
    };
    let (found_alice, _, requests) = found(answer(true));
    assert!(matches!(found_alice, Ok(Lookup::One(_))), "{found_alice:?}");
    let searches = requests.iter().filter(|request| request.is_search());
    let scoped: Vec<_> = searches.map(|request| request.says(DOMAIN_SCOPE)).collect();
    assert_eq!(scoped, [false, false, true], "the search, the root DSE, the search again");
    let (nobody, ..) = found(answer(false));
    assert!(matches!(nobody, Ok(Lookup::None)), "{nobody:?}");
}

#[test]
fn what_a_server_refers_to_is_never_an_unknown_user() {
    let answer = |of_alice: bool| {
        move |request: &Request| match request {
            request if !request.is_search() => Vec::new(),
            request if request.says("supportedControl") => request.done(SUCCESS, &[]),
            request => {
                let entry = if of_alice { alice(request) } else { Vec::new() };
                let reference = request.reference("ldap://elsewhere.example.org/dc=x");
                [reference, entry, request.done(SUCCESS, &[])].concat()
            }
        }
    };
    assert!(matches!(found(answer(true)).0, Ok(Lookup::One(_))));
    let outage = found(answer(false)).0.expect_err("she may be there");
    assert!(
        outage.to_string().contains("refers to \"ldap://elsewhere.example.org/dc=x\""),
        "{outage}"
    );

    let referral = |request: &Request| match request.is_search() {
        true => request.done(10, &["ldap://elsewhere.example.org/dc=y"]),
        false => Vec::new(),
    };
    let outage = found(referral).0.expect_err("a referral").to_string();
    assert!(outage.contains("ldap://elsewhere.example.org/dc=y"), "{outage}");
}

#[test]
fn what_nobody_asked_for_is_passed_over() {
    let (found, took, _) = found(|request| match request.is_search() {
        true => {
            // An IntermediateResponse (RFC 4511 §4.13), and a notice of which nothing is known (§4.4).
            let intermediate = message(request.id, &ber(0x79, &ber(0x80, b"1.2.3")));
            let ok = [0x0a, 1, 0, 0x04, 0, 0x04, 0];
            let notice = message(0, &ber(0x78, &[&ok[..], &ber(0x8a, b"1.2.4")].concat()));
            [intermediate, notice, alice(request), request.done(SUCCESS, &[])].concat()
        }
        false => Vec::new(),
    });
    assert!(matches!(found, Ok(Lookup::One(_))), "{found:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn an_answer_to_nothing_that_was_asked_is_an_outage_at_once() {
    for is_of_the_bind in [true, false] {
        let (found, took, _) = found(move |request| {
            let stray = Request { id: request.id + 7, ..request.clone() };
            match (request.is_search(), is_of_the_bind) {
                (true, _) => [alice(&stray), stray.done(SUCCESS, &[])].concat(),
                (false, true) => stray.bound(SUCCESS),
                (false, false) => Vec::new(),
            }
        });
        assert!(matches!(found, Err(Outage::Unreachable(_))), "{found:?}");
        // connect_timeout_ms is 2000, and the deadline of a login 10 s.
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}
