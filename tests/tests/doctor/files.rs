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

/// A site whose engine is the user of the package, and whose files are that user's.
#[track_caller]
fn given_the_user_of_the_package() -> Site {
    let site = site(Backend::Embedded, Running::OneShot, "");
    site.world.add_system_user("bob");
    site.hand_to_package();
    Visit::to(&site, &[]).is_clean();
    site
}

/// Whatever keeps the engine from starting is named, and nobody is sent the wrong way.
#[test]
fn an_engine_that_cannot_start_is_not_made_worse() {
    let site = given_the_user_of_the_package();
    let settings = site.world.read("/etc/monk/monk.toml");
    site.world.write("/etc/monk/monk.toml", format!("{settings}nonsense = 1\n"), 0o644);
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("engine-silent", "error");
    assert!(text(found, "evidence").contains("unknown key `nonsense`"), "{found:#}");
    let files = visit.findings.iter().filter(|one| text(one, "id").starts_with("file-"));
    let ids: Vec<_> = files.map(|one| text(one, "id")).collect();
    assert_eq!(ids, ["file-not-examined"], "{}", visit.shown());
    assert!(!visit.shown().contains("chown"), "{}", visit.shown());
    site.world.write("/etc/monk/monk.toml", settings, 0o644);
    Visit::to(&site, &[]).is_clean();
}

#[test]
fn files_that_the_engine_cannot_use_are_named_and_the_remedy_has_it_start_again() {
    let site = given_the_user_of_the_package();
    for (wrong, path, id) in [
        ("chown root:root", "/etc/monk/keys", "file-not-for-engine"),
        ("chown -R root:root", "/etc/monk/keys", "file-not-for-engine"),
        ("chown -R bob", "/etc/monk/keys", "file-owner"),
        ("chown root", "/var/lib/monk", "file-not-for-engine"),
        ("chmod 0500", "/var/lib/monk", "file-not-for-engine"),
        ("chown root", "/var/lib/monk/monk.db", "file-not-for-engine"),
        ("chown bob", "/var/lib/monk/monk.db", "file-owner"),
        ("chown root", "/var/lib/monk/throttle.db", "file-not-for-engine"),
        ("chown bob", "/var/lib/monk/throttle.db", "file-owner"),
    ] {
        change(&site, &format!("{wrong} {path}"));
        let visit = Visit::to(&site, &[]);
        assert!(visit.of("engine-silent").is_some(), "{wrong} {path}: {}", visit.shown());
        let files = visit.findings.iter().filter(|one| text(one, "id").starts_with("file-"));
        let files: Vec<_> = files.collect();
        assert!(files.iter().any(|one| text(one, "subject") == path), "{}", visit.shown());
        for found in files {
            assert_eq!(text(found, "id"), id, "{wrong} {path}: {}", visit.shown());
            change(&site, text(found, "remedy"));
        }
        Visit::to(&site, &[]).is_clean();
    }
    change(&site, "rm /etc/monk/keys/*.key");
    let visit = Visit::to(&site, &[]);
    let found = visit.of("file-missing").unwrap_or_else(|| panic!("{}", visit.shown()));
    assert!(text(found, "remedy").contains("backup"), "{found:#}");
}

#[test]
fn a_password_that_the_engine_cannot_read_is_named() {
    let site = site(Backend::Ldap, Running::OneShot, "");
    site.hand_to_package();
    let settings = site.world.read("/etc/monk/monk.toml");
    let line = settings.lines().find(|line| line.starts_with("password_file")).expect("a file");
    let file = line.split('"').nth(1).expect("its path").to_owned();
    for wrong in ["chown root:root FILE; chmod 0600 FILE", "chown root:root FILE; chmod 0644 FILE"]
    {
        change(&site, &wrong.replace("FILE", &file));
        let visit = Visit::to(&site, &[]);
        let of_file = |one: &&Value| text(one, "subject") == file;
        let found: Vec<_> = visit.findings.iter().filter(of_file).collect();
        assert!(!found.is_empty(), "{}", visit.shown());
        for one in found {
            change(&site, text(one, "remedy"));
        }
        Visit::to(&site, &[]).is_clean();
    }
}

/// An engine of root's that gets a user of its own finds all of its files closed, unless they are given
/// to it as well.
#[test]
fn a_user_for_the_engine_is_advised_together_with_what_it_needs() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let site = site(backend, Running::OneShot, "");
        let visit = Visit::to(&site, &[]);
        let remedy = text(visit.finds("engine-as-root", "note"), "remedy");
        let (commands, _) = remedy.split_once("; then").expect("what follows");
        // No user of the package's name, made as on a machine that has no adduser.
        let useradd = "useradd --system --user-group --no-create-home";
        change(&site, &commands.replace("adduser --system --group --no-create-home", useradd));
        let visit = Visit::to(&site, &[]);
        visit.is_clean();
        assert!(visit.of("engine-as-root").is_none(), "{}", visit.shown());
    }
}

#[test]
fn settings_that_the_engine_has_not_read_are_found() {
    let site = embedded();
    change(&site, "touch -d '+1 hour' /etc/monk/monk.toml");
    Visit::to(&site, &[]).finds("engine-settings-old", "warning");
    change(&site, "touch /etc/monk/monk.toml");
    assert_eq!(site.reload_engine(), "settings read again");
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
