//! `minimum_uid=`: root gets in with the machine's own password whatever has become of monk, and
//! nobody else does.

use std::time::{Duration, Instant};

use monk_tests::Signal;
use monk_tests::clients::{Pam, PamAnswer};
use monk_tests::figures;
use monk_tests::in_every_setup;
use monk_tests::site::{Backend, Running, Setup, Site};

/// The rules that `pam-auth-update` writes of monk's profile and pam_unix, with what monk is told.
fn rules(more: &str) -> String {
    format!(
        "auth [success=2 ignore=ignore user_unknown=ignore default=die] pam_monk.so minimum_uid=1000 try_first_pass forward_pass {more}
auth [success=1 default=ignore] pam_unix.so nullok try_first_pass nodelay
auth requisite pam_deny.so
auth required pam_permit.so
account [success=ok new_authtok_reqd=ok ignore=ignore user_unknown=ignore default=die] pam_monk.so minimum_uid=1000 local_users=ignore {more}
account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so
account requisite pam_deny.so
account required pam_permit.so
session required pam_permit.so
"
    )
}

/// Everything that a program does with PAM for one login.
const EVERYTHING: [&str; 5] =
    ["authenticate", "acct_mgmt", "setcred(PAM_ESTABLISH_CRED)", "open_session", "close_session"];

/// More failures than anybody has free.
const MANY_FAILURES: usize = 30;

/// No more than this, however broken monk is.
const AT_ONCE: Duration = Duration::from_secs(1);

in_every_setup!(
    users_of_the_machine_below_the_minimum_are_not_asked_by_monk,
    without_any_engine_only_users_below_the_minimum_get_in,
);

/// A site whose machine has passwords for root, for a service, for bob, and for alice, whom monk
/// knows, too.
#[track_caller]
fn given_passwords(setup: Setup) -> Site {
    let site = setup.site_with("[engine]\nrefusal_ms = 0\n");
    let world = &site.world;
    world
        .command("useradd")
        .args(["--system", "--uid", "555", "backup-service"])
        .run()
        .expect_success();
    for name in ["bob", "alice"] {
        world.add_system_user(name);
    }
    for name in ["root", "backup-service", "bob", "alice"] {
        world.set_password(name, "local;secret");
    }
    world.write("/etc/pam.d/login-here", rules(""), 0o644);
    site
}

fn login(site: &Site, user: &str) -> Pam {
    site.pam("login-here", user)
}

fn users_of_the_machine_below_the_minimum_are_not_asked_by_monk(setup: Setup) {
    let site = given_passwords(setup);
    let phone = site.user_with_device("alice", "alice;password");
    for user in ["root", "backup-service"] {
        let entered = login(&site, user).types("local;secret").run(&EVERYTHING);
        assert_eq!(entered.answer, PamAnswer::Success, "{}", entered.shown);
        assert_eq!(entered.shown.matches("Password").count(), 1, "{}", entered.shown);
        let refused = login(&site, user).types("wrong").authenticate();
        assert_ne!(refused.answer, PamAnswer::Success, "{}", refused.shown);
    }
    assert!(site.logins().is_empty(), "the engine has heard of nobody: {:?}", site.logins());
    // Who is monk's needs the code, whatever the machine thinks of the password.
    let typed = "local;secret";
    let refused = login(&site, "alice").types(typed).types(typed).types(typed).authenticate();
    assert_eq!(refused.answer, PamAnswer::AuthErr, "{}", refused.shown);
    let typed = format!("alice;password;{}", phone.code());
    assert_eq!(login(&site, "alice").types(typed).run(&EVERYTHING).answer, PamAnswer::Success);
    // Who is not is the machine's, as `user_unknown=ignore` says.
    let typed = "local;secret";
    let entered = login(&site, "bob").types(typed).types(typed).types(typed).run(&EVERYTHING);
    assert_eq!(entered.answer, PamAnswer::Success, "{}", entered.shown);
}

fn without_any_engine_only_users_below_the_minimum_get_in(setup: Setup) {
    let site = given_passwords(setup);
    site.world.write("/etc/pam.d/login-here", rules("engine=/nonexistent"), 0o644);
    if site.is_resident() {
        site.kill_engine();
    }
    let before = Instant::now();
    let entered = login(&site, "root").types("local;secret").run(&EVERYTHING);
    let took = before.elapsed();
    assert_eq!(entered.answer, PamAnswer::Success, "{}", entered.shown);
    assert!(took < AT_ONCE, "{took:?}");
    let milliseconds = format!("{} ms", took.as_millis());
    let what = "root's login through PAM alone, no engine (no fresh machine)";
    figures::row("package", &[what, &milliseconds, "< 1 s"]);
    for user in ["bob", "alice", "nobody-at-all"] {
        let refused = login(&site, user).types("local;secret").authenticate();
        assert_eq!(refused.answer, PamAnswer::AuthInfoUnavail, "{user}: {}", refused.shown);
        let refused = login(&site, user).account();
        assert_ne!(refused.answer, PamAnswer::Success, "{user}: {}", refused.shown);
    }
}

