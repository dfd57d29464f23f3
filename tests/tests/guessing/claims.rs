//! What counts, and what clears: one claim each, within some simulated minutes.

use std::collections::BTreeSet;
use std::time::Duration;

use monk_tests::clients::WireAnswer;
use monk_tests::figures;
use monk_tests::site::Backend;
use monk_wire::{AccountQuery, Denial, Reply, Request};
use serde_json::Value;

use crate::attempt::Attempt;
use crate::door::Turn;
use crate::outsiders::ABROAD;
use crate::scene::{ALICE, HOME, MALLORY, PASSWORD, Scene};
use crate::weaker::{APP_PASSWORD, KEY, TRUSTED, WITHOUT_CODE};

/// Failures that cost nothing, and some more, in less time than the next wait.
const TOO_MANY: u64 = 16;

/// What the audit says of guesses at codes, each with the same second on the clock.
#[track_caller]
fn reasons(scene: &Scene, guess: impl Fn(&Turn<'_>) -> Attempt) -> Vec<String> {
    let guess = |number| scene.log_in(&guess(&Turn { number, attacker: 0, scene })).1.reason;
    (0..TOO_MANY).map(guess).collect()
}

fn sshd(turn: &Turn<'_>) -> Attempt {
    Attempt::new("sshd", ABROAD, turn.guess())
}

/// Some were looked at, and the last one was not.
#[track_caller]
fn are_slowed_down(reasons: &[String], looked_at: &str) {
    assert!(reasons[..10].iter().all(|reason| reason == looked_at), "{reasons:?}");
    assert_eq!(reasons.last().expect("several"), "throttled", "{reasons:?}");
}

#[test]
fn the_same_wrong_code_counts_again_in_every_time_step() {
    let scene = Scene::set();
    let mut reasons = Vec::new();
    // After sixteen failures the wait is longer than a step.
    for _ in 0..2 * TOO_MANY {
        scene.jump_to(scene.now() + 30);
        let turn = Turn { number: reasons.len() as u64, attacker: 0, scene: &scene };
        let guess = format!("{PASSWORD};{}", turn.code_of_cycle());
        reasons.push(scene.log_in(&Attempt::new("sshd", ABROAD, guess)).1.reason);
    }
    assert!(reasons[..10].iter().all(|reason| reason == "wrong-code"), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason == "throttled"), "{reasons:?}");
}

#[test]
fn the_same_wrong_password_counts_once() {
    let scene = Scene::set();
    for _ in 0..2 * TOO_MANY {
        scene.jump_to(scene.now() + 30);
        let (_, line) = scene.log_in(&Attempt::new("imap", ABROAD, "the old one"));
        assert_ne!(line.reason, "throttled");
    }
    let (answer, line) = scene.log_in(&Attempt::new("imap", ABROAD, scene.mail.clone()));
    assert_eq!(answer, WireAnswer::Granted, "{}", line.text);
}

#[test]
fn a_login_that_proves_no_second_factor_clears_no_wrong_codes() {
    for (before, granted) in [
        (WITHOUT_CODE, "password"),
        (TRUSTED, "password"),
        (APP_PASSWORD, "app-password"),
        (KEY, "checked-elsewhere"),
    ] {
        let scene = Scene::set();
        let reasons = reasons(&scene, |turn| {
            if turn.number < 10 {
                let (_, line) = scene.log_in(&before(turn));
                assert_eq!(line.reason, granted);
            }
            let address = before(turn).address.expect("one");
            Attempt::new("sshd", &address, turn.guess())
        });
        are_slowed_down(&reasons, "wrong-code");
    }
}

#[test]
fn a_stolen_app_password_clears_no_wrong_passwords() {
    let scene = Scene::set();
    let reasons = reasons(&scene, |turn| {
        if turn.number < 10 {
            let (_, line) = scene.log_in(&APP_PASSWORD(turn));
            assert_eq!(line.reason, "app-password");
        }
        Attempt::new("sshd", ABROAD, turn.wrong_password() + ";123456")
    });
    are_slowed_down(&reasons, "wrong-password");
}

