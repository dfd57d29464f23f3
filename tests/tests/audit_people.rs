//! Whom the audit names: strangers, people with a key, those behind su and sudo, and who asks.

use std::time::Duration;

use monk_tests::clients::{PamAnswer, Ssh};
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{SshdOptions, Typist, in_both_ways, in_every_setup};
use monk_wire::{ChangeStep, Login, PasswordChange, Request, Secret};

in_every_setup!(a_name_that_monk_does_not_know_is_ignored_and_not_refused);
in_both_ways!(
    su_and_sudo_say_the_terminal_and_the_person,
    a_session_that_nobody_comes_in_by_is_no_line_unless_it_is_refused,
);

const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

/// The lines about accounts.
fn accounts(site: &Site) -> Vec<String> {
    let log = site.world.log().into_iter().filter(|line| line.tag == "monkd");
    log.map(|line| line.text).filter(|text| text.starts_with("account ")).collect()
}

/// The account lines that `work` has led to. The engine writes a line before it answers.
fn accounts_of(site: &Site, work: impl FnOnce()) -> Vec<String> {
    let before = accounts(site).len();
    work();
    // Lines come in order: once this one is there, so are those before it.
    let mark = format!("mark{}", site.world.log().len());
    let service = site.pam("imap", &mark).from("192.0.2.200");
    assert_eq!(service.account().answer, PamAnswer::UserUnknown);
    site.world.wait_for_log(|line| line.text.starts_with(&format!("account user={mark} ")));
    let mut lines = accounts(site).split_off(before);
    lines.retain(|line| !line.contains(" user=mark"));
    lines
}

fn a_name_that_monk_does_not_know_is_ignored_and_not_refused(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    let stranger = site.pam("imap", "bob").from("192.0.2.7").types("secret");
    let (_, line) = site.audited(|| stranger.authenticate());
    let start =
        "login user=bob service=imap address=192.0.2.7 verdict=ignored reason=unknown-user ";
    assert!(line.text.starts_with(start), "{}", line.text);
    let wrong = site.pam("imap", "alice").from("192.0.2.7").types("wrong");
    assert_eq!(site.denies(wrong), "wrong-password");
    assert_eq!(site.last_login().verdict, "refused");
    let lines = accounts_of(&site, || {
        site.pam("imap", "bob").from("192.0.2.7").account();
    });
    let start = "account user=bob service=imap address=192.0.2.7 verdict=ignored ";
    assert!(matches!(&lines[..], [line] if line.starts_with(start)), "{lines:?}");
}

/// The profile of the package passes such names on to pam_unix.
#[test]
fn a_local_user_whom_another_module_lets_in_is_never_refused() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, QUICK);
    site.switch_on_profile();
    site.world.add_system_user("bob");
    site.world.set_password("bob", "local;secret");
    site.world.write("/etc/pam.d/imap", "@include common-auth\n@include common-account\n", 0o644);
    let login = site.pam("imap", "bob").from("192.0.2.7").types("local;secret");
    let (login, line) = site.audited(|| login.run(&["authenticate", "acct_mgmt"]));
    assert_eq!(login.answer, PamAnswer::Success, "{login:?}");
    assert_eq!((line.verdict.as_str(), line.reason.as_str()), ("ignored", "unknown-user"));
    let refused = |text: &str| text.contains("user=bob") && text.contains("verdict=refused");
    assert!(!site.world.log().iter().any(|line| refused(&line.text)));
}

#[test]
fn a_login_with_a_key_alone_has_a_line_and_one_with_a_code_has_no_second_one() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, QUICK);
    site.pam_service("imap", "");
    site.world.add_system_user("alice");
    let phone = site.user_with_device("alice", "secret");
    let config = "AuthenticationMethods publickey keyboard-interactive\n".to_owned();
    let sshd = site.sshd(SshdOptions { config, ..SshdOptions::default() });
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", "/root/key"];
    site.world.command("ssh-keygen").args(keygen).run().expect_success();
    let public = site.world.read("/root/key.pub");
    site.world.write("/home/alice/.ssh/authorized_keys", public, 0o644);

    let ssh = || Ssh::new(&site.world, &sshd, "alice");
    let lines = accounts_of(&site, || assert!(ssh().key("/root/key").run("true").logged_in()));
    let start = "account user=alice service=sshd address=127.0.0.1 verdict=granted reason=checked-elsewhere ";
    assert!(matches!(&lines[..], [line] if line.starts_with(start)), "{lines:?}");
    let lines = accounts_of(&site, || {
        let login = ssh().answer("Password", &format!("secret;{}", phone.code())).run("true");
        assert!(login.logged_in(), "{login:?}");
    });
    assert_eq!(lines, Vec::<String>::new());
    assert_eq!(site.last_login().reason, "totp");
}

