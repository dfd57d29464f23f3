//! Who may find out about whom.

use std::time::{Duration, Instant};

use monk_tests::clients::{WireAnswer, WireLogin};
use monk_tests::site::{Backend, Running, Site};
use monk_wire::{AccountQuery, Denial, Login, Reply, Request, Secret};

use crate::BOB;

const BUDGET: Duration = Duration::from_secs(10);

/// A web server, say.
const SERVICE: u32 = 33;

/// Asks whether somebody may log in.
#[track_caller]
fn ask(site: &Site, uid: u32, user: &str, service: &str) -> (Reply, Duration) {
    let query = Request::Account(AccountQuery {
        user: user.into(),
        service: service.into(),
        address: None,
        terminal: None,
        // Not believed of anybody but root.
        person: Some(0),
        budget_ms: 10_000,
    });
    let endpoint = site.endpoint();
    let begin = Instant::now();
    let reply = site.world.inside_as(uid, || {
        monk_one_shot::open(&endpoint, BUDGET).and_then(|mut open| open.call(&query))
    });
    (reply.expect("the engine answers"), begin.elapsed())
}

fn granted() -> Reply {
    Reply::Granted { forward: None, notice: None, new_password: false }
}

/// Bob, who is also a user of the machine; alice, dave who is switched off, and a service for staff.
fn site() -> Site {
    let settings = "[service.staff]\ngroups = [\"staff\"]\n";
    let site = Site::with_settings(Backend::Embedded, Running::Resident, settings);
    for user in ["alice", "bob", "dave", "erin"] {
        site.add_user(user, "secret");
    }
    site.enroll(&["user", "disable", "dave"]);
    site.enroll(&["group", "add", "staff", "erin"]);
    let bob = ["--uid", "5001", "bob"];
    site.world.command("useradd").args(bob).run().expect_success();
    site
}

#[test]
fn an_ordinary_user_hears_of_nobody_but_himself() {
    let site = site();
    let floor = Duration::from_millis(300);
    for uid in [BOB, SERVICE, 100_001] {
        for user in ["alice", "dave", "erin", "nobody-of-that-name", "root", ""] {
            for service in ["imap", "staff"] {
                let (reply, took) = ask(&site, uid, user, service);
                assert_eq!(reply, Reply::Denied(Denial::Refused), "{user} at {service} by {uid}");
                assert!(took >= floor, "{took:?}");
            }
        }
    }
    site.world
        .wait_for_log(|line| line.text.contains("user=dave") && line.text.contains("by=5001"));
    // About himself he hears all that root hears.
    for uid in [BOB, 0] {
        assert_eq!(ask(&site, uid, "bob", "imap").0, granted());
        assert_eq!(ask(&site, uid, "bob", "staff").0, Reply::Denied(Denial::Refused));
    }
    assert_eq!(ask(&site, 0, "alice", "imap").0, granted());
    assert_eq!(ask(&site, 0, "nobody", "imap").0, Reply::Denied(Denial::UnknownUser));
    // As screen lockers do for users of the machine whom the directory does not know.
    site.enroll(&["user", "remove", "bob", "--yes"]);
    assert_eq!(ask(&site, BOB, "bob", "imap").0, Reply::Denied(Denial::UnknownUser));
}

#[test]
fn a_service_hears_of_users_who_have_just_logged_in_through_it() {
    let site = site();
    let typed = site.app_password("alice", "Web", &["--scope", "nginx"]);
    let endpoint = site.endpoint();
    let login = |uid, service, typed: &str| {
        let login = WireLogin { service, user: "alice", typed };
        site.world.inside_as(uid, || login.run(&endpoint))
    };
    let ask = |uid, service| ask(&site, uid, "alice", service).0;
    assert_eq!(login(SERVICE, "nginx", "wrong"), WireAnswer::Denied);
    assert_eq!(ask(SERVICE, "nginx"), Reply::Denied(Denial::Refused));
    assert_eq!(login(SERVICE, "nginx", &typed), WireAnswer::Granted);
    assert_eq!(ask(SERVICE, "nginx"), granted());
    for (uid, service) in [(SERVICE, "postgresql"), (SERVICE + 1, "nginx"), (BOB, "nginx")] {
        assert_eq!(ask(uid, service), Reply::Denied(Denial::Refused), "{uid} {service}");
    }
    site.enroll(&["user", "disable", "alice"]);
    assert_eq!(ask(SERVICE, "nginx"), Reply::Denied(Denial::Refused));
}

/// The same of logins: a wrong password is one, whoever does not exist.
#[test]
fn a_refused_login_tells_an_ordinary_user_nothing_of_others() {
    let site = site();
    let endpoint = site.endpoint();
    let say = |uid, user: &str| {
        let login = Request::Login(Login {
            user: user.into(),
            service: "imap".into(),
            address: None,
            terminal: None,
            person: None,
            typed: Some(Secret::new(b"wrong")),
            can_ask: false,
            publickey: false,
            forward: false,
            budget_ms: 10_000,
        });
        let reply = site.world.inside_as(uid, || {
            monk_one_shot::open(&endpoint, BUDGET).and_then(|mut open| open.call(&login))
        });
        reply.expect("the engine answers")
    };
    for uid in [BOB, SERVICE] {
        for user in ["alice", "dave", "nobody-of-that-name"] {
            assert_eq!(say(uid, user), Reply::Denied(Denial::Refused), "{user} by {uid}");
        }
    }
    assert_eq!(say(0, "nobody-of-that-name"), Reply::Denied(Denial::UnknownUser));
}
