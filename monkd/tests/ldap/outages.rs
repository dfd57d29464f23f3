//! A server that is down, hangs or is not who it should be: an outage by the deadline.

use std::time::{Duration, Instant};

use monk_tests::certificates::Identity;
use monk_tests::{Slapd, SlapdOptions, World};
use monkd::directory::{Answer, Swapped};
use monkd::outage::Outage;

use crate::setup::{Host, enrol_alice, slapd, swap, world};

#[test]
fn a_stopped_server_is_an_outage_at_once_and_the_first_login_after_its_return_works() {
    let world = world();
    let mut slapd = slapd(&world, SlapdOptions::default());
    enrol_alice(&slapd, 1);
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right));
    for round in 1..4 {
        if round % 2 == 0 { slapd.stop() } else { slapd.kill9() }
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
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right));
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
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Right));
    slapd.freeze();
    // Host asserts that each ends by the deadline.
    std::thread::scope(|scope| {
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
    assert!(!slapd.log().contains("cn=monk-check"), "a password was sent: {}", slapd.log());
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

#[test]
fn a_server_that_refuses_starttls_gets_no_password() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    slapd.modify(
        "dn: cn=config\nchangetype: modify\nadd: olcRestrict\n\
         olcRestrict: extended=1.3.6.1.4.1.1466.20037\n",
    );
    let message = refusal(&world, &slapd, "ldap://ldap.example.org", "starttls = true");
    assert!(message.contains("StartTLS"), "{message}");
}

#[test]
fn a_host_that_listens_and_says_nothing_or_nonsense_is_an_outage() {
    let world = world();
    let port = world.free_port();
    let listener = world.inside(|| std::net::TcpListener::bind(("127.0.0.1", port)));
    let listener = listener.expect("the port is free");
    for scheme in ["ldap", "ldaps"] {
        for answer in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x80", &[0x30, 0]] {
            let host = Host::with(&world, &[&format!("{scheme}://localhost:{port}")], "");
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let (mut client, _) = listener.accept().expect("a client comes");
                    std::io::Write::write_all(&mut client, answer).expect("it is there");
                    // Until the client gives up.
                    let _ = std::io::copy(&mut client, &mut std::io::sink());
                });
                assert!(host.find("alice").is_err(), "{scheme} {answer:?}");
            });
        }
    }
}