fn a_session_that_nobody_comes_in_by_is_no_line_unless_it_is_refused(running: Running) {
    let site = Site::new(Backend::Embedded, running);
    site.add_user("alice", "secret");
    for service in ["imap", "cron"] {
        site.pam_service(service, "");
    }
    let session = |user: &str| {
        accounts_of(&site, || {
            // As cron, atd and systemd state it.
            site.pam("cron", user).at("cron").account();
            site.pam("cron", user).account();
        })
    };
    assert_eq!(session("alice"), Vec::<String>::new());
    assert_eq!(session("bob"), Vec::<String>::new());
    site.enroll(&["user", "disable", "alice"]);
    let refused = session("alice");
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(
        refused.iter().all(|line| line.contains("verdict=refused reason=disabled")),
        "{refused:?}"
    );
    let at_a_terminal = accounts_of(&site, || {
        site.pam("cron", "bob").at("/dev/pts/3").account();
    });
    let start = "account user=bob service=cron terminal=pts/3 address=- verdict=ignored ";
    assert!(matches!(&at_a_terminal[..], [line] if line.starts_with(start)), "{at_a_terminal:?}");
}

fn su_and_sudo_say_the_terminal_and_the_person(running: Running) {
    let site = Site::with_settings(Backend::Embedded, running, QUICK);
    for service in ["su", "sudo"] {
        site.pam_service(service, "");
    }
    for name in ["alice", "bob"] {
        site.world.add_system_user(name);
    }
    site.world.write("/etc/sudoers", "Defaults passwd_tries=1\nALL ALL=(ALL) ALL\n", 0o440);
    let phone = site.user_with_device("alice", "secret");
    let uid =
        |name: &str| site.world.command("id").args(["-u", name]).run().stdout.trim().to_owned();
    for (command, service, person) in [
        ("runuser -u bob -- su alice -c true", "su", "bob"),
        ("runuser -u alice -- sudo -k true", "sudo", "alice"),
    ] {
        let typed = format!("secret;{}", phone.code());
        let (screen, line) =
            site.audited(|| Typist::new(&site.world, command).answer("assword", &typed).run());
        assert_eq!(line.verdict, "granted", "{} {}", line.text, screen.text());
        let start = format!("login user=alice service={service} terminal=pts/");
        assert!(line.text.starts_with(&start), "{}", line.text);
        assert!(line.text.contains(&format!(" by={} address=- ", uid(person))), "{}", line.text);
    }
}

/// Whoever has an account on the host can have lines written with any name and address. They say whose
/// they are, and have another form than those of root's programs.
#[test]
fn what_an_ordinary_users_program_states_has_the_uid_of_that_user() {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, QUICK);
    site.pam_service("sshd", "");
    site.world.add_system_user("bob");
    site.add_user("alice", "secret");
    let uid = site.world.command("id").args(["-u", "bob"]).run().stdout.trim().to_owned();
    let claim = site.pam("sshd", "alice").as_user("bob").from("192.0.2.7").types("wrong");
    let (_, line) = site.audited(|| claim.authenticate());
    let start =
        format!("login user=alice service=sshd by={uid} address=192.0.2.7 verdict=refused ");
    assert!(line.text.starts_with(&start), "{}", line.text);

    // Whatever it says of the person behind it.
    let (endpoint, number) = (site.endpoint(), uid.parse().expect("a uid"));
    for person in [None, Some(0), Some(number + 1)] {
        let login = Request::Login(Login {
            user: "alice".into(),
            service: "sshd".into(),
            address: Some("192.0.2.7".into()),
            terminal: None,
            person,
            typed: Some(Secret::new(b"wrong")),
            can_ask: false,
            publickey: false,
            forward: false,
            budget_ms: 10_000,
        });
        let say = || {
            let conversation = monk_one_shot::open(&endpoint, Duration::from_secs(10));
            conversation.and_then(|mut open| open.call(&login)).is_ok()
        };
        let (answered, line) = site.audited(|| site.world.inside_as(number, say));
        assert!(answered && line.text.starts_with(&start), "{person:?}: {}", line.text);
    }
}

