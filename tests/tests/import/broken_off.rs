//! What is wrong, or breaks off in the middle, leaves nothing half-imported.

use std::time::Duration;

use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{
    Held, LdapOperation, Process, Signal, Slapd, Status, in_both_ways, in_every_setup, until,
};

use rusqlite::{Connection, OpenFlags};

use super::SECRETS;

/// The embedded store.
const STORE: &str = "/var/lib/monk/monk.db";

/// Longest time of an import that waits for its engine or directory.
const END: Duration = Duration::from_secs(60);

/// Longest time until what a program has said is read.
const SOON: Duration = Duration::from_secs(5);

in_every_setup!(a_dry_run_and_a_file_with_one_bad_line_change_nothing,);

in_both_ways!(
    an_engine_that_is_killed_in_the_middle_leaves_nothing,
    a_directory_that_goes_away_in_the_middle_leaves_nothing,
    an_import_that_is_interrupted_leaves_nothing,
);

fn a_dry_run_and_a_file_with_one_bad_line_change_nothing(setup: Setup) {
    let site = setup.site();
    site.add_user("alice", "secret");
    site.add_user("bob", "secret");
    let before = everything(&site);
    site.world.write("/etc/users.oath", oath(["alice", "bob"]), 0o600);
    let dry = site.enroll(&["import", "--dry-run", "/etc/users.oath"]);
    assert_eq!((&dry["dry_run"], &dry["imported"]), (&true.into(), &2.into()));
    assert_eq!(everything(&site), before);

    site.world.write("/etc/users.oath", oath(["alice", "nobody"]), 0o600);
    let output = site.world.command("monk-enroll").args(["import", "/etc/users.oath"]).run();
    assert_eq!(output.status, Status::Code(8), "{output:?}");
    assert!(output.stderr.starts_with("/etc/users.oath:2: nobody: "), "{output:?}");
    let broken = format!("{}HOTP/T30 bob - zz\n", oath(["alice", "bob"]));
    site.world.write("/etc/users.oath", broken, 0o600);
    let output = site.world.command("monk-enroll").args(["import", "/etc/users.oath"]).run();
    assert!(output.stderr.starts_with("/etc/users.oath:3: "), "{output:?}");
    assert_eq!(everything(&site), before);
}

/// The engine dies while slapd is told of the second of two users; what it was told is done.
fn an_engine_that_is_killed_in_the_middle_leaves_nothing(running: Running) {
    for held in [Held::Request, Held::Response] {
        let (site, before) = two_users();
        let proxy = site.through_proxy();
        start(&site, running);
        proxy.hold(held, LdapOperation::Modify, "uid=bob");
        let mut import = site.world.spawn("monk-enroll", &["import", "/etc/users.oath"]);
        proxy.wait_until_held();
        assert_ne!(everything(&site), before, "alice is imported by now");
        match running {
            Running::Resident => site.kill_engine(),
            Running::OneShot => assert_eq!(site.signal_one_shots(Signal::SIGKILL), 1),
        }
        proxy.release();
        ends(&mut import, "nothing was imported");
        assert_eq!(everything(&site), before, "{held:?}");
        // And the same file, again, goes through.
        let again = site.enroll(&["import", "/etc/users.oath"]);
        assert_eq!(again["imported"], 2);
    }
}

/// The directory goes away before the second of two users, and comes back some seconds later.
fn a_directory_that_goes_away_in_the_middle_leaves_nothing(running: Running) {
    let (site, before) = two_users();
    let proxy = site.through_proxy();
    start(&site, running);
    proxy.hold(Held::Request, LdapOperation::Modify, "uid=bob");
    let mut import = site.world.spawn("monk-enroll", &["import", "/etc/users.oath"]);
    proxy.wait_until_held();
    site.with_slapd(|slapd| slapd.kill9());
    proxy.lose();
    let waits = until(END, || import.log().contains("to take the import back").then_some(()));
    assert!(waits.is_some(), "{}", import.log());
    site.with_slapd(|slapd| slapd.restart());
    ends(&mut import, "nothing was imported");
    assert_eq!(everything(&site), before);
}

