//! What an administrator does on a host where monk runs, with the commands of docs/troubleshooting.md, docs/audit.md and
//! docs/backup.md.

use std::time::Duration;

use monk_tests::clients::{Curl, Login};
use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::{Status, Typist, World, until};

use crate::guarded::{Guarded, PASSWORD, systemctl};
use crate::pages::{Blocks, Reader};

monk_tests::on_each_debian!(an_administrator_looks_after_a_host_with_the_commands_of_the_pages);

/// What the test here carries out.
pub const BLOCKS: Blocks = &[
    ("docs/troubleshooting.md", THREE_COMMANDS),
    ("docs/troubleshooting.md", THROTTLE),
    ("docs/audit.md", RSYSLOG),
    ("docs/audit.md", FAIL2BAN),
    ("docs/backup.md", ENCRYPT),
    ("docs/backup.md", REVOKED),
];

const THREE_COMMANDS: &str = "journalctl -t monkd --since -15min";
const THROTTLE: &str = "monk-enroll throttle list";
const RSYSLOG: &str = "apt-get install rsyslog";
const FAIL2BAN: &str = "apt-get install fail2ban";
const ENCRYPT: &str = "apt-get install age";
const REVOKED: &str = "app-password-revoke";

/// The programs, which apt-get finds installed: machines of tests have no network.
const TOOLS: &[&str] = &["age", "fail2ban", "nftables", "python3-systemd", "rsyslog"];

/// Where somebody guesses from. fail2ban leaves out the addresses that an interface of the host has.
const STRANGER: &str = "127.0.3.9";

/// How many guesses the shipped jail takes.
const MAX_RETRY: usize = 10;

/// How long rsyslog and fail2ban may take to see a line, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

const SETTINGS: &str = "/etc/monk/monk.toml";

fn an_administrator_looks_after_a_host_with_the_commands_of_the_pages(debian: Debian) {
    let guarded = Guarded::on(Machine::with(debian, TOOLS), &package().current);
    let world: &World = &guarded.machine;
    let reader = Reader::new(world, BLOCKS);
    asks_what_is_wrong(&reader, &guarded);
    reads_the_log_in_other_programs(&reader, &guarded);
    backs_up(&reader, &guarded);
    reader.has_read_all();
}

#[track_caller]
fn asks_what_is_wrong(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    assert!(!guarded.imap(PASSWORD));
    let [log, check, doctor] = &reader.lines(THREE_COMMANDS)[..] else { panic!("three commands") };
    let shown = |line: &str, typed: &str| {
        let typist = Typist::new(world, line);
        let typist = if typed.is_empty() { typist } else { typist.answer("typed", typed) };
        let screen = typist.run();
        (screen.status, screen.text())
    };
    let (status, text) = shown(log, "");
    assert!(status == Status::Code(0) && text.contains("reason=code-missing"), "{text}");
    let (_, text) = shown(check, PASSWORD);
    assert!(text.contains("code-missing"), "{text}");
    let typed = guarded.password_and_code();
    let (status, text) = shown(check, &typed);
    assert!(status == Status::Code(0) && text.contains("granted"), "{text}");
    assert!(guarded.imap(&typed), "nothing was spent");
    let (status, text) = shown(doctor, "");
    assert_eq!(status, Status::Code(11), "{text}");

    let wrong = format!("{PASSWORD};{}", guarded.phone.wrong_code());
    let throttled = || {
        assert!(!guarded.imap(&wrong));
        (guarded.site().last_login().reason == "throttled").then_some(())
    };
    assert!(until(LIMIT, throttled).is_some(), "guesses are slowed down");
    let listed = reader.follows(THROTTLE);
    assert!(listed.stdout.contains("alice"), "{listed}");
    assert!(guarded.imap(&guarded.password_and_code()), "nobody waits any more");
}

#[track_caller]
fn reads_the_log_in_other_programs(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    let before = world.read(SETTINGS);
    reader.puts("docs/audit.md", "format = \"json\"", SETTINGS);
    systemctl(world, &["reload", "monk"]);
    reader.follows(RSYSLOG);
    assert!(guarded.imap(&guarded.password_and_code()));
    let kept = until(LIMIT, || {
        let file = "/var/log/monk.json";
        let text = if world.exists(file) { world.read(file) } else { String::new() };
        text.contains("\"reason\":\"totp\"").then_some(text)
    });
    let text = kept.expect("the line of the login is in the file");
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("an object in each line");
        assert!(line["time"].is_string() && line["host"].is_string(), "{line}");
    }

    reader.follows(FAIL2BAN);
    for number in 0..MAX_RETRY {
        // An attempt that has to wait is no guess.
        for slowed in ["alice", STRANGER] {
            guarded.site().try_enroll(&["throttle", "clear", slowed]);
        }
        let guess = format!("guess number {number}");
        let curl = Curl::new(world, "imaps://mail.example.org", "alice", &guess);
        let answer = curl.from(STRANGER).login();
        assert!(matches!(answer, Login::Refused(_)), "{answer:?}");
    }
    let status = || world.command("fail2ban-client").args(["status", "monk"]).run().stdout;
    let seen = until(LIMIT, || status().contains(STRANGER).then_some(()));
    assert!(seen.is_some(), "{}", status());
    world.command("tee").arg(SETTINGS).stdin(before).run().expect_success();
    systemctl(world, &["reload", "monk"]);
}

#[track_caller]
fn backs_up(reader: &Reader, guarded: &Guarded) {
    let world: &World = &guarded.machine;
    let site = guarded.site();
    let backup = ["backup", "/var/backups/monk-2026-11-28"];
    world.command("monk-enroll").args(backup).run().expect_success();
    let keygen = "age-keygen -o /root/age.key 2>/dev/null && age-keygen -y /root/age.key";
    let key = world.command("sh").args(["-c", keygen]).run().expect_success().stdout;
    reader.follows_with(ENCRYPT, &[("$RECIPIENT", key.trim())]);
    let list = "age -d -i /root/age.key /root/monk-2026-11-28.tar.age | tar -t";
    let files = world.command("sh").args(["-c", list]).run().expect_success().stdout;
    assert!(files.contains("./var/lib/monk/monk.db\n"), "{files}");

    let made = site.enroll(&["app-password", "create", "alice", "--name", "Mail"]);
    site.enroll(&["app-password", "revoke", "alice", made["id"].as_str().expect("an id")]);
    let revoked = reader.follows(REVOKED);
    assert!(revoked.stdout.contains("app-password-revoke"), "{revoked}");
}
