//! The engine's own user: as whom it runs, and what it keeps of root's rights.

use std::time::Duration;

use monk_tests::site::{Backend, Running, Site};
use monk_tests::{Process, Status, until};

/// Through which a login that waits is given its answers.
const ANSWERS: &str = "/run/answers";

/// A site as the package sets it up. A resident engine is root's at first.
fn given_a_user_monk(backend: Backend, running: Running) -> Site {
    let site = Site::packaged(backend, Running::OneShot);
    site.pam_service("imap", "");
    if running == Running::Resident {
        site.start_engine();
    }
    site
}

/// A login that waits for its password.
fn waiting_login(site: &Site) -> Process {
    let script =
        format!("mkfifo -m 0600 {ANSWERS}; exec pamtester imap alice authenticate <>{ANSWERS}");
    let login = site.world.spawn("sh", &["-c", &script]);
    until(Duration::from_secs(10), || login.log().contains("Password: ").then_some(()))
        .expect("the login asks for the password");
    login
}

/// What `/proc` says of the engine that serves the login.
fn engine(site: &Site, file: &str) -> String {
    let script = format!("cat /proc/$(pidof monkd)/{file}");
    site.world.command("sh").args(["-c", &script]).run().expect_success().stdout
}

fn number_of_monk(site: &Site, option: &str) -> String {
    site.world.command("id").args([option, "monk"]).run().expect_success().stdout.trim().to_owned()
}

#[track_caller]
fn runs_as_monk(site: &Site) {
    let status = engine(site, "status");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let values = line.unwrap_or_else(|| panic!("{name} in {status}"));
        values.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let (uid, gid) = (number_of_monk(site, "-u"), number_of_monk(site, "-g"));
    assert_ne!(uid, "0");
    // Real, effective, saved and file system's.
    assert_eq!(field("Uid:"), vec![uid; 4]);
    assert_eq!(field("Gid:"), vec![gid.clone(); 4]);
    assert_eq!(field("Groups:"), [gid]);
    for set in ["CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(field(set), ["0000000000000000"], "{set}");
    }
}

#[test]
fn given_a_user_monk_the_one_shot_engine_becomes_that_user_wholly() {
    for backend in [Backend::Embedded, Backend::Ldap] {
        let site = given_a_user_monk(backend, Running::OneShot);
        let phone = site.user_with_device("alice", "secret");
        let mut login = waiting_login(&site);
        runs_as_monk(&site);
        let typed = format!("echo 'secret;{}' >{ANSWERS}", phone.code());
        site.world.command("sh").args(["-c", &typed]).run().expect_success();
        let status = login.wait(Duration::from_secs(10)).expect("the login ends");
        assert!(status.success(), "{}", login.log());
        if backend == Backend::Embedded {
            // Nothing that root's programs could have left there.
            let find = ["/var/lib/monk", "!", "-user", "monk"];
            let of_others = site.world.command("find").args(find).run().expect_success();
            assert_eq!(of_others.stdout, "");
        }
    }
}

#[test]
fn given_a_user_monk_the_resident_engine_becomes_that_user_wholly() {
    let site = given_a_user_monk(Backend::Embedded, Running::Resident);
    runs_as_monk(&site);
    let phone = site.user_with_device("alice", "secret");
    let login = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(login), "totp");
}

#[test]
fn given_a_login_that_waits_the_engine_shows_nobody_anything() {
    let site = given_a_user_monk(Backend::Embedded, Running::OneShot);
    site.add_user("alice", "secret");
    let _login = waiting_login(&site);
    assert_eq!(engine(&site, "cmdline").replace('\0', " "), "/usr/sbin/monkd --one-shot ");
    assert_eq!(engine(&site, "environ"), "");
    let limits = engine(&site, "limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let core: Vec<_> = core.expect("a limit of core dumps").split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"]);
    // Others of the same user cannot look into it either.
    let script = "head -c1 /proc/$(pidof monkd)/mem >/dev/null";
    let look = site.world.command("sh").args(["-c", script]).as_user("monk").run();
    assert!(!look.success() && look.stderr.contains("Permission denied"), "{look}");
}

#[test]
fn given_a_program_that_goes_away_the_one_shot_engine_ends_and_says_so() {
    let site = given_a_user_monk(Backend::Embedded, Running::OneShot);
    site.add_user("alice", "secret");
    let mut login = waiting_login(&site);
    let ((), line) = site.audited(|| login.destroy());
    assert_eq!((line.verdict.as_str(), line.reason.as_str()), ("abandoned", "hung-up"));
    let engines = || site.world.command("pidof").arg("monkd").run().stdout;
    until(Duration::from_secs(10), || engines().is_empty().then_some(()))
        .expect("the engine has ended");
}

#[test]
fn given_keys_that_monk_may_not_read_the_one_shot_engine_lets_nobody_in() {
    let site = given_a_user_monk(Backend::Embedded, Running::OneShot);
    let phone = site.user_with_device("alice", "secret");
    let typed = format!("secret;{}", phone.code());
    site.world.command("chown").args(["-R", "root:root", "/etc/monk/keys"]).run().expect_success();
    let login = site.pam("imap", "alice").types(&typed).authenticate();
    assert_eq!(login.answer, monk_tests::clients::PamAnswer::AuthInfoUnavail);
    site.world.wait_for_log(|line| line.tag == "monkd" && line.text.contains("/etc/monk/keys"));
}

#[test]
fn given_an_engine_that_was_killed_logins_go_on_and_it_starts_again() {
    let site = Site::new(Backend::Embedded, Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    site.pam_service("imap", "");
    let login = || site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    site.kill_engine();
    assert!(site.world.exists("/run/monk/monkd.sock"), "it has not cleaned up");
    assert_eq!(site.grants(login()), "totp");
    site.start_engine();
    assert_eq!(site.grants(login()), "totp");
    // A second one does not push it aside.
    let second = site.world.command("monkd").timeout(Duration::from_secs(5)).run();
    assert_eq!(second.status, Status::Code(1), "{second}");
    assert!(second.stderr.contains("another engine listens there already"), "{second}");
    site.enroll(&["status", "alice"]);
}

#[test]
fn on_a_machine_with_monk_itself() {
    monk_tests::site::pass_where_monk_is_installed(&[
        "given_a_user_monk_the_one_shot_engine_becomes_that_user_wholly",
        "given_an_engine_that_was_killed_logins_go_on_and_it_starts_again",
    ]);
}
