//! Guessers are slowed down, and nobody else.
//!
//! | what | file |
//! |---|---|
//! | single claims | here, `claims.rs` |
//! | an attack of some days: how somebody guesses, and when; what is counted; what the owner does | `door.rs`, `siege.rs`, `ledger.rs`, `owner.rs` |
//! | the host, whose clock stands still between two attempts | `scene.rs`, `attempt.rs` |
//! | attackers who know the password | `outsiders.rs`, `weaker.rs`, `insiders.rs`, `locals.rs` |
//! | attackers who do not | `passwords.rs` |
//! | what reaches an LDAP server | `directory.rs` |

mod attempt;
mod claims;
mod directory;
mod door;
mod insiders;
mod ledger;
mod locals;
mod outsiders;
mod owner;
mod passwords;
mod scene;
mod siege;
mod weaker;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use monk_tests::clients::{WireAnswer, WireLogin};
use monk_tests::in_both_ways;
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{Status, figures, in_every_setup, until};

/// Refusals at once: there are many.
const SETTINGS: &str = "[engine]\nrefusal_ms = 0\n";

/// The address of alice's house.
const HOME: &str = "198.51.100.7";

/// How many guesses the attacker makes.
const GUESSES: u32 = 10_000;

/// From how many addresses.
const ADDRESSES: u32 = 100;

/// How many at the same moment.
const AT_ONCE: u32 = 8;

/// Most of the guesses that may be looked at: ten that are free, and those for which the attack
/// lasts long enough.
const LOOKED_AT: usize = 25;

/// A login as alice, with this string.
fn alice(typed: &str) -> WireLogin<'_> {
    WireLogin { service: "imap", user: "alice", typed }
}

#[test]
fn ten_thousand_guesses_from_a_hundred_addresses_neither_get_far_nor_lock_out_the_owner() {
    let site = Site::with_settings(Backend::Ldap, Running::Resident, SETTINGS);
    site.add_user("alice", "secret");
    let app_password = site.app_password("alice", "Mail", &[]);
    let endpoint = site.endpoint();
    let (owner_logins, owner_refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let log_in = || {
        owner_logins.fetch_add(1, Ordering::Relaxed);
        if alice(&app_password).run_from(&endpoint, HOME) != WireAnswer::Granted {
            owner_refused.fetch_add(1, Ordering::Relaxed);
        }
    };
    site.world.inside(|| {
        log_in();
        thread::scope(|scope| {
            for attacker in 0..AT_ONCE {
                let (endpoint, log_in) = (&endpoint, &log_in);
                scope.spawn(move || {
                    for number in (attacker..GUESSES).step_by(AT_ONCE as usize) {
                        let address = format!("203.0.113.{}", number % ADDRESSES);
                        let answer = alice(&format!("guess {number}")).run_from(endpoint, &address);
                        assert_eq!(answer, WireAnswer::Denied, "guess {number}");
                        if attacker == 0 && number % 80 == 0 {
                            log_in();
                        }
                    }
                });
            }
        });
    });
    let (owner, refused) = (owner_logins.into_inner(), owner_refused.into_inner());
    // The last lines of the log are on their way when the answers are there.
    let logins = until(Duration::from_secs(10), || {
        let logins = site.logins();
        (logins.len() >= (GUESSES + owner) as usize).then_some(logins)
    });
    let logins = logins.expect("each login leaves a line");
    let count = |reason: &str| logins.iter().filter(|login| login.reason == reason).count();
    let (looked_at, throttled) = (count("wrong-password"), count("throttled"));
    figures::row(
        "hostile",
        &[
            &format!(
                "{GUESSES} guesses from {ADDRESSES} addresses at one user, who logs in from home"
            ),
            &format!("{looked_at} looked at; {refused} of the owner's {owner} logins refused"),
            "0 of the owner's refused",
        ],
    );
    assert_eq!(looked_at + throttled, GUESSES as usize);
    assert!((10..=LOOKED_AT).contains(&looked_at), "{looked_at}");
    assert_eq!(refused, 0);
}

fn a_mail_program_with_an_old_password_slows_nobody_down(running: Running) {
    let site = Site::with_settings(Backend::Embedded, running, SETTINGS);
    let phone = site.user_with_device("alice", "secret");
    let endpoint = site.endpoint();
    site.world.inside(|| {
        for _ in 0..30 {
            assert_eq!(alice("the old one").run(&endpoint), WireAnswer::Denied);
        }
        let typed = format!("secret;{}", phone.code());
        assert_eq!(alice(&typed).run(&endpoint), WireAnswer::Granted);
    });
}

in_both_ways!(a_mail_program_with_an_old_password_slows_nobody_down);

/// Guesses until it is slowed down.
fn guess(site: &Site) {
    let endpoint = site.endpoint();
    site.world.inside(|| {
        for number in 0..20 {
            let answer = alice(&format!("guess {number}")).run(&endpoint);
            assert_eq!(answer, WireAnswer::Denied);
        }
    });
    assert!(site.logins().iter().any(|login| login.reason == "throttled"));
    // However long this machine takes for what comes next.
    site.world.inside(|| {
        let counters = rusqlite::Connection::open("/var/lib/monk/throttle.db").expect("the file");
        counters
            .execute("UPDATE counters SET next = next + 600 WHERE scope = 'user'", [])
            .expect("a longer wait");
    });
}

fn who_is_slowed_down_is_told_the_same_also_with_the_right_password(setup: Setup) {
    let site = setup.site_with(SETTINGS);
    let phone = site.user_with_device("alice", "secret");
    guess(&site);
    let endpoint = site.endpoint();
    let answer = site.world.inside(|| alice(&format!("secret;{}", phone.code())).run(&endpoint));
    assert_eq!(answer, WireAnswer::Denied);
    assert_eq!(site.last_login().reason, "throttled");

    let list = site.enroll(&["throttle", "list"]);
    let slowed = &list["slowed"][0];
    assert_eq!((&slowed["user"], &slowed["scope"]), (&"alice".into(), &"user".into()), "{list}");
    assert!(slowed["wait"].as_u64().is_some_and(|wait| wait > 0), "{list}");
    site.enroll(&["throttle", "clear", "alice"]);
    let answer = site.world.inside(|| alice(&format!("secret;{}", phone.code())).run(&endpoint));
    assert_eq!(answer, WireAnswer::Granted);
    let (_, nobody) = site.try_enroll(&["throttle", "clear", "mallory"]);
    assert_eq!(nobody.status, Status::Code(4), "{nobody}");
}

in_every_setup!(who_is_slowed_down_is_told_the_same_also_with_the_right_password);

#[test]
fn a_restart_forgets_nothing() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    site.add_user("alice", "secret");
    guess(&site);
    site.kill_engine();
    site.start_engine();
    let endpoint = site.endpoint();
    site.world.inside(|| alice("another guess").run(&endpoint));
    assert_eq!(site.last_login().reason, "throttled");
}

