//! What this host holds is backed up and put back, and no code that was used since is good again.

use monk_tests::site::{Backend, Running, SETTINGS, Site};
use monk_tests::{Dovecot, Output, Status};

const BACKUP: &str = "/root/monk-backup";

/// Long enough that the codes of devices go on after a restore: two steps, and what has begun of a third.
const LATER: i64 = 90;

/// Somebody's codes, each used after the backup.
struct Used {
    code: String,
    paper: String,
    /// Never used.
    unused: String,
    app_password: String,
}

fn monk_enroll(site: &Site, arguments: &[&str]) -> Output {
    site.world.command("monk-enroll").arg("--yes").args(arguments).run()
}

/// Runs a command that has to be refused, and says why.
#[track_caller]
fn refused(site: &Site, arguments: &[&str]) -> String {
    let output = monk_enroll(site, arguments);
    assert_ne!(output.status, Status::Code(0), "{arguments:?}: {}", output.stdout);
    output.stderr
}

/// A machine that has just been installed: with keys, a store and settings of its own.
#[track_caller]
fn reinstall(site: &Site) {
    site.kill_engine();
    let wipe = "rm -rf /etc/monk/keys/* /var/lib/monk/*; echo '[throttle]' > /etc/monk/monk.toml";
    site.world.command("sh").args(["-c", wipe]).run().expect_success();
    site.world.command("monkd").arg("--setup").run().expect_success();
}

/// Owner and mode of a file.
fn rights(site: &Site, path: &str) -> String {
    site.world.command("stat").args(["--format=%U:%G %a", path]).run().stdout.trim().to_owned()
}

#[track_caller]
fn use_up(site: &Site, imap: &Dovecot, typed: &str, opened_by: &str) -> String {
    assert_eq!(site.opens(imap, "alice", typed), opened_by);
    typed.to_owned()
}

#[test]
fn a_backup_is_put_back_on_a_fresh_machine_and_codes_used_since_open_nothing() {
    let site = Site::packaged(Backend::Embedded, Running::Resident);
    let settings = "[enrolment]\nissuer = \"Example\"\n";
    site.world.write(SETTINGS, settings, 0o640);
    let phone = site.user_with_device("alice", "secret");
    let paper = site.backup_codes("alice");
    let app_password = site.app_password("alice", "Mail", &["--scope", "imap"]);
    let imap = site.imap();
    monk_enroll(&site, &["backup", BACKUP]).expect_success();

    // It holds keys: for root alone, and never written over.
    assert_eq!(rights(&site, BACKUP), "root:root 700");
    let everything = site.world.command("find").args([BACKUP, "-perm", "/077"]).run();
    assert_eq!(everything.stdout, "", "others may read this");
    assert!(refused(&site, &["backup", BACKUP]).contains("is there already"));

    let used = Used {
        code: use_up(&site, &imap, &format!("secret;{}", phone.code()), "totp"),
        paper: use_up(&site, &imap, &format!("secret;{}", paper[0]), "backup-code"),
        unused: format!("secret;{}", paper[1]),
        app_password,
    };
    site.add_user("bob", "secret");
    assert!(refused(&site, &["restore", BACKUP]).contains("an engine listens"));

    reinstall(&site);
    // Taken before the restore: a step later, the phone shows one that nobody can have used.
    let next = format!("secret;{}", phone.code_of_clock(30));
    let said = monk_enroll(&site, &["restore", BACKUP]);
    said.expect_success();
    assert_eq!(site.world.read(SETTINGS), settings);
    assert_eq!(site.world.read(format!("{SETTINGS}.before-restore")), "[throttle]\n");
    assert_eq!(rights(&site, "/var/lib/monk/monk.db"), "monk:monk 600");
    let left = site.world.command("ls").args(["-A", "/var/lib/monk"]).run().stdout;
    assert!(!left.contains(".monk.db"), "the copy is gone: {left}");
    site.start_service();

    assert_eq!(site.refuses(&imap, "alice", &used.code), "replayed-code");
    assert_eq!(site.refuses(&imap, "alice", &used.paper), "replayed-code");
    // Nobody can know that this one was not used.
    assert_eq!(site.refuses(&imap, "alice", &used.unused), "replayed-code");
    assert_eq!(site.refuses(&imap, "alice", &next), "replayed-code", "a code of this minute");
    assert_eq!(site.refuses(&imap, "alice", "secret"), "code-missing");
    assert_eq!(site.opens(&imap, "alice", &used.app_password), "app-password");
    let users = site.enroll(&["user", "list"]);
    assert!(!users.to_string().contains("bob"), "he came after the backup: {users}");

    // The phone goes on, and somebody enrols with the keys of before.
    site.kill_engine();
    site.start_engine_with_clock().set(LATER);
    let later = format!("secret;{}", phone.code_of_clock(LATER));
    assert_eq!(site.opens(&imap, "alice", &later), "totp");
    let paper = site.backup_codes("alice");
    assert_eq!(site.opens(&imap, "alice", &format!("secret;{}", paper[0])), "backup-code");
}

