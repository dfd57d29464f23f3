//! Places with many users: lists are whole or none, and records of users who are gone are found and swept.

mod thorough;

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Slapd, Status};
use rusqlite::Connection;
use serde_json::Value;

/// A month and a day, in seconds.
const LONG: i64 = 31 * 24 * 3600;

/// Users in a directory that monk may only read, who have a device each.
#[track_caller]
fn enrolled(names: &[&str]) -> Site {
    let site = Site::new(Backend::ReadOnlyLdap, Running::Resident);
    for name in names {
        site.add_user(name, "secret");
        site.device(name, "Phone");
    }
    site
}

#[track_caller]
fn delete(site: &Site, name: &str) {
    let dn = format!("uid={name},{}", Slapd::SUFFIX);
    site.slapd().modify(&format!("dn: {dn}\nchangetype: delete\n"));
}

/// Moves the time at which users were first found to be gone into the past.
#[track_caller]
fn let_time_pass(site: &Site) {
    let changed = site.world.inside(|| {
        let notes = Connection::open("/var/lib/monk/noticed.db")?;
        notes.execute("UPDATE orphans SET since = since - ?1", [LONG])
    });
    assert!(changed.expect("the notes can be changed") > 0);
}

#[track_caller]
fn numbers(value: &Value) -> [Option<u64>; 3] {
    ["owners", "gone", "removed"].map(|member| value[member].as_u64())
}

#[test]
fn records_of_users_who_are_gone_are_swept_after_a_month_and_no_others() {
    let site = enrolled(&["alice", "bob", "carol", "dave"]);
    let orphans = site.enroll(&["credentials", "orphans"]);
    assert_eq!(numbers(&orphans), [Some(4), Some(0), None], "{orphans}");
    delete(&site, "carol");
    // Found now, and so kept for now.
    let swept = site.enroll(&["credentials", "sweep"]);
    assert_eq!(numbers(&swept), [Some(4), Some(1), Some(0)], "{swept}");
    let_time_pass(&site);
    // Bob has gone just now.
    delete(&site, "bob");
    let swept = site.enroll(&["credentials", "sweep"]);
    assert_eq!(numbers(&swept), [Some(4), Some(2), Some(1)], "{swept}");
    let removed = |value: &Value| {
        let rows = value["orphans"].as_array().expect("rows").iter();
        rows.filter(|row| row["removed"] == true).count()
    };
    assert_eq!(removed(&swept), 1);
    site.world.wait_for_log(|line| line.text.contains("credentials-sweep"));
    // The others keep theirs, and so does Bob for a month.
    assert_eq!(site.enroll(&["status", "alice"])["credentials"].as_array().map(Vec::len), Some(1));
    let orphans = site.enroll(&["credentials", "orphans"]);
    assert_eq!(numbers(&orphans), [Some(3), Some(1), None], "{orphans}");
}

#[test]
fn nothing_is_swept_where_a_mistake_is_likelier_or_the_directory_says_nothing() {
    let site = enrolled(&["alice", "bob", "carol"]);
    delete(&site, "carol");
    site.enroll(&["credentials", "orphans"]);
    let_time_pass(&site);
    let nothing_is_gone = |site: &Site, why: &str| {
        let (_, output) = site.try_enroll(&["credentials", "sweep"]);
        assert_ne!(output.status, Status::Code(0), "{why}: {output}");
    };
    // Most users seem to be gone: the base of the settings is another one.
    let base = format!("base = \"{}\"", Slapd::SUFFIX);
    site.slapd().add(&format!(
        "dn: ou=other,{0}\nobjectClass: organizationalUnit\nou: other\n",
        Slapd::SUFFIX
    ));
    let other = format!("base = \"ou=other,{}\"", Slapd::SUFFIX);
    site.change_settings(&base, &other);
    site.reload_engine();
    nothing_is_gone(&site, "another base");
    site.change_settings(&other, &base);
    site.reload_engine();
    // The server lists a part of the users only.
    let limit = |limits: &str| {
        site.slapd().modify(&format!(
            "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcLimits\n\
             olcLimits: dn.exact=\"cn=monk,{}\" {limits}\n",
            Slapd::SUFFIX
        ));
    };
    limit("size=1");
    nothing_is_gone(&site, "a limit of the server");
    let (_, output) = site.try_enroll(&["user", "list"]);
    assert!(output.stdout.contains("does not list everybody"), "{output}");
    limit("size=unlimited");
    site.with_slapd(Slapd::stop);
    nothing_is_gone(&site, "no server");
    site.with_slapd(Slapd::restart);
    let swept = site.enroll(&["credentials", "sweep"]);
    assert_eq!(numbers(&swept), [Some(3), Some(1), Some(1)], "{swept}");
}

#[test]
fn where_records_are_in_the_entries_there_is_nothing_to_sweep() {
    let site = Site::new(Backend::Ldap, Running::OneShot);
    site.add_user("alice", "secret");
    site.add_user("bob", "secret");
    site.device("alice", "Phone");
    let orphans = site.enroll(&["credentials", "orphans"]);
    assert_eq!(numbers(&orphans), [None, Some(0), Some(0)], "{orphans}");
    // The users of LDAP are listed, too.
    let listed = site.enroll(&["user", "list", "--without-second-factor"]);
    let users = listed["users"].as_array().expect("users");
    assert_eq!(users.len(), 1, "{listed}");
    assert_eq!(users[0]["user"], "bob");
    let all = site.enroll(&["status", "--all"]);
    assert_eq!((&all["users"], &all["with_second_factor"]), (&2.into(), &1.into()), "{all}");
}
