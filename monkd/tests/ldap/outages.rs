//! A server that is down, hangs or is not who it should be: an outage by the deadline.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use monk_tests::certificates::Identity;
use monk_tests::{Slapd, SlapdOptions, World};
use monkd::directory::{Advice, Answer, Swapped};
use monkd::outage::Outage;

use crate::setup::{Host, enrol_alice, log, slapd, swap, world};

#[test]
fn a_stopped_server_is_an_outage_at_once_and_the_first_login_after_its_return_works() {
    let world = world();
    let mut slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    for round in 1..4 {
        if round % 2 == 0 {
            slapd.stop()
        } else {
            slapd.kill9()
        }
        let start = Instant::now();
        assert!(matches!(host.find("alice"), Err(Outage::Unreachable(_))));
        let refused = host.check(Some(&alice), "alice-secret");
        assert!(matches!(refused, Err(Outage::Unreachable(_))), "{refused:?}");
        assert!(host.spend(&alice, swap(round, round + 1)).is_err());
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        slapd.restart();
        login(&host, round);
    }
    // Also when the host has not noticed anything.
    slapd.kill9();
    slapd.restart();
    login(&host, 4);
}

fn login(host: &Host, step: u64) {
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    assert_eq!(host.spend(&alice, swap(step, step + 1)), Ok(Swapped::Done));
}

#[test]
fn a_server_that_hangs_before_the_login_is_an_outage_soon() {
    let world = world();
    let mut slapd = slapd(&world, SlapdOptions::default());
    slapd.freeze();
    for uri in [slapd.ldaps_uri(), "ldap://127.0.0.1".to_owned(), slapd.ldapi_uri()] {
        let host = Host::with(&world, &[&uri], "");
        let start = Instant::now();
        assert!(host.find("alice").is_err(), "{uri}");
        // connect_timeout_ms is 2000.
        assert!(start.elapsed() < Duration::from_secs(4), "{uri}: {:?}", start.elapsed());
    }
}

#[test]
fn a_server_that_hangs_in_the_middle_is_an_outage_by_the_deadline() {
    let world = world();
    let mut slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right(Advice::Nothing)));
    slapd.freeze();
    // Host asserts that each ends by the deadline.
    thread::scope(|scope| {
        scope.spawn(|| assert!(host.find("alice").is_err()));
        scope.spawn(|| assert!(host.check(Some(&alice), "alice-secret").is_err()));
        scope.spawn(|| assert!(host.spend(&alice, swap(5, 6)).is_err()));
        scope.spawn(|| assert!(host.load(&alice).is_err()));
    });
    slapd.thaw();
    login(&host, 1);
}

/// What a host says that wants `uri` and trusts the world's authority, or another one.
fn refusal(world: &World, slapd: &Slapd, uri: &str, more: &str) -> String {
    let outage = Host::with(world, &[uri], more).find("alice").expect_err("not trusted");
    assert!(matches!(outage, Outage::Tls(_)), "{outage:?}");
    let log = log(slapd);
    assert!(!log.contains("cn=monk-check"), "a password was sent: {log}");
    outage.to_string()
}

fn slapd_with(world: &World, identity: &Identity) -> Slapd {
    let identity = Some(identity.clone());
    Slapd::start(world, SlapdOptions { identity, ..SlapdOptions::default() })
}

#[test]
fn a_server_with_a_wrong_certificate_gets_no_password_and_the_reason_is_given() {
    for starttls in [false, true] {
        let world = world();
        let certificates = world.certificates();
        let scheme = if starttls { "ldap" } else { "ldaps" };
        let uri = format!("{scheme}://ldap.example.org");
        let more = format!("starttls = {starttls}\n");
        for (identity, why) in [
            (&certificates.wrong_name, "issued for"),
            (&certificates.without_names, "no subjectAltName"),
            (&certificates.expired, "renew"),
            (&certificates.untrusted, "ca_file"),
        ] {
            let slapd = slapd_with(&world, identity);
            let message = refusal(&world, &slapd, &uri, &more);
            assert!(message.contains(why), "{message}");
            drop(slapd);
            world.command("rm").args(["-r", "/var/lib/ldap/slapd"]).run().expect_success();
        }
        let slapd = slapd_with(&world, &certificates.good);
        let other = format!("{more}ca_file = {:?}", certificates.other_authority);
        assert!(refusal(&world, &slapd, &uri, &other).contains("ca_file"));
        let other_host = uri.replace("ldap.example", "other.example");
        assert!(refusal(&world, &slapd, &other_host, &more).contains("issued for"));
    }
}

/// A server that says the same to each of its clients, and what they said.
struct FakeServer {
    listener: TcpListener,
    port: u16,
}

impl FakeServer {
    fn start(world: &World) -> Self {
        let port = world.free_port();
        let listener = world.inside(|| TcpListener::bind(("127.0.0.1", port)));
        Self { listener: listener.expect("the port is free"), port }
    }

    /// Answers what one client says first, and returns all that it said until it went away.
    fn answer(&self, answer: &[u8]) -> Vec<u8> {
        let (mut client, _) = self.listener.accept().expect("a client comes");
        let mut said = vec![0; 4096];
        let length = client.read(&mut said).expect("it says something");
        said.truncate(length);
        client.write_all(answer).expect("it is there");
        // A client that closes with unread data resets the connection.
        let _ = client.read_to_end(&mut said);
        said
    }
}

#[test]
fn a_server_that_refuses_starttls_gets_no_password() {
    let world = world();
    let server = FakeServer::start(&world);
    let uri = format!("ldap://ldap.example.org:{}", server.port);
    let host = Host::with(&world, &[&uri], "starttls = true");
    thread::scope(|scope| {
        // An ExtendedResponse to message 1: protocolError (2), as from a server without TLS.
        let refusal = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00";
        let said = scope.spawn(|| server.answer(refusal));
        let outage = host.find("alice").expect_err("no TLS");
        assert!(matches!(&outage, Outage::Tls(why) if why.contains("StartTLS")), "{outage:?}");
        let said = said.join().expect("the server ends");
        let start_tls = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
        assert_eq!(said, start_tls, "the request and nothing else");
    });
}

#[test]
fn a_server_that_says_nothing_or_nonsense_is_an_outage() {
    let world = world();
    let server = FakeServer::start(&world);
    // Success, but with a message that is not UTF-8: the answer to a bind, and to StartTLS.
    let bound = b"\x30\x0d\x02\x01\x01\x61\x08\x0a\x01\x00\x04\x00\x04\x01\xff";
    let upgraded = b"\x30\x0d\x02\x01\x01\x78\x08\x0a\x01\x00\x04\x00\x04\x01\xff";
    for (scheme, more) in [("ldap", ""), ("ldaps", ""), ("ldap", "starttls = true")] {
        for answer in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x00", bound, upgraded]
        {
            let uri = format!("{scheme}://localhost:{}", server.port);
            let more = format!("connect_timeout_ms = 500\n{more}");
            let host = Host::with(&world, &[&uri], &more);
            thread::scope(|scope| {
                scope.spawn(|| server.answer(answer));
                let found = host.find("alice");
                assert!(found.is_err(), "{scheme} {more} {answer:?}: {found:?}");
            });
        }
    }
}

#[test]
fn a_localhost_that_is_another_machine_gets_no_password_in_the_clear() {
    let world = world();
    world.write("/etc/hosts", "192.0.2.1 localhost\n", 0o644);
    let host = Host::with(&world, &["ldap://localhost"], "");
    let message = host.find("alice").expect_err("not this machine").to_string();
    assert!(message.contains("not of this machine"), "{message}");
}