#[test]
fn after_slapcat_and_slapadd_one_command_spends_what_was_used_since() {
    let site = Site::new(Backend::Ldap, Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    let paper = site.backup_codes("alice");
    let imap = site.imap();
    let said = monk_enroll(&site, &["backup", BACKUP]);
    assert!(said.stdout.contains("slapcat"), "{}", said.stdout);
    let ldif = site.slapd().slapcat();
    let code = use_up(&site, &imap, &format!("secret;{}", phone.code()), "totp");
    let used = use_up(&site, &imap, &format!("secret;{}", paper[0]), "backup-code");

    site.with_slapd(|slapd| slapd.restore(ldif));
    // The engine remembers. One that was started since would not.
    assert_eq!(site.refuses(&imap, "alice", &code), "unusable-factor");
    site.kill_engine();
    site.start_engine();
    let spent = site.enroll(&["credentials", "restored"]);
    assert_eq!((&spent["users"], spent["left"].as_array().map(Vec::len)), (&1.into(), Some(0)));
    assert_eq!(site.refuses(&imap, "alice", &code), "replayed-code");
    assert_eq!(site.refuses(&imap, "alice", &used), "replayed-code");
    site.kill_engine();
    site.start_engine_with_clock().set(LATER);
    let later = format!("secret;{}", phone.code_of_clock(LATER));
    assert_eq!(site.opens(&imap, "alice", &later), "totp");
}

#[test]
fn a_folder_that_is_no_whole_backup_or_open_to_others_changes_nothing() {
    let site = Site::packaged(Backend::Embedded, Running::OneShot);
    site.add_user("alice", "secret");
    monk_enroll(&site, &["backup", BACKUP]).expect_success();
    site.add_user("bob", "secret");
    let sh = |script: &str| site.world.command("sh").args(["-ec", script]).run().expect_success();
    let store = format!("{BACKUP}/var/lib/monk/monk.db");
    let key = format!("{BACKUP}/etc/monk/keys/*.key");
    for (harm, why) in [
        (format!("chmod 755 {BACKUP}"), "lets others in"),
        (format!("chown -R monk {BACKUP}"), "could change it"),
        (format!("rm {BACKUP}/monk-backup"), "monk-backup"),
        (format!("truncate --size=0 {BACKUP}/monk-backup"), "not a whole backup"),
        (format!("truncate --size=5000 {store}"), "backup"),
        (format!("dd if=/dev/urandom of={store} bs=1 seek=4096 count=4096 conv=notrunc"), "backup"),
        (format!("echo damage > {store}"), "backup"),
        (format!("rm {store}"), "monk.db"),
        (format!("for key in {key}; do echo AAAA > $key; done"), "not a key of monk"),
        (format!("rm {key}"), "holds no key"),
        (format!("echo nonsense > {BACKUP}/etc/monk/monk.toml"), "monk.toml"),
    ] {
        sh(&format!("cp -a {BACKUP} {BACKUP}.whole; {harm}"));
        let said = refused(&site, &["restore", BACKUP]);
        assert!(said.contains(why), "{harm}: {said}");
        sh(&format!("rm -rf {BACKUP}; mv {BACKUP}.whole {BACKUP}"));
    }
    sh(&format!(
        "useradd mallory; mkdir -p /home/mallory; chown mallory /home/mallory; cp -a {BACKUP} /home/mallory/b"
    ));
    assert!(refused(&site, &["restore", "/home/mallory/b"]).contains("others could exchange it"));
    let users = site.enroll(&["user", "list"]);
    assert!(users.to_string().contains("bob"), "the store is as it was: {users}");
    let left = site.world.command("ls").args(["-A", "/var/lib/monk"]).run().stdout;
    assert!(!left.contains(".monk.db"), "{left}");
    // A store that is damaged is not written over, and does not stand in the way once it is moved.
    sh(
        "mv /var/lib/monk/monk.db* /root/; echo damage > /var/lib/monk/monk.db; chown monk: /var/lib/monk/monk.db",
    );
    sh("chmod 600 /var/lib/monk/monk.db");
    assert!(refused(&site, &["restore", BACKUP]).contains("monk.db"));
    assert_eq!(site.world.read("/var/lib/monk/monk.db"), "damage\n");
    sh("rm /var/lib/monk/monk.db");
    monk_enroll(&site, &["restore", BACKUP]).expect_success();
    let users = site.enroll(&["user", "list"]);
    assert!(!users.to_string().contains("bob"), "{users}");
}

#[test]
fn only_root_backs_up_and_puts_back() {
    let site = Site::packaged(Backend::Embedded, Running::OneShot);
    site.world.add_system_user("alice");
    for task in ["--backup", "--restore"] {
        let output = site.world.command("monkd").args([task, "/tmp/b"]).as_user("alice").run();
        assert_ne!(output.status, Status::Code(0));
        assert!(output.stderr.contains("only root"), "{}", output.stderr);
        assert!(!site.world.exists("/tmp/b"));
    }
}
