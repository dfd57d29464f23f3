//! `monk-enroll report` over the logins of real programs, in the log of syslog and in a journal.

mod replay;
mod thorough;

use std::fmt::Write;

use monk_tests::clients::Ssh;
use monk_tests::site::{Setup, Site};
use monk_tests::{SshdOptions, Status, in_every_setup};
use serde_json::{Value, json};

in_every_setup!(logins_of_real_programs_are_told_by_user_service_and_reason);

/// Where the log is put.
const LOG: &str = "/var/log/auth.log";

/// A second in which all lines were written: 2026-11-21 18:00 UTC.
const THEN: &str = "2026-11-21T18:00:00Z";

/// Far enough back for that.
const DAYS: &str = "3653";

/// Puts what monk has logged so far into a file, as syslog does.
#[track_caller]
fn written_log(site: &Site) {
    let mut text = String::new();
    for line in site.world.log().iter().filter(|line| line.tag == "monkd") {
        let _ = writeln!(text, "{THEN} mail monkd[7]: {}", line.text);
    }
    site.world.write(LOG, text, 0o600);
}

/// Runs `report --json` over that file.
#[track_caller]
fn report(site: &Site, more: &[&str]) -> Value {
    written_log(site);
    site.enroll(&[&["report", "--days", DAYS, "--log", LOG], more].concat())
}

/// A user of the report.
#[track_caller]
fn person<'a>(report: &'a Value, name: &str) -> &'a Value {
    let people = report["people"].as_array().expect("people");
    people.iter().find(|person| person["user"] == name).expect("the user is in the report")
}

/// How often a user came in by a service and a reason.
fn logins(report: &Value, name: &str, service: &str, reason: &str) -> u64 {
    let ways = person(report, name)["ways"].as_array().expect("ways");
    let is_it = |way: &&Value| way["service"] == service && way["reason"] == reason;
    ways.iter().filter(is_it).filter_map(|way| way["logins"].as_u64()).sum()
}

fn logins_of_real_programs_are_told_by_user_service_and_reason(setup: Setup) {
    let site =
        setup.site_with("[engine]\nrefusal_ms = 0\n[service.imap]\nmfa = \"when-enrolled\"\n");
    let phone = site.user_with_device("alice", "secret");
    site.add_user("bob", "other");
    site.add_user("carol", "third");
    let for_mail = site.app_password("alice", "Mail", &[]);
    let codes = site.backup_codes("alice");
    site.world.add_system_user("alice");
    let imap = site.imap();
    let sshd = site.sshd(SshdOptions::default());

    assert_eq!(site.opens(&imap, "alice", &for_mail), "app-password");
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{}", codes[0])), "backup-code");
    assert_eq!(site.opens(&imap, "bob", "other"), "password");
    assert_eq!(site.refuses(&imap, "bob", "wrong"), "wrong-password");
    let ssh = Ssh::new(&site.world, &sshd, "alice").answer("Password", "secret");
    let (login, _) = site.audited(|| ssh.answer("Code", &phone.code()).run("true"));
    assert!(login.logged_in(), "{login:?}");

    let told = report(&site, &[]);
    for (service, reason) in [("imap", "app-password"), ("imap", "backup-code"), ("sshd", "totp")] {
        assert_eq!(logins(&told, "alice", service, reason), 1, "{service} {reason}: {told}");
    }
    assert_eq!(logins(&told, "bob", "imap", "password"), 1, "{told}");
    assert_eq!(person(&told, "carol")["ways"], json!([]), "{told}");
    assert_eq!(person(&told, "alice")["backup_codes_left"], 5, "{told}");
    assert_eq!(person(&told, "alice")["ways"][0]["network"], "127.0.0.0/24", "{told}");
    assert_eq!((&told["users"], &told["logged_in"]), (&json!(3), &json!(2)), "{told}");
    assert_eq!((&told["logins"]["granted"], &told["logins"]["refused"]), (&json!(4), &json!(1)));

    let told = report(&site, &["--service", "sshd"]);
    assert_eq!((&told["logged_in"], &told["logins"]["granted"]), (&json!(1), &json!(1)), "{told}");
    for line in ["Without a second factor: 2", "Logins with the password alone: 1", "carol"] {
        let command = site.world.command("monk-enroll");
        let tables = command.args(["report", "--days", DAYS, "--log", LOG]).run();
        assert!(tables.expect_success().stdout.contains(line), "{line}");
    }
}