#[test]
fn only_a_second_factor_makes_a_network_known() {
    let scopes = |scene: &Scene| {
        let (_, line) = scene.log_in(&sshd(&Turn { number: 0, attacker: 0, scene }));
        assert_eq!(line.reason, "wrong-code", "{}", line.text);
        let list = scene.site.enroll(&["throttle", "list"]);
        let slowed = list["slowed"].as_array().cloned().unwrap_or_default();
        let scope = |one: &Value| one["scope"].as_str().unwrap_or_default().to_owned();
        slowed.iter().map(scope).collect::<Vec<_>>()
    };
    for before in [WITHOUT_CODE, APP_PASSWORD, KEY] {
        let scene = Scene::set();
        scene.log_in(&before(&Turn { number: 0, attacker: 0, scene: &scene }));
        let scopes = scopes(&scene);
        assert!(!scopes.contains(&"known".to_owned()), "{scopes:?}");
    }
    let scene = Scene::set();
    scene.log_in(&Attempt::new("sshd", ABROAD, scene.password_and_code()));
    assert!(scopes(&scene).contains(&"known".to_owned()));
}

#[test]
fn wrong_codes_count_although_a_record_cannot_be_opened() {
    let scene = Scene::set();
    scene.add_record_that_cannot_be_opened();
    let reasons = reasons(&scene, sshd);
    assert_ne!(reasons[0], "throttled");
    assert_eq!(reasons.last().expect("several"), "throttled", "{reasons:?}");
}

#[test]
fn guesses_at_a_daemon_without_addresses_keep_nobody_out_of_sudo() {
    let scene = Scene::set();
    let sudo = || Attempt::for_person(ALICE, "sudo", scene.password_and_code());
    assert_eq!(scene.log_in(&sudo()).0, WireAnswer::Granted, "alice has used sudo before");
    scene.jump_to(scene.now() + 60);
    let reasons = reasons(&scene, |turn| Attempt::without_address("smtp", turn.wrong_password()));
    are_slowed_down(&reasons, "wrong-password");
    let (answer, line) = scene.log_in(&sudo());
    assert_eq!(answer, WireAnswer::Granted, "{}", line.text);
}

#[test]
fn a_local_user_keeps_the_owner_neither_out_of_sudo_nor_out_at_home() {
    let scene = Scene::set();
    let sudo = || Attempt::for_person(ALICE, "sudo", scene.password_and_code());
    let home = || Attempt::new("sshd", HOME, scene.password_and_code());
    assert_eq!(scene.log_in(&sudo()).0, WireAnswer::Granted);
    scene.jump_to(scene.now() + 30);
    assert_eq!(scene.log_in(&home()).0, WireAnswer::Granted);
    scene.jump_to(scene.now() + 60);
    let su = reasons(&scene, |turn| Attempt::for_person(MALLORY, "su", turn.guess()));
    are_slowed_down(&su, "wrong-code");
    assert_eq!(scene.log_in(&sudo()).0, WireAnswer::Granted);
    scene.jump_to(scene.now() + 30);
    assert_eq!(scene.log_in(&home()).0, WireAnswer::Granted);
}

/// What a program of `uid` is told about an account.
#[track_caller]
fn told(scene: &Scene, uid: u32, user: &str) -> Reply {
    let query = AccountQuery {
        user: user.to_owned(),
        service: "sshd".to_owned(),
        address: None,
        terminal: None,
        person: None,
        budget_ms: 10_000,
    };
    let (world, endpoint) = (&scene.hosts.world, &scene.hosts.endpoints[0]);
    let ask = || {
        let open = monk_one_shot::open(endpoint, Duration::from_secs(10));
        open.and_then(|mut open| open.call(&Request::Account(query))).expect("an answer")
    };
    world.inside_as(uid, ask)
}

#[test]
fn an_ordinary_user_learns_of_no_account_whether_it_exists() {
    let scene = Scene::set_in(Backend::Embedded);
    scene.site.add_user("carol", "secret");
    scene.site.enroll(&["user", "disable", "carol"]);
    assert_eq!(told(&scene, 0, "nobody-here"), Reply::Denied(Denial::UnknownUser), "root is told");
    let replies = ["alice", "carol", "nobody-here"].map(|user| told(&scene, MALLORY, user));
    let different: BTreeSet<String> = replies.iter().map(|reply| format!("{reply:?}")).collect();
    let seen = format!("{} different answers", different.len());
    let what = "local user asks about the accounts of others";
    figures::row("guessing", &[what, &seen, "–", "–", "1 answer"]);
    assert_eq!(different.len(), 1, "{replies:?}");
}
