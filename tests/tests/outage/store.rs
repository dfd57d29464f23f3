//! The embedded store or the keys cannot be read or written.

use std::time::Duration;

use monk_tests::site::{Backend, Running};
use monk_tests::{Output, until};
use rusqlite::{Connection, OpenFlags};

use super::{AT_ONCE, DEADLINE, People, at_once};

/// The embedded store.
const STORE: &str = "/var/lib/monk/monk.db";

monk_tests::in_both_ways!(
    a_file_that_is_not_there_when_the_engine_starts,
    a_store_that_may_only_be_read,
    a_disk_that_is_full,
);

/// Without these the engine does not start; then there is none, and one that is started for a
/// login ends without a word.
fn a_file_that_is_not_there_when_the_engine_starts(running: Running) {
    let mut people = People::of(Backend::Embedded);
    for place in [STORE, "/etc/monk/keys", "/etc/monk/monk.toml"] {
        people.begin(running);
        people.site.kill_engine();
        let aside = format!("{place}.aside");
        people.site.world.command("mv").args([place, &aside]).run().expect_success();
        if running == Running::Resident {
            let start = people.site.world.command("monkd").timeout(AT_ONCE).run();
            assert_eq!(start.status, monk_tests::Status::Code(1), "{start}");
            assert!(start.stderr.contains(place), "{start}");
        }
        people.nobody_hears_more_than_unavailable(AT_ONCE);
        people.site.world.command("mv").args([&aside, place]).run().expect_success();
    }
    people.begin(running);
}

#[test]
fn a_store_in_which_somebody_else_is_writing() {
    at_once([Running::Resident, Running::OneShot], somebody_else_is_writing);
}

/// Only what has to be written waits, and not for ever.
fn somebody_else_is_writing(running: Running) {
    let mut people = People::of(Backend::Embedded);
    people.begin(running);
    let world = people.site.world.clone();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let writer = world.inside(|| {
        let writer = Connection::open_with_flags(STORE, flags)?;
        writer.execute_batch("BEGIN IMMEDIATE").map(|()| writer)
    });
    let answers = people.log_in();
    let names = answers.each_ref().map(|outcome| outcome.name.as_str());
    assert_eq!(names, ["PAM_AUTHINFO_UNAVAIL", "PAM_SUCCESS", "PAM_USER_UNKNOWN"]);
    assert!(answers.iter().all(|outcome| outcome.took() < DEADLINE), "{answers:?}");
    world.inside(|| drop(writer.expect("the store can be locked")));
    people.all_is_well();
}

/// A code that cannot be recorded opens nothing.
fn a_store_that_may_only_be_read(running: Running) {
    let mut people = People::of(Backend::Embedded);
    people.begin(running);
    // The engine has it open for writing, so it is put away for a moment.
    people.site.kill_engine();
    remount(&people, "ro");
    // Whether it starts now or not, nobody gets in with a code.
    let engine = (running == Running::Resident).then(|| {
        let mut engine = people.site.world.spawn("monkd", &[]);
        engine.wait(Duration::from_secs(1));
        engine
    });
    let outcome = people.programs[0].login("alice", &[&people.typed]);
    assert_eq!(outcome.name, "PAM_AUTHINFO_UNAVAIL");
    assert!(outcome.took() < AT_ONCE, "{outcome:?}");
    drop(engine);
    remount(&people, "rw");
    people.begin(running);
}

/// A code that cannot be recorded opens nothing.
fn a_disk_that_is_full(running: Running) {
    let mut people = People::of(Backend::Embedded);
    people.begin(running);
    remount(&people, "size=1m");
    let fill = ["-c", "cat /dev/zero >/var/lib/monk/filler"];
    assert!(!people.site.world.command("sh").args(fill).run().success());
    let outcome = people.programs[0].login("alice", &[&people.typed]);
    assert_eq!(outcome.name, "PAM_AUTHINFO_UNAVAIL");
    assert!(outcome.took() < AT_ONCE, "{outcome:?}");
    people.site.world.remove("/var/lib/monk/filler");
    remount(&people, "size=100m");
    people.all_is_well();
}

/// Mounts the folder of the store in another way.
///
/// An engine for one login writes for a moment after its answer, and so long the folder cannot be made
/// one that is only read.
fn remount(people: &People, how: &str) {
    let options = format!("remount,{how}");
    let mount = || people.site.world.command("mount").args(["-o", &options, "/var/lib/monk"]).run();
    let mounted = until(AT_ONCE, || Some(mount()).filter(Output::success));
    mounted.unwrap_or_else(mount).expect_success();
}