/// The user that the engine runs as: without one of its own, it stays root.
fn engine_uid(site: &Site) -> String {
    let id = site.world.command("id").args(["-u", "monk"]).run();
    if id.success() { id.stdout.trim().to_owned() } else { "0".to_owned() }
}

/// One entry of a journal, as journalctl writes it.
fn entry(message: &str, uid: &str, program: Option<&str>) -> String {
    let entry = json!({
        "__REALTIME_TIMESTAMP": "1795284000000000", "MESSAGE": message, "_UID": uid, "_EXE": program
    });
    format!("{entry}\n")
}

#[test]
fn what_another_program_writes_to_the_journal_in_the_name_of_monk_does_not_count() {
    let site = Setup::EMBEDDED_RESIDENT.site();
    site.add_user("alice", "secret");
    let uid = engine_uid(&site);
    let login = "login user=alice service=imap address=192.0.2.7 verdict=granted reason=totp credential=- ms=4";
    let lines = [
        entry(login, &uid, Some("/usr/sbin/monkd")),
        // An engine for one login had ended.
        entry(login, &uid, None),
        entry(login, "4711", Some("/usr/bin/logger")),
        entry(login, "4711", Some("/usr/sbin/monkd")),
        entry(login, &uid, Some("/usr/bin/logger")),
    ];
    site.world.write("/root/journal", lines.concat(), 0o600);
    let program = "#!/bin/sh\necho \"$@\" > /root/arguments\nexec cat /root/journal\n";
    site.world.write("/usr/bin/journalctl", program, 0o755);
    let told = site.enroll(&["report", "--days", "7"]);
    assert_eq!(logins(&told, "alice", "imap", "totp"), 2, "{told}");
    assert_eq!((&told["log"]["lines"], &told["log"]["left_out"]), (&json!(2), &json!(3)), "{told}");
    let arguments = site.world.read("/root/arguments");
    assert!(arguments.contains("--identifier=monkd --since=@"), "{arguments}");

    // A journal that breaks off is never taken for the whole.
    site.world.write(
        "/usr/bin/journalctl",
        "#!/bin/sh\ncat /root/journal\necho no disk >&2\nexit 1\n",
        0o755,
    );
    let told = site.enroll(&["report"]);
    assert_eq!(told["log"]["missing"], "journalctl: no disk", "{told}");
    assert!(told["logins"].is_null() && told["users"] == 1, "{told}");
}

/// The journal of systemd itself, made from the format in which its daemons hand entries on
/// (systemd.journal-export-formats).
#[test]
fn the_journal_of_systemd_is_read_with_its_own_program() {
    let site = Setup::EMBEDDED_RESIDENT.site();
    site.add_user("alice", "secret");
    let uid = engine_uid(&site);
    let login = |user: &str| {
        format!(
            "login user={user} service=imap address=192.0.2.7 verdict=granted reason=totp credential=- ms=4"
        )
    };
    let entries = [
        (&*uid, "the engine is ready".to_owned()),
        (&*uid, login("\"ali\\u{63}e\"")),
        ("4711", login("alice")),
        (&*uid, login("\"j\u{fc}rgen\"")),
    ];
    let mut export = String::new();
    for (second, (uid, message)) in entries.iter().enumerate() {
        let _ = writeln!(
            export,
            "__REALTIME_TIMESTAMP={}000000\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={:032x}\n\
             SYSLOG_IDENTIFIER=monkd\n_UID={uid}\nMESSAGE={message}\n",
            1_795_284_000 + second,
            second + 1,
            1
        );
    }
    site.world.write("/root/export", export, 0o600);
    let machine = "0123456789abcdef0123456789abcdef";
    site.world.write("/etc/machine-id", format!("{machine}\n"), 0o444);
    let folder = format!("/var/log/journal/{machine}");
    site.world.command("mkdir").args(["-p", &folder]).run().expect_success();
    let journal = format!("--output={folder}/system.journal");
    let remote = site.world.command("/lib/systemd/systemd-journal-remote");
    remote.args([&journal, "/root/export"]).run().expect_success();

    let told = site.enroll(&["report", "--days", DAYS]);
    assert_eq!((&told["log"]["lines"], &told["log"]["left_out"]), (&json!(3), &json!(1)), "{told}");
    assert_eq!(logins(&told, "alice", "imap", "totp"), 1, "{told}");
    assert_eq!(told["others"][0]["name"], "j\u{fc}rgen", "{told}");
    assert_eq!(told["log"]["begin"], THEN, "{told}");
}

