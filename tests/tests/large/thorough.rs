//! 40,000 users: how long everything takes that looks at all of them, and how much memory; and what a record of a
//! last use costs a directory.

use std::fmt::Write;
use std::time::{Duration, Instant};

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Slapd, SlapdOptions, World, figures};

/// Users of the directory.
const USERS: u32 = 40_000;

/// Users who have a device.
const ENROLLED: u32 = 20_000;

/// Users who are gone in the end.
const GONE: u32 = 1_000;

/// Longest time of one command, on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);

/// Most memory that the engine may have taken, in KiB: lists are never held as a whole.
const MOST_MEMORY: u64 = 200 * 1024;

#[track_caller]
fn site(backend: Backend) -> Site {
    let site = Site::with_slapd_options(backend, Running::Resident, "", |options| SlapdOptions {
        database_bytes: 1 << 30,
        indexed: vec!["objectClass", "uid", "entryUUID"],
        log: "0",
        ..options
    });
    site.with_slapd(|slapd| {
        slapd.load((0..USERS).map(|number| {
            format!(
                "dn: uid=user{number},{0}\nobjectClass: inetOrgPerson\nuid: user{number}\n\
                 cn: User {number}\nsn: Example\nmail: user{number}@example.org\n\n",
                Slapd::SUFFIX
            )
        }));
        slapd.modify(&format!(
            "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcLimits\n\
             olcLimits: dn.exact=\"cn=monk,{}\" size=500 size.prtotal=unlimited time=unlimited\n",
            Slapd::SUFFIX
        ));
    });
    site
}

/// Runs a command, and writes down its time and the engine's peak of memory so far.
#[track_caller]
fn measured(site: &Site, what: &str, arguments: &[&str]) -> serde_json::Value {
    let start = Instant::now();
    let command = site.world.command("monk-enroll").arg("--json").arg("--yes").args(arguments);
    let output = command.timeout(LIMIT).run();
    let took = start.elapsed();
    let peak = peak(site);
    figures::row(
        "40,000 users",
        &[what, &format!("{:.1} s", took.as_secs_f64()), &format!("{} MiB", peak / 1024)],
    );
    assert!(peak < MOST_MEMORY, "{what}: {peak} KiB");
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{what}: {error}: {output}"))
}

/// The engine's peak of resident memory, in KiB (proc_pid_status(5)).
#[track_caller]
fn peak(site: &Site) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", site.engine_pid()));
    let status = status.expect("the engine runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number")
}

#[track_caller]
fn import(site: &Site) {
    let lines = (0..ENROLLED).fold(String::new(), |mut text, number| {
        // As in oathtool's documentation; each user has a seed of 20 bytes.
        let _ = writeln!(text, "HOTP/T30 user{number} - {:040x}", u128::from(number) + (1 << 100));
        text
    });
    site.world.write("/root/users.oath", lines, 0o600);
    let arguments = ["import", "--format", "pam-oath", "/root/users.oath"];
    measured(site, "import of 20,000 devices", &arguments);
}

#[track_caller]
fn lists(site: &Site) {
    let users = measured(site, "user list", &["user", "list"]);
    assert_eq!(users["users"].as_array().map(Vec::len), Some(USERS as usize));
    let all = measured(site, "status --all", &["status", "--all"]);
    assert_eq!((&all["users"], &all["with_second_factor"]), (&USERS.into(), &ENROLLED.into()));
    let list = ["user", "list", "--without-second-factor"];
    let without = measured(site, "user list --without-second-factor", &list);
    assert_eq!(without["users"].as_array().map(Vec::len), Some((USERS - ENROLLED) as usize));
    let doctor = measured(site, "doctor", &["doctor"]).to_string();
    assert!(!doctor.contains("user-list-cut"), "{doctor}");
    measured(site, "key list", &["key", "list"]);
}

#[test]
fn lists_of_40_000_users_whose_records_are_in_their_entries() {
    let site = site(Backend::Ldap);
    import(&site);
    lists(&site);
}

#[test]
fn lists_and_a_sweep_of_40_000_users_whose_records_are_in_the_embedded_store() {
    let site = site(Backend::ReadOnlyLdap);
    import(&site);
    lists(&site);
    let gone = (0..GONE).fold(String::new(), |mut text, number| {
        let dn = format!("uid=user{number},{}", Slapd::SUFFIX);
        let _ = writeln!(text, "dn: {dn}\nchangetype: delete\n");
        text
    });
    site.slapd().modify(&gone);
    let orphans = measured(&site, "credentials orphans", &["credentials", "orphans"]);
    assert_eq!(orphans["gone"], GONE);
    super::let_time_pass(&site);
    let swept = measured(&site, "credentials sweep of 1,000", &["credentials", "sweep"]);
    assert_eq!(swept["removed"], GONE);
}

/// Uses that are recorded one after the other.
const WRITES: u32 = 1_000;

/// A directory keeps no promise of a write before the disk has it.
#[test]
fn what_a_record_of_a_last_use_costs_a_directory_in_memory_and_on_disk() {
    for (place, on_disk) in [("in memory", false), ("on this machine's disk", true)] {
        let world = World::new();
        let folder = tempfile::tempdir_in("/var/tmp").expect("a folder on disk");
        let options = SlapdOptions { name: "one".to_owned(), log: "0", ..SlapdOptions::default() };
        if on_disk {
            world.lend(folder.path(), "/var/lib/ldap/one");
        }
        let slapd = Slapd::start(&world, options);
        let dn = format!("uid=alice,{}", Slapd::SUFFIX);
        slapd.add(&format!("dn: {dn}\nobjectClass: inetOrgPerson\nuid: alice\ncn: a\nsn: a\n"));
        let uses = (0..WRITES).fold(String::new(), |mut text, number| {
            let _ = writeln!(
                text,
                "dn: {dn}\nchangetype: modify\nreplace: description\ndescription: {number:0200}\n"
            );
            text
        });
        let start = Instant::now();
        slapd.modify(&uses);
        let each = start.elapsed().as_secs_f64() / f64::from(WRITES);
        figures::row(
            "last use",
            &[
                place,
                &format!("{:.2} ms a write", 1e3 * each),
                &format!("{:.0} a second", 1.0 / each),
            ],
        );
    }
}
