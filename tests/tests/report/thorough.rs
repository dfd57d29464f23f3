//! A report over many users and a long log: how long it takes, and how much memory.

use std::fmt::Write;
use std::time::{Duration, Instant};

use monk_tests::site::Setup;
use monk_tests::{Status, figures, until};

/// The hash of a password that nobody knows, of the least cost.
const HASH: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Users of the directory.
const USERS: u32 = 10_000;

/// Lines of the log.
const LINES: u32 = 1_000_000;

/// Longest time of a report, on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);

/// Most memory that a report may take, in KiB: the log is never held as a whole.
const MOST_MEMORY: u64 = 200 * 1024;

#[test]
fn a_report_over_10_000_users_and_a_million_lines() {
    let site = Setup::EMBEDDED_RESIDENT.site();
    let users = (0..USERS).fold("name,mail,password_hash\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "user{number},user{number}@example.org,\"{HASH}\"");
        text
    });
    site.world.write("/root/users.csv", users, 0o600);
    site.enroll(&["user", "import", "/root/users.csv"]);
    let log = (0..LINES).fold(String::new(), |mut text, number| {
        // Each user comes in at two services, from seven networks.
        let user = number.wrapping_mul(2_654_435_761) % USERS;
        let service = if number % 3 == 0 { "smtp" } else { "imap" };
        let _ = writeln!(
            text,
            "2026-11-21T18:{:02}:{:02}.123456+00:00 mail monkd[812]: login user=user{user} service={service} \
             address=198.51.{}.{} verdict=granted reason=app-password credential=54a1961a2235a49c ms=4 \
             id=9f2c61d0a4b7e813 pid=812",
            number / 60 % 60,
            number % 60,
            number % 7,
            number % 251
        );
        text
    });
    site.world.write("/root/log", log, 0o600);
    for format in ["--full", "--csv", "--json"] {
        let start = Instant::now();
        // The kernel keeps the peak of a program that has ended for its parent alone, in KiB (getrusage(2)).
        let script = format!(
            "import resource, subprocess, sys\n\
             out = subprocess.run(['monk-enroll', 'report', '--days', '3653', '--log', '/root/log', '{format}'], \
             stdout=subprocess.PIPE, check=True).stdout\n\
             print(len(out), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        );
        let output = site.world.command("python3").args(["-c", &script]).timeout(LIMIT).run();
        let took = start.elapsed();
        let output = output.expect_success().stdout;
        let (length, peak) = output.trim().split_once(' ').expect("two numbers");
        let peak: u64 = peak.parse().expect("a number");
        assert!(length.parse::<u32>().is_ok_and(|length| length > USERS), "{output}");
        assert!(peak < MOST_MEMORY, "{format}: {peak} KiB");
        let took = format!("{:.1} s", took.as_secs_f64());
        figures::row(
            "report over 10,000 users and 1,000,000 lines",
            &[format, &took, &format!("{} MiB", peak / 1024)],
        );
    }
}

/// Logins of alice that are measured.
const LOGINS: usize = 100;

/// Logins in a replay take turns with those of now, and the rest is this machine's two cores.
const MOST_DELAY: Duration = Duration::from_millis(50);

#[test]
fn logins_during_a_replay_take_no_longer() {
    let site = Setup::EMBEDDED_RESIDENT.site_with("[service.imap]\nmfa = \"off\"\n");
    let users = (0..USERS / 10).fold("name,mail,password_hash\n".to_owned(), |mut text, number| {
        let _ = writeln!(text, "user{number},user{number}@example.org,\"{HASH}\"");
        text
    });
    site.world.write("/root/users.csv", users, 0o600);
    site.enroll(&["user", "import", "/root/users.csv"]);
    site.add_user("alice", "secret");
    let log = (0..LINES / 20).fold(String::new(), |mut text, number| {
        let (user, network) = (number % (USERS / 10), number / 250);
        let _ = writeln!(
            text,
            "2026-11-21T18:00:00Z mail monkd[812]: login user=user{user} service=imap \
             address=198.51.{network}.{} verdict=granted reason=password credential=- how=string ms=4",
            number % 250
        );
        text
    });
    site.world.write("/root/log", log, 0o600);
    site.world.write("/root/new.toml", "[policy]\nmfa = \"required\"\n", 0o600);
    let mut host = site.pam_host("imap");
    let mut median = || {
        let mut times: Vec<_> = (0..LOGINS)
            .map(|_| {
                let outcome = host.login("alice", &["secret"]);
                assert!(outcome.is_success());
                outcome.took()
            })
            .collect();
        times.sort();
        times[LOGINS / 2]
    };
    let alone = median();
    let replay =
        "monk-enroll report --policy /root/new.toml --days 3653 --log /root/log > /root/told";
    let start = Instant::now();
    let once = site.world.command("sh").args(["-c", replay]).timeout(LIMIT).run();
    let took = start.elapsed();
    assert_eq!(once.status, Status::Code(1), "{once:?}");
    let rounds = format!("while {replay}; [ $? = 1 ]; do echo >> /root/rounds; done");
    let _replays = site.world.spawn("sh", &["-c", &rounds]);
    until(LIMIT, || site.world.exists("/root/rounds").then_some(())).expect("a replay ends");
    let during = median();
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    figures::row(
        "median of a login, alone and during replays of 50,000 logins of 1,000 users; one replay",
        &[&milliseconds(alone), &milliseconds(during), &format!("{:.1} s", took.as_secs_f64())],
    );
    assert!(during < 2 * alone + MOST_DELAY, "{alone:?}, {during:?}");
}
