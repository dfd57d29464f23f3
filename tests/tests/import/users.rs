//! Users of the embedded directory, from CSV files.

use std::time::{Duration, Instant};

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Status, in_both_ways};

/// Users with a hash each, so that the import itself is what takes time.
const MANY: usize = 5_000;

/// The Argon2id hash of `secret`, of the least cost.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$";

in_both_ways!(users_of_a_csv_file_log_in, one_bad_line_adds_nobody);

fn users_of_a_csv_file_log_in(running: Running) {
    let site = Site::with_settings(Backend::Embedded, running, "[service.imap]\nmfa = \"off\"\n");
    let file = "name,mail,password,disabled\r\nalice,alice@example.org,\"sec,ret\",\r\nbob,,secret,yes\r\ncarol,,,\r\n";
    site.world.write("/root/users.csv", file, 0o600);
    let dry = site.enroll(&["user", "import", "--dry-run", "/root/users.csv"]);
    assert_eq!(dry["imported"], 3);
    assert!(!site.try_enroll(&["status", "alice"]).1.success(), "nobody is there yet");
    let added = site.enroll(&["user", "import", "/root/users.csv"]);
    assert_eq!(added["users"][0]["result"], "added");
    let imap = site.imap();
    assert_eq!(site.opens(&imap, "alice@example.org", "sec,ret"), "password");
    assert_eq!(site.refuses(&imap, "bob", "secret"), "disabled");
    assert_eq!(site.refuses(&imap, "carol", "secret"), "wrong-password");
}

fn one_bad_line_adds_nobody(running: Running) {
    let site = Site::new(Backend::Embedded, running);
    site.add_user("bob", "secret");
    let file = "name,password,password_hash\nalice,secret,\nbob,x,\ncarol,,{SSHA}AAAA\n";
    site.world.write("/root/users.csv", file, 0o600);
    let output =
        site.world.command("monk-enroll").args(["user", "import", "/root/users.csv"]).run();
    assert_eq!(output.status, Status::Code(8), "{output:?}");
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(lines[0].starts_with("/root/users.csv:3: bob: a user has this name"), "{output:?}");
    assert!(lines[1].starts_with("/root/users.csv:4: "), "{output:?}");
    assert!(!site.try_enroll(&["status", "alice"]).1.success(), "nobody was added");
    let good = file.rsplit_once("carol").expect("the last line").0;
    site.world.write("/root/users.csv", good, 0o600);
    let added = site.enroll(&["user", "import", "--skip-existing", "/root/users.csv"]);
    assert_eq!(added["imported"], 1);
}

#[test]
fn users_of_an_ldap_directory_are_not_ours() {
    let site = Site::new(Backend::Ldap, Running::OneShot);
    site.world.write("/root/users.csv", "name\nalice\n", 0o600);
    let (_, output) = site.try_enroll(&["user", "import", "/root/users.csv"]);
    assert!(!output.success() && output.stdout.contains("the users are in LDAP"), "{output:?}");
}

/// Thousands of users, and then a device for each of them.
#[test]
fn thousands_of_users_and_devices_are_imported() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let hash = format!("{HASH}{}", "A".repeat(43));
    let mut csv = "name,mail,password_hash\n".to_owned();
    let mut oath = String::new();
    for number in 0..MANY {
        csv.push_str(&format!("u{number},u{number}@example.org,\"{hash}\"\n"));
        oath.push_str(&format!("HOTP/T30 u{number} - {number:040x}\n"));
    }
    site.world.write("/root/users.csv", csv, 0o600);
    site.world.write("/root/users.oath", oath, 0o600);
    for (arguments, limit) in [
        (&["user", "import", "/root/users.csv"][..], Duration::from_secs(60)),
        (&["import", "/root/users.oath"], Duration::from_secs(120)),
    ] {
        let started = Instant::now();
        let import = site.world.command("monk-enroll").args(arguments).timeout(limit);
        let output = import.run().expect_success();
        assert!(output.stdout.contains(&MANY.to_string()), "{}", output.stderr);
        assert!(started.elapsed() < limit);
    }
    let status = site.enroll(&["status", "u4999"]);
    assert_eq!(status["credentials"][0]["state"], "active");
}
