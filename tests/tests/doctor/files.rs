//! Files, the engine as a process, keys and records.

use std::time::{Duration, Instant};

use monk_tests::Signal;

use super::*;

fn change(site: &Site, command: &str) {
    site.world.command("sh").args(["-c", command]).run().expect_success();
}

#[test]
fn files_that_others_can_read_or_change_are_found() {
    let site = embedded();
    let module = site.world.pam_modules().join("pam_monk.so").display().to_string();
    for (path, wrong, right) in [
        ("/etc/monk", "0777", "0755"),
        ("/etc/monk/monk.toml", "0666", "0644"),
        ("/etc/monk/keys", "0750", "0700"),
        ("/var/lib/monk/monk.db", "0644", "0600"),
        ("/run/monk", "0777", "0755"),
        ("/etc/pam.d/webmail", "0646", "0644"),
        (module.as_str(), "0664", "0644"),
    ] {
        change(&site, &format!("chmod {wrong} {path}"));
        let visit = Visit::to(&site, &[]);
        let found = visit.of("file-open").unwrap_or_else(|| panic!("{path}: {}", visit.shown()));
        assert_eq!((text(found, "subject"), text(found, "severity")), (path, "error"));
        assert_eq!(visit.exit, Status::Code(1));
        // The remedy is a command, and it helps.
        change(&site, text(found, "remedy"));
        change(&site, &format!("chmod {right} {path}"));
    }
    site.world.add_system_user("bob");
    change(&site, "chown bob /etc/monk");
    let visit = Visit::to(&site, &[]);
    change(&site, text(visit.finds("file-owner", "error"), "remedy"));
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn settings_that_the_engine_has_not_read_are_found() {
    let site = embedded();
    change(&site, "touch -d '+1 hour' /etc/monk/monk.toml");
    Visit::to(&site, &[]).finds("engine-settings-old", "warning");
    change(&site, "touch /etc/monk/monk.toml && kill -HUP $(pidof monkd) && sleep 1.1");
    site.world.write("/etc/monk/monk.toml", "directory = \"moon\"\n", 0o644);
    let visit = Visit::to(&site, &[]);
    let found = visit.of("engine-settings-broken").expect("it is found");
    assert!(text(found, "evidence").contains("line 1"), "{found:#}");
}

#[test]
fn a_damaged_store_is_found() {
    let site = site(Backend::Embedded, Running::OneShot, "");
    for number in 0..40 {
        site.app_password("alice", &format!("App {number}"), &[]);
    }
    // The middle of the file: pages of a table, not the header.
    change(
        &site,
        "dd if=/dev/zero of=/var/lib/monk/monk.db bs=4096 seek=6 count=2 conv=notrunc status=none",
    );
    let visit = Visit::to(&site, &[]);
    let found = visit.of("store-damaged").unwrap_or_else(|| panic!("{}", visit.shown()));
    assert_eq!(text(found, "severity"), "error");
}

#[test]
fn a_store_or_program_that_was_replaced_below_the_engine_is_found() {
    let site = embedded();
    change(&site, "cp -p /usr/sbin/monkd /tmp/monkd && mv /tmp/monkd /usr/sbin/monkd");
    Visit::to(&site, &[]).finds("engine-old", "warning");
    site.kill_engine();
    site.start_engine();
    Visit::to(&site, &[]).is_clean();
    let store = "/var/lib/monk/monk.db";
    change(&site, &format!("cp -p {store} {store}.new && mv {store}.new {store}"));
    let visit = Visit::to(&site, &[]);
    let found = visit.of("engine-store-replaced").expect("it is found");
    assert_eq!(text(found, "severity"), "error", "{}", visit.shown());
}

#[test]
fn an_engine_that_does_not_answer_is_found_and_the_rest_is_looked_at() {
    let site = site(Backend::Embedded, Running::OneShot, "");
    site.world.write("/etc/monk/monk.toml", "directory = \"moon\"\n", 0o644);
    site.world.write(
        "/etc/pam.d/sshd",
        "auth optional pam_monk.so\nauth required pam_unix.so\n",
        0o644,
    );
    let visit = Visit::to(&site, &[]);
    let found = visit.of("engine-silent").expect("it is found");
    assert!(text(found, "evidence").contains("line 1"), "{found:#}");
    assert!(visit.of("pam-refusal-ignored").is_some(), "{}", visit.shown());
    assert_eq!(visit.exit, Status::Code(1));
}

#[test]
fn an_engine_that_hangs_does_not_keep_doctor() {
    let site = embedded();
    site.signal_engine(Signal::SIGSTOP);
    let begin = Instant::now();
    let visit = Visit::to(&site, &[]);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(visit.of("engine-silent").is_some(), "{}", visit.shown());
    site.signal_engine(Signal::SIGCONT);
}

#[test]
fn a_key_that_this_host_lacks_is_found_with_the_users_who_need_it() {
    let site = embedded();
    site.kill_engine();
    change(&site, "rm /etc/monk/keys/*");
    site.world.command("monkd").arg("--setup").run().expect_success();
    site.start_engine();
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("key-missing", "error");
    assert!(text(found, "evidence").contains("alice"), "{found:#}");
}

#[test]
fn who_has_no_factor_is_found() {
    for backend in [Backend::Embedded, Backend::Ldap, Backend::ReadOnlyLdap] {
        let site = site(backend, Running::OneShot, "");
        site.add_user("bob", "secret");
        let visit = Visit::to(&site, &[]);
        let found = visit.finds("user-without-factor", "warning");
        assert_eq!(text(found, "subject"), "bob", "{backend:?}");
    }
}

#[test]
fn records_that_were_moved_or_removed_are_found() {
    let site = site(Backend::Ldap, Running::OneShot, "");
    let _bob = site.user_with_device("bob", "secret");
    let suffix = monk_tests::Slapd::SUFFIX;
    let values = |name: &str| {
        let base = format!("uid={name},{suffix}");
        let found = site.slapd().search(&base, "(uid=*)", &["monkCredential", "monkUse"]);
        (found[0].values("monkCredential"), found[0].values("monkUse"))
    };
    let (of_bob, uses_of_bob) = values("bob");
    let replace = |name: &str, attribute: &str, values: &[String]| {
        let lines: String = values.iter().map(|one| format!("{attribute}: {one}\n")).collect();
        site.slapd().modify(&format!(
            "dn: uid={name},{suffix}\nchangetype: modify\nreplace: {attribute}\n{lines}"
        ));
    };
    let (of_alice, uses_of_alice) = values("alice");
    let altered = || {
        let visit = Visit::to(&site, &[]);
        assert_eq!(text(visit.finds("user-record-altered", "error"), "subject"), "alice");
    };
    replace("alice", "monkCredential", &of_bob);
    replace("alice", "monkUse", &uses_of_bob);
    altered();
    replace("alice", "monkCredential", &[of_alice[0].replace("Phone", "Tablet")]);
    replace("alice", "monkUse", &uses_of_alice);
    altered();
    replace("alice", "monkCredential", &of_alice);
    replace("alice", "monkUse", &[]);
    altered();
    let register: Vec<_> =
        uses_of_alice.iter().filter(|one| one.contains("\"register\"")).cloned().collect();
    assert_eq!(register.len(), 1);
    replace("alice", "monkUse", &register);
    Visit::to(&site, &[]).finds("user-use-missing", "error");
    replace("alice", "monkUse", &uses_of_alice);
    Visit::to(&site, &[]).is_clean();
    replace("alice", "monkCredential", &[]);
    Visit::to(&site, &[]).finds("user-records-hidden", "error");
    replace("alice", "monkCredential", &["nonsense".to_owned()]);
    Visit::to(&site, &[]).finds("user-record-unreadable", "error");
}