/// Ctrl-C, and then once more, while slapd is told of the second of two users.
fn an_import_that_is_interrupted_leaves_nothing(running: Running) {
    let (site, before) = two_users();
    let proxy = site.through_proxy();
    start(&site, running);
    proxy.hold(Held::Request, LdapOperation::Modify, "uid=bob");
    let mut import = site.world.spawn("monk-enroll", &["import", "/etc/users.oath"]);
    proxy.wait_until_held();
    import.kill(Signal::SIGINT);
    import.kill(Signal::SIGINT);
    proxy.release();
    ends_with(9, &mut import, "interrupted; nothing was imported");
    assert_eq!(everything(&site), before);
}

/// Nobody comes to help: what is left is named, and the same import completes it later.
#[test]
fn what_cannot_be_taken_back_is_named_and_completed_by_the_same_import() {
    let (site, before) = two_users();
    let proxy = site.through_proxy();
    site.start_engine();
    proxy.hold(Held::Request, LdapOperation::Modify, "uid=bob");
    let mut import = site.world.spawn("monk-enroll", &["import", "/etc/users.oath"]);
    proxy.wait_until_held();
    site.with_slapd(|slapd| slapd.kill9());
    proxy.lose();
    ends(&mut import, "may be there: alice (OATH token), bob (OATH token)");
    site.with_slapd(|slapd| slapd.restart());
    assert_ne!(everything(&site), before, "alice is left");
    let again = site.enroll(&["import", "/etc/users.oath"]);
    let results = [0, 1].map(|index| again["devices"][index]["result"].clone());
    assert_eq!(results, ["already-there", "added"]);
}

/// A site in LDAP, a file for two users, and what is in the directory before.
#[track_caller]
fn two_users() -> (Site, Vec<String>) {
    let site = Site::new(Backend::Ldap, Running::OneShot);
    site.add_user("alice", "secret");
    site.add_user("bob", "secret");
    site.world.write("/etc/users.oath", oath(["alice", "bob"]), 0o600);
    let before = everything(&site);
    (site, before)
}

#[track_caller]
fn start(site: &Site, running: Running) {
    if running == Running::Resident {
        site.start_engine();
    }
}

#[track_caller]
fn ends(import: &mut Process, saying: &str) {
    ends_with(7, import, saying);
}

#[track_caller]
fn ends_with(code: i32, import: &mut Process, saying: &str) {
    let status = import.wait(END).expect("the import ends");
    // What it has said may still be on its way.
    let said = until(SOON, || import.log().contains(saying).then_some(()));
    assert_eq!((status.code(), said), (Some(code), Some(())), "{}", import.log());
}

fn oath(users: [&str; 2]) -> String {
    let line = |(user, secret): (&&str, &str)| format!("HOTP/T30 {user} - {secret}\n");
    users.iter().zip(SECRETS).map(line).collect()
}

/// Everything that a directory holds about users.
pub fn everything(site: &Site) -> Vec<String> {
    let mut all = match site.world.exists(STORE) {
        true => dump(site),
        false => Vec::new(),
    };
    if site.is_in_ldap() {
        let attributes = ["objectClass", "monkCredential", "monkUse"];
        for entry in site.slapd().search(Slapd::SUFFIX, "(objectClass=*)", &attributes) {
            all.extend(attributes.iter().flat_map(|name| entry.values(name)));
        }
    }
    all.sort();
    all
}

/// The rows of the embedded store.
fn dump(site: &Site) -> Vec<String> {
    let rows = site.world.inside(|| -> rusqlite::Result<Vec<String>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let store = Connection::open_with_flags(STORE, flags)?;
        let mut rows = Vec::new();
        for query in [
            "SELECT concat_ws(' ', id, name, mail, password, disabled, created) FROM users",
            "SELECT concat_ws(' ', user, value) FROM credentials",
            "SELECT concat_ws(' ', user, value) FROM uses",
        ] {
            let mut statement = store.prepare(query)?;
            let texts = statement.query_map([], |row| row.get(0))?;
            rows.extend(texts.collect::<rusqlite::Result<Vec<String>>>()?);
        }
        Ok(rows)
    });
    rows.unwrap_or_else(|error| panic!("cannot look into the store: {error}"))
}