/// `user_unknown=ignore` leaves only those to the machine of whom the directory says that they are not
/// there: nobody becomes one of them by being refused for another reason.
#[test]
fn whoever_monk_knows_never_becomes_the_machines_user() {
    let site = given_passwords(Setup { backend: Backend::Embedded, running: Running::Resident });
    let phone = site.user_with_device("alice", "alice;password");
    let typing = |password: &str| login(&site, "alice").types(password).types(phone.wrong_code());
    let local = || typing("local;secret");
    // The same wrong password again would be no other guess. Each that is looked at makes the wait
    // longer, until it lasts from one attempt to the next on however slow a machine.
    let mut guesses = 0..MANY_FAILURES;
    let is_throttled = guesses.any(|guess| {
        site.denies(typing(&format!("guess {guess}")));
        site.denies(local()) == "throttled"
    });
    assert!(is_throttled);
    site.enroll(&["throttle", "clear", "alice"]);
    site.enroll(&["user", "disable", "alice"]);
    site.denies(local());
    assert_eq!(site.pam("login-here", "alice").account().answer, PamAnswer::AuthErr);
}

/// The worst case for everybody else: an engine that takes the connection and never answers.
#[test]
fn an_engine_that_hangs_does_not_hold_root_up() {
    let site = given_passwords(Setup { backend: Backend::Embedded, running: Running::Resident });
    site.signal_engine(Signal::SIGSTOP);
    let before = Instant::now();
    let entered = login(&site, "root").types("local;secret").run(&EVERYTHING);
    assert_eq!(entered.answer, PamAnswer::Success, "{}", entered.shown);
    assert!(before.elapsed() < AT_ONCE, "{:?}", before.elapsed());
    site.signal_engine(Signal::SIGCONT);
}

#[test]
fn a_user_database_that_is_gone_leaves_everybody_to_the_engine() {
    let site = given_passwords(Setup { backend: Backend::Embedded, running: Running::Resident });
    site.kill_engine();
    site.pam_service("login-here", "minimum_uid=1000 engine=/nonexistent");
    site.world.write("/etc/nsswitch.conf", "passwd: no-such-database\n", 0o644);
    for user in ["root", "bob"] {
        let refused = login(&site, user).types("local;secret").authenticate();
        assert_eq!(refused.answer, PamAnswer::AuthInfoUnavail, "{user}: {}", refused.shown);
        assert_eq!(login(&site, user).account().answer, PamAnswer::AuthInfoUnavail, "{user}");
    }
}

/// What cron, `systemd --user` and a person at the console do with an account of the machine while the
/// directory is down.
#[test]
fn without_the_directory_accounts_of_the_machine_go_on_where_the_settings_keep_them_apart() {
    let backend = Backend::Ldap;
    let apart = "[engine]\nrefusal_ms = 0\n[accounts]\npasswd_is_local = true\n";
    for (settings, goes_on) in [("[engine]\nrefusal_ms = 0\n", false), (apart, true)] {
        let site = Setup { backend, running: Running::Resident }.site_with(settings);
        site.world.add_system_user("bob");
        site.world.set_password("bob", "local;secret");
        site.add_user("alice", "alice;password");
        site.world.write("/etc/pam.d/login-here", rules(""), 0o644);
        let enters = |what: &str| {
            let entered = login(&site, "bob").types("local;secret").run(&EVERYTHING);
            assert_eq!(entered.answer, PamAnswer::Success, "{what}: {}", entered.shown);
        };
        enters("with the directory");
        site.with_slapd(|slapd| slapd.stop());
        if goes_on {
            enters("without it");
            assert_eq!(site.last_login().reason, "local-account");
        } else {
            let refused = login(&site, "bob").types("local;secret").authenticate();
            assert_eq!(refused.answer, PamAnswer::AuthInfoUnavail, "{}", refused.shown);
        }
        let session = login(&site, "bob").account();
        assert_eq!(session.answer == PamAnswer::Success, goes_on, "{}", session.shown);
        let refused = login(&site, "alice").types("alice;password").authenticate();
        assert_eq!(refused.answer, PamAnswer::AuthInfoUnavail, "{}", refused.shown);
    }
}
