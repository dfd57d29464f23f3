//! What reaches an LDAP server, which counts failures of its own and may lock the account.

use std::thread;
use std::time::Duration;

use monk_tests::figures;
use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Held, LdapOperation, until};

use crate::attempt::{Attempt, Hosts};
use crate::ledger::hours;
use crate::outsiders::ABROAD;
use crate::scene::{HOME, MALLORY, Scene};

/// Seconds between two polls of a phone.
const POLL: u64 = 60;

/// Binds an hour with the same wrong password: one in 15 minutes.
const BINDS_AN_HOUR: u64 = 4;

/// How long the directory takes to say that a password is wrong, and what a caller gives the engine: beside
/// the margin of half a second for the answer's way back, less than that.
const SLOW: Duration = Duration::from_millis(300);
const SHORT: Duration = Duration::from_millis(650);

/// Guesses of somebody who does not wait for the answer.
const IMPATIENT: usize = 40;

/// Wrong passwords in a minute that may reach the directory: those that are free, and those after short
/// waits.
const IN_A_MINUTE: usize = 20;

/// How often slapd was asked whether this is alice's password.
fn binds(site: &Site) -> usize {
    let log = site.slapd().log();
    let asks = |line: &&str| line.contains("BIND dn=\"uid=alice,") && line.contains("method=128");
    log.lines().filter(asks).count()
}

/// A phone polls with this string for a day; the binds that come of it.
#[track_caller]
fn polls(scene: &Scene, typed: &str) -> usize {
    let before = binds(&scene.site);
    for _ in 0..hours().min(24) * 3600 / POLL {
        scene.jump_to(scene.now() + POLL);
        let (_, line) = scene.log_in(&Attempt::new("imap", HOME, typed));
        assert_eq!(line.verdict, "refused", "{}", line.text);
    }
    binds(&scene.site) - before
}

#[test]
fn a_phone_with_a_revoked_app_password_reaches_no_directory() {
    let scene = Scene::set_in(Backend::Ldap);
    scene.log_in(&Attempt::new("imap", HOME, scene.password_and_code()));
    scene.site.enroll(&["app-password", "revoke", "alice", "Stolen"]);
    let binds = polls(&scene, &scene.stolen);
    figures::row(
        "guessing",
        &[
            "a phone with a revoked app password, every minute, users in LDAP",
            &format!("{binds} binds in {} h", hours().min(24)),
            "–",
            "–",
            "0 binds",
        ],
    );
    assert_eq!(binds, 0);
}

#[test]
fn a_phone_with_an_old_password_reaches_the_directory_every_quarter_of_an_hour() {
    let scene = Scene::set_in(Backend::Ldap);
    scene.log_in(&Attempt::new("imap", HOME, scene.password_and_code()));
    let binds = polls(&scene, "the old one") as u64;
    let hours = hours().min(24);
    let goal = BINDS_AN_HOUR * hours + 1;
    figures::row(
        "guessing",
        &[
            "a phone with an old password, every minute, users in LDAP",
            &format!("{binds} binds in {hours} h"),
            "–",
            "–",
            &format!("≤ {goal} binds"),
        ],
    );
    assert!((1..=goal).contains(&binds), "{binds}");
}

#[test]
fn a_caller_who_does_not_wait_for_the_answer_is_counted() {
    let settings = "[engine]\nrefusal_ms = 0\n";
    let site = Site::with_settings(Backend::Ldap, Running::OneShot, settings);
    site.add_user("alice", "secret");
    let proxy = site.through_proxy();
    site.start_engine();
    let hosts = Hosts { world: site.world.clone(), endpoints: vec![site.endpoint()] };
    let before = binds(&site);
    for number in 0..IMPATIENT {
        let guess = Attempt::new("imap", ABROAD, format!("guess {number}"));
        let guess = Attempt { caller: MALLORY, budget: SHORT, ..guess };
        proxy.hold(Held::Response, LdapOperation::Bind, "uid=alice");
        thread::scope(|scope| {
            let login = scope.spawn(|| guess.carry_out(&hosts));
            let asked = || (proxy.is_holding() || login.is_finished()).then_some(());
            until(Duration::from_secs(20), asked).expect("a bind, or a refusal without one");
            if proxy.is_holding() {
                thread::sleep(SLOW);
            }
            proxy.release();
        });
    }
    let reached = binds(&site) - before;
    let name = "password unknown, local user: own program that does not wait, slow directory";
    let seen = format!("{reached} of {IMPATIENT} passwords in a row");
    figures::row("guessing", &[name, &seen, "–", "–", &format!("≤ {IN_A_MINUTE}")]);
    assert!((1..=IN_A_MINUTE).contains(&reached), "{reached}");
}