/// Lines that nobody would count by hand.
#[test]
fn thousands_of_lines_are_counted_exactly() {
    let site = Setup::EMBEDDED_RESIDENT.site();
    for name in ["alice", "bob", "carol"] {
        site.add_user(name, "secret");
    }
    let mut text = String::new();
    for number in 0..5_000_u32 {
        let user = ["alice", "bob", "carol", "stranger"][number as usize % 4];
        let (verdict, reason) =
            if number % 5 == 0 { ("refused", "wrong-code") } else { ("granted", "totp") };
        let _ = writeln!(
            text,
            "{THEN} mail monkd[{number}]: login user={user} service=imap address=198.51.{}.7 verdict={verdict} \
             reason={reason} credential=54a1961a2235a49c ms=4 id=9f2c61d0a4b7e813 pid={number}",
            number % 10
        );
    }
    site.world.write("/root/log", &text, 0o600);
    let told = site.enroll(&["report", "--days", DAYS, "--log", "/root/log"]);
    assert_eq!(
        (&told["logins"]["granted"], &told["logins"]["refused"]),
        (&json!(4000), &json!(1000))
    );
    for name in ["alice", "bob", "carol"] {
        assert_eq!(person(&told, name)["logins"], 1000, "{name}");
    }
    let command = site.world.command("monk-enroll").stdin(text);
    let told = command.args(["report", "--csv", "--days", DAYS, "--log", "-"]).run();
    let told = told.expect_success().stdout;
    let strangers: u64 = told
        .lines()
        .filter_map(|line| line.split_once(",stranger,imap,totp,"))
        .filter_map(|(_, rest)| rest.split(',').nth(1)?.parse::<u64>().ok())
        .sum();
    assert_eq!(strangers, 1000, "{told}");
}

/// Carol enrols between the two reports.
#[test]
fn somebody_whom_the_coming_policy_refuses_is_off_the_list_after_enrolling() {
    let settings =
        "[engine]\nrefusal_ms = 0\n[policy]\nenforce = \"report\"\nenforce_from = 2999-01-01\n";
    let site = Setup::EMBEDDED_RESIDENT.site_with(settings);
    for name in ["bob", "carol"] {
        site.add_user(name, "secret");
    }
    let imap = site.imap();
    for name in ["bob", "carol"] {
        assert_eq!(site.opens(&imap, name, "secret"), "password");
    }
    let would_break = || {
        written_log(&site);
        let (told, output) =
            site.try_enroll(&["report", "--would-break", "--days", DAYS, "--log", LOG]);
        let refused: Vec<String> = told["refused"]
            .as_array()
            .unwrap_or_else(|| panic!("{output}"))
            .iter()
            .map(|one| format!("{} {} {}", one["user"], one["service"], one["reason"]))
            .collect();
        (refused, output.status, told["refused_at_any_time"].as_u64())
    };
    let line = |name: &str| format!("\"{name}\" \"imap\" \"not-enrolled\"");
    let both = vec![line("bob"), line("carol")];
    assert_eq!(would_break(), (both, Status::Code(1), Some(2)));

    for name in ["bob", "carol"] {
        let phone = site.device(name, "Phone");
        assert_eq!(site.opens(&imap, name, &format!("secret;{}", phone.code())), "totp");
        let left = if name == "bob" { vec![line("carol")] } else { vec![] };
        let code = if name == "bob" { Status::Code(1) } else { Status::Code(0) };
        assert_eq!(would_break(), (left, code, Some(2)), "{name}");
    }
}
