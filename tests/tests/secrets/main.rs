//! Secrets with names of birds: a site lives its life, and afterwards none of them is anywhere
//! but where it belongs.

mod canaries;
mod cores;
mod life;
mod memory;
mod search;

use monk_tests::site::Setup;
use monk_tests::{figures, in_every_setup};

use life::Life;
use search::{Findings, Watcher};

in_every_setup!(after_a_whole_life_no_secret_is_in_any_file_log_argument_or_environment);

/// Where secrets belong: they were put there by the test, or for the program that needs them.
const AT_HOME: [(&str, &str); 6] = [
    ("file /etc/monk/ldap.password", "LDAP password"),
    // slapd's own account of monk, as the test has written it.
    ("file /var/lib/ldap/", "LDAP password"),
    ("file /etc/monk/mail.password", "mail password"),
    // The mail server of the test is told so what to expect. It also shows that the watcher sees.
    ("arguments of python3", "mail password"),
    ("file /etc/monk/keys/", "host key"),
    ("file /var/mail/", "code sent by mail"),
];

fn is_at_home(place: &str, secret: &str) -> bool {
    AT_HOME.iter().any(|(home, its)| place.starts_with(home) && secret == *its)
}

fn after_a_whole_life_no_secret_is_in_any_file_log_argument_or_environment(setup: Setup) {
    let began = search::now();
    let mut life = Life::new(setup);
    let watcher = Watcher::start(&life.site.world);
    life.live(setup);
    let mut found = Findings::new();
    // While engine and servers still have their files open.
    let files = search::files(&life.site.world, began, &life.canaries, &mut found);
    let seen = watcher.finish();
    seen.search(&life.canaries, &mut found);
    for (name, text) in life.logs() {
        search::log(name, &text, &life.canaries, &mut found);
    }

    let strays: Vec<_> =
        found.iter().filter(|(place, secret)| !is_at_home(place, secret)).collect();
    assert!(strays.is_empty(), "{strays:#?}");
    // The search sees files, arguments, and every secret that has a home.
    for (place, secret) in AT_HOME {
        let is_there =
            found.iter().any(|(where_, what)| where_.starts_with(place) && *what == secret);
        let expected = life.has(setup, secret);
        assert_eq!(is_there, expected, "{secret} in {place}: {found:#?}");
    }
    let life =
        format!("a life with {} secrets ({:?}, {:?})", life.count(), setup.backend, setup.running);
    let looked = format!(
        "0 found in {files} files, all logs, {} arguments/environments ({} looks)",
        seen.count(),
        seen.rounds
    );
    figures::row("hostile", &[&life, &looked, "0"]);
}

/// The same search, and somebody who is careless in every way that it looks for.
#[test]
fn a_secret_that_was_left_somewhere_is_found() {
    let world = monk_tests::World::new();
    let began = search::now();
    let mut canaries = canaries::Canaries::default();
    canaries.add("bird", "CanaryBird");
    let careless = "\
        echo typed=CanaryBird >/tmp/plain
        mkdir -m 0700 /var/lib/deep; printf 'user alice typed CanaryBird' | base64 >/var/lib/deep/encoded
        exec 5>/run/gone; echo CanaryBird >&5; rm /run/gone
        logger -t careless 'wrong password CanaryBird'
        PASSWORD=CanaryBird sleep 100 & exec sleep 100.0 CanaryBird 5>&5";
    let watcher = Watcher::start(&world);
    let script = careless.replace("sleep 100.0 CanaryBird", "sh -c 'sleep 100' CanaryBird");
    world.write("/run/careless", &script, 0o755);
    let process = world.spawn("sh", &["/run/careless"]);
    let line = world.wait_for_log(|line| line.tag == "careless");
    let both = || {
        let mut found = Findings::new();
        search::files(&world, began, &canaries, &mut found);
        found.iter().any(|(place, _)| place.starts_with("deleted")).then_some(found)
    };
    let limit = std::time::Duration::from_secs(10);
    let mut found = monk_tests::until(limit, both).expect("a deleted file is found");
    let seen = || {
        let mut found = Findings::new();
        Watcher::start(&world).finish().search(&canaries, &mut found);
        let is_seen = |what: &str| found.iter().any(|(place, _)| place.starts_with(what));
        // A program that is just being started still has the name of the shell.
        (is_seen("environment of sleep") && is_seen("arguments of s")).then_some(found)
    };
    found.extend(monk_tests::until(limit, seen).expect("arguments and environment are seen"));
    drop(watcher.finish());
    search::log("the world", &line.text, &canaries, &mut found);
    let places: Vec<_> = found.iter().map(|(place, _)| place.as_str()).collect();
    for place in [
        "file /tmp/plain",
        "file /var/lib/deep/encoded",
        "log of the world",
        "environment of sleep",
    ] {
        assert!(places.contains(&place), "{place}: {places:?}");
    }
    assert!(places.iter().any(|place| place.starts_with("deleted file /run/gone")), "{places:?}");
    assert!(places.iter().any(|place| place.starts_with("arguments of s")), "{places:?}");
    drop(process);
}
