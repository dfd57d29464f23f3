//! What the engine takes from whom, and which files it believes.

use std::time::Duration;

use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Running, SETTINGS, Site};
use monk_tests::{Output, Status};

const STORE: &str = "/var/lib/monk/monk.db";

/// A site of alice, who has a device, and of bob, who has an account on the machine.
fn given_bob(settings: &str) -> Site {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, settings);
    site.world.add_system_user("bob");
    site.add_user("bob", "secret");
    let _phone = site.user_with_device("alice", "secret");
    site
}

#[test]
fn given_an_ordinary_user_no_command_of_the_administration_is_carried_out() {
    let site = given_bob("");
    let before = site.enroll(&["status", "alice"]);
    for command in [
        &["status", "alice"][..],
        &["totp", "add", "alice", "--name", "Mine"],
        &["app-password", "create", "alice", "--name", "Mine"],
        &["app-password", "list", "alice"],
        &["app-password", "revoke", "alice", "Mail"],
        &["backup-codes", "generate", "alice"],
        &["check", "alice", "--service", "imap", "--password-stdin"],
        &["totp", "remove", "alice", "Phone"],
        &["reset", "alice"],
        &["user", "list"],
        &["user", "remove", "alice"],
        &["key", "list"],
        &["config", "show"],
        &["user", "add", "mallory", "--password-stdin"],
    ] {
        let output = site
            .world
            .command("monk-enroll")
            .args(["--json", "--yes"])
            .args(command)
            .stdin("secret\n")
            .as_user("bob")
            .run();
        assert_eq!(output.status, Status::Code(3), "{command:?}: {output}");
        assert!(output.stdout.contains("\"not-permitted\""), "{output}");
        assert!(output.stdout.contains("only root may"), "{output}");
    }
    assert_eq!(site.enroll(&["status", "alice"]), before);
    let (_, mallory) = site.try_enroll(&["status", "mallory"]);
    assert_eq!(mallory.status, Status::Code(4), "{mallory}");
}

#[test]
fn given_an_ordinary_user_keys_store_and_socket_folder_cannot_be_touched() {
    let site = given_bob("");
    for command in [
        "cat /etc/monk/keys/*",
        "ls /etc/monk/keys",
        "cat /var/lib/monk/monk.db",
        "cat /var/lib/monk/monk.db-wal",
        "rm /run/monk/monkd.sock",
        "touch /run/monk/other.sock",
        "cat /proc/$(pidof monkd)/environ",
        "head -c1 /proc/$(pidof monkd)/mem",
    ] {
        let output = site.world.command("sh").args(["-c", command]).as_user("bob").run();
        assert!(!output.success(), "{command}: {output}");
        assert!(output.stderr.contains("Permission denied"), "{command}: {output}");
        assert_eq!(output.stdout, "", "{command}");
    }
}

/// A program of an ordinary user, such as a database server, logs people in through the resident
/// engine, but may not claim what only sshd can know.
#[test]
fn given_an_ordinary_users_program_it_logs_in_but_cannot_claim_an_accepted_key() {
    let site = given_bob("[service.sshd]\npassword = \"skip-after-publickey\"\n");
    site.pam_service("sshd", "");
    let token = site.device("alice", "Token");
    let code = token.code();
    let login = || site.pam("sshd", "alice").as_user("bob");
    let claim = login().env("SSH_AUTH_INFO_0", "publickey ssh-ed25519 AAAA").types(&code);
    assert_eq!(site.denies(claim), "not-trusted");
    assert_eq!(site.grants(login().types("secret").types(&code)), "totp");
    // Root's programs are believed.
    let claim = site.pam("sshd", "alice").env("SSH_AUTH_INFO_0", "publickey ssh-ed25519 AAAA");
    assert_eq!(site.grants(claim.types(token.code())), "totp");
}