#[test]
fn an_unknown_name_that_may_be_a_password_is_in_no_log_and_in_no_list() {
    let settings = format!("{QUICK}[audit]\nunknown_names = \"hash\"\n[throttle]\nfree = 1\n");
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    site.pam_service("imap", "");
    site.add_user("alice", "secret");
    let try_as = |name: &str| {
        let (_, line) = site.audited(|| {
            site.pam("imap", name).from("192.0.2.7").types("wrong").run(&["authenticate"])
        });
        line.user
    };
    let shown = try_as("CanaryPassword");
    assert!(shown.starts_with("unknown:") && shown.len() == 24, "{shown}");
    assert_eq!(try_as("canarypassword"), shown, "the same name again, whatever the reason is now");
    assert_ne!(try_as("CanaryPasswort"), shown);
    assert!(
        try_as("Canary\u{1}Password").starts_with("unknown:"),
        "one that no directory is asked for"
    );
    assert_eq!(try_as("alice"), "alice");
    assert_eq!(
        site.pam("imap", "CanaryPassword").from("192.0.2.7").account().answer,
        PamAnswer::UserUnknown
    );
    site.world.wait_for_log(|line| line.text.starts_with(&format!("account user={shown} ")));

    let list = site.enroll(&["throttle", "list"]).to_string();
    let log: String = site.world.log().iter().map(|line| format!("{line}\n")).collect();
    for (place, text) in [("list", &list), ("log", &log)] {
        assert!(!text.to_lowercase().contains("canary"), "{place}: {text}");
    }
    let count = |name: &str| site.try_enroll(&["throttle", "clear", name]).0["cleared"].as_u64();
    if list.contains(&shown) {
        assert!(count("CanaryPassword").is_some_and(|cleared| cleared > 0), "by the name as well");
        assert!(!site.enroll(&["throttle", "list"]).to_string().contains(&shown));
    }
}

/// Anybody may ask for a change of a password, and the directory has not been asked yet.
#[test]
fn a_change_that_is_refused_at_once_shows_no_name_that_may_be_a_password() {
    let settings = format!("{QUICK}[audit]\nunknown_names = \"hash\"\n");
    let site = Site::with_settings(Backend::Embedded, Running::Resident, &settings);
    site.world.add_system_user("bob");
    let uid = site.world.command("id").args(["-u", "bob"]).run().stdout.trim().to_owned();
    let (endpoint, number) = (site.endpoint(), uid.parse().expect("a uid"));
    let new = || Secret::new(b"another one");
    let carry_out = || ChangeStep::CarryOut { typed: None, code: None, old: None, new: new() };
    let empty =
        || ChangeStep::CarryOut { typed: None, code: None, old: None, new: Secret::new(b"") };
    for (by_administrator, step, reason) in
        [(true, carry_out(), "not-permitted"), (false, empty(), "unfit-password")]
    {
        let change = Request::ChangePassword(PasswordChange {
            user: "CanaryPassword".into(),
            service: "passwd".into(),
            address: None,
            terminal: None,
            person: None,
            by_administrator,
            can_ask: false,
            step,
            budget_ms: 10_000,
        });
        let say = || {
            let conversation = monk_one_shot::open(&endpoint, Duration::from_secs(10));
            conversation.and_then(|mut open| open.call(&change)).is_ok()
        };
        assert!(site.world.inside_as(number, say), "{reason}");
        let wanted = format!("reason={reason} ");
        site.world.wait_for_log(|line| {
            line.text.starts_with("password-change user=unknown:") && line.text.contains(&wanted)
        });
    }
}
