//! What holds with every directory: who is found, groups, other names and places, races, outages.

use std::time::Duration;

use monk_tests::clients::{WireAnswer, WireLogin, at_once};
use monk_tests::directories::RealDirectory;
use monk_tests::{figures, until};

use crate::scene::{PASSWORD, Scene};

/// Clients that type one code at the same moment, half of them at each host.
const CLIENTS: usize = 8;

/// Codes that are raced in every run, and in a long one.
const CODES: (usize, usize) = (10, 500);

/// How long a directory that is back may take to answer a login.
const BACK_LIMIT: Duration = Duration::from_secs(30);

/// Writes down that a claim holds, once it has been made.
pub fn holds<D: RealDirectory>(claim: &str, how: &str) {
    figures::row("directories", &[D::NAME, claim, how]);
}

/// People are found by each of `names`, and strangers are strangers.
#[track_caller]
pub fn people_are_found_by<D: RealDirectory>(names: &[&str]) {
    let scene = Scene::<D>::start();
    let alice = scene.member("alice");
    scene.member("bob");
    for name in names {
        assert_eq!(scene.login("imap", name, &alice.app_password), "app-password", "{name}");
        let wrong = format!("wrong for {name}");
        assert_eq!(scene.login("imap", name, &wrong), "wrong-password", "{name}");
    }
    assert_eq!(scene.login("imap", &alice.name, &alice.typed()), "totp");
    assert_eq!(scene.login("imap", "bob", &alice.app_password), "wrong-app-password");
    for stranger in ["mallory", "alice@elsewhere.example.net", "alic*", "a)(uid=*"] {
        assert_eq!(scene.login("imap", stranger, "secret;123456"), "unknown-user", "{stranger}");
    }
    holds::<D>("find", &format!("by {}", names.join(", ")));
    holds::<D>("password", "right and wrong ones are told apart");
}

/// Who gets another name keeps what they have enrolled; the old name is nobody's.
#[track_caller]
pub fn renamed_people_keep_their_factors<D: RealDirectory>() {
    let scene = Scene::<D>::start();
    let alice = scene.member("alice");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    scene.directory.rename("alice", "alicia");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "unknown-user");
    assert_eq!(scene.login("imap", "alicia", &alice.app_password), "app-password");
    assert_eq!(scene.login("imap", "alicia", &alice.typed()), "totp");
    holds::<D>("rename", "keeps factors");
}

/// The same with another place.
#[track_caller]
pub fn moved_people_keep_their_factors<D: RealDirectory>() {
    let scene = Scene::<D>::start();
    let alice = scene.member("alice");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    scene.directory.move_away("alice");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    holds::<D>("move", "keeps factors");
}

/// Who is deleted and added again under the same name is somebody else.
#[track_caller]
pub fn recreated_people_have_nothing<D: RealDirectory>() {
    let scene = Scene::<D>::start();
    let alice = scene.member("alice");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    let code = alice.code();
    scene.directory.recreate("alice", PASSWORD);
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "wrong-app-password");
    let (status, _) = scene.site.try_enroll(&["status", "alice"]);
    assert_eq!(status["credentials"].as_array().map(Vec::len), Some(0), "{status}");
    let reason = scene.login("imap", "alice", &format!("{PASSWORD};{code}"));
    assert_eq!(reason, "unexpected-code");
    scene.enrolled("alice");
    holds::<D>("re-create", "has nothing");
}

/// A code that is typed at two hosts at the same moment opens one login.
#[track_caller]
pub fn a_code_that_is_raced_opens_once<D: RealDirectory>() {
    let scene = Scene::<D>::start();
    let site = &scene.site;
    let hosts = [site.endpoint(), site.another_host("two")];
    let _engine = site.start_engine_of(&hosts[1]);
    let codes = figures::times(CODES.0, CODES.1);
    scene.directory.add_person("alice", PASSWORD);
    let (mut devices, mut unavailable) = (Vec::new(), 0);
    for number in 0..codes {
        let code = site.fresh_code("alice", &mut devices);
        let login = WireLogin { service: "elsewhere", user: "alice", typed: &code };
        let logins: Vec<_> = (0..CLIENTS).map(|client| (login, &hosts[client % 2])).collect();
        let answers = site.world.inside(|| at_once(&logins));
        let count = |wanted| answers.iter().filter(|&&answer| answer == wanted).count();
        assert_eq!(count(WireAnswer::Granted), 1, "code {number}: {answers:?}");
        assert_eq!(count(WireAnswer::Broken), 0, "code {number}: {answers:?}");
        unavailable += count(WireAnswer::Unavailable);
    }
    let how = format!("{codes} codes, two hosts: each opened once, {unavailable} unavailable");
    holds::<D>("race of one code", &how);
}

/// While the directory is away nobody gets in and no code is lost; when it is back all is well.
#[track_caller]
pub fn an_outage_costs_nothing_but_its_time<D: RealDirectory>() {
    let mut scene = Scene::<D>::start();
    let alice = scene.member("alice");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    let typed = alice.typed();
    scene.directory.stop();
    for (service, typed) in [("imap", &typed), ("imap", &alice.app_password)] {
        let pam = scene.site.pam(service, "alice").types(typed);
        let (_, line) = scene.site.audited(|| pam.authenticate());
        assert_eq!(line.verdict, "unavailable", "{}", line.text);
    }
    scene.directory.restart();
    let back = until(BACK_LIMIT, || (scene.login("imap", "alice", &typed) == "totp").then_some(()));
    assert!(back.is_some(), "{:#?}", scene.site.logins());
    holds::<D>("outage", "unavailable meanwhile; the same code opens afterwards");
}