#[test]
fn given_an_ordinary_users_program_and_no_resident_engine_the_answer_is_unavailable() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.world.add_system_user("bob");
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    let login = site.pam("imap", "alice").as_user("bob").types("secret;123456").authenticate();
    assert_eq!(login.answer, PamAnswer::AuthInfoUnavail);
    assert!(!login.shown.contains("Password"), "{}", login.shown);
    let account = site.pam("imap", "alice").as_user("bob").account();
    assert_eq!(account.answer, PamAnswer::AuthInfoUnavail);
    site.world.wait_for_log(|line| {
        let text = &line.text;
        text.contains("pam_monk: no engine listens: ") && text.contains("; only root may start one")
    });
    let status = ["--json", "status", "alice"];
    let output = site.world.command("monk-enroll").args(status).as_user("bob").run();
    assert_eq!(output.status, Status::Code(7), "{output}");
}

/// Starts an engine that must refuse to start; what it says.
#[track_caller]
fn refusal_to_start(site: &Site) -> String {
    let Output { status, stderr, .. } =
        site.world.command("monkd").timeout(Duration::from_secs(5)).run();
    assert_eq!(status, Status::Code(1), "{stderr}");
    assert!(!site.world.exists("/run/monk/monkd.sock"), "it listens");
    stderr
}

fn change(site: &Site, command: &str) {
    site.world.command("sh").args(["-c", command]).run().expect_success();
}

#[test]
fn given_files_that_others_can_read_or_change_the_engine_does_not_start_and_says_what_to_do() {
    let site = Site::new(Backend::ReadOnlyLdap, Running::OneShot);
    site.world.add_system_user("bob");
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    let key = site.world.command("sh").args(["-c", "echo /etc/monk/keys/*.key"]).run().stdout;
    let key = key.trim();
    for (file, bad, good) in [
        ("/etc/monk/keys", "0750", "0700"),
        ("/etc/monk/keys", "0701", "0700"),
        (key, "0440", "0400"),
        (STORE, "0640", "0600"),
        ("/etc/monk/ldap.password", "0604", "0600"),
        (SETTINGS, "0664", "0644"),
        (SETTINGS, "0646", "0644"),
    ] {
        change(&site, &format!("chmod {bad} {file}"));
        let said = refusal_to_start(&site);
        assert!(said.contains(&format!("its mode {bad} lets others in")), "{said}");
        assert!(said.contains(&format!("mend with: chmod {good} {file}\n")), "{said}");
        // An engine that is started for one login keeps to the same.
        let login = site.pam("imap", "alice").types("secret;123456").authenticate();
        assert_eq!(login.answer, PamAnswer::AuthInfoUnavail, "{file} {bad}");
        change(&site, &format!("chmod {good} {file}"));
    }
    for file in ["/etc/monk/keys", key, STORE, "/etc/monk/ldap.password", SETTINGS] {
        change(&site, &format!("chown bob {file}"));
        let said = refusal_to_start(&site);
        assert!(said.contains(&format!("mend with: chown root {file}\n")), "{said}");
        change(&site, &format!("chown root {file}"));
    }
    site.start_engine();
}

#[test]
fn given_files_that_are_missing_or_damaged_the_engine_does_not_start_and_says_what_to_do() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    change(&site, &format!("mv {STORE} /var/lib/monk/aside"));
    let said = refusal_to_start(&site);
    assert!(said.contains("monk.db: not there; make the store with `monkd --setup`"), "{said}");
    change(&site, &format!(": >{STORE}; chmod 0600 {STORE}"));
    let said = refusal_to_start(&site);
    assert!(said.contains("make the store with `monkd --setup`"), "{said}");
    change(&site, &format!("mv /var/lib/monk/aside {STORE}"));

    change(&site, "mkdir -m 0700 /run/aside; mv /etc/monk/keys/*.key /run/aside/");
    let said = refusal_to_start(&site);
    assert!(said.contains("holds no key: make one with `monkd --setup`"), "{said}");
    change(&site, "mv /run/aside/*.key /etc/monk/keys/00000000.key");
    let said = refusal_to_start(&site);
    assert!(said.contains("not a key of monk, or altered"), "{said}");
}