#[test]
fn strangers_are_counted_as_users_are() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, SETTINGS);
    let endpoint = site.endpoint();
    let login = WireLogin { service: "imap", user: "nobody-here", typed: "guess" };
    site.world.inside(|| {
        for number in 0..60 {
            let typed = format!("guess {number}");
            let answer = WireLogin { typed: &typed, ..login }.run(&endpoint);
            assert_eq!(answer, WireAnswer::Denied);
        }
    });
    // The address is slowed down for everybody who is not known there.
    let list = site.enroll(&["throttle", "list"]).to_string();
    assert!(list.contains("nobody-here") && list.contains("192.0.2.7"), "{list}");
}

#[test]
fn where_a_guess_could_not_be_counted_nobody_is_let_in() {
    let site = Site::with_settings(Backend::Ldap, Running::Resident, SETTINGS);
    site.add_user("alice", "secret");
    let app_password = site.app_password("alice", "Mail", &[]);
    let endpoint = site.endpoint();
    site.world.inside(|| {
        assert_eq!(alice(&app_password).run(&endpoint), WireAnswer::Granted);
        let file = "/var/lib/monk/throttle.db";
        let held = rusqlite::Connection::open(file).expect("the counters");
        held.execute_batch("BEGIN EXCLUSIVE").expect("the lock");
        assert_eq!(alice("a guess").run(&endpoint), WireAnswer::Denied);
        assert_eq!(alice("another").run(&endpoint), WireAnswer::Unavailable);
        assert_eq!(alice(&app_password).run(&endpoint), WireAnswer::Unavailable);
        held.execute_batch("ROLLBACK").expect("the lock is given back");
        assert_eq!(alice(&app_password).run(&endpoint), WireAnswer::Granted);
    });
}

#[test]
fn where_only_app_passwords_open_wrong_ones_are_counted_too() {
    let settings = format!("{SETTINGS}[service.imap]\npassword = \"app-passwords-only\"\n");
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    site.add_user("alice", "secret");
    guess(&site);
}
