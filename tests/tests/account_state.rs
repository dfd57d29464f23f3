//! What each state of an account closes, in real PAM stacks with the embedded directory.

use monk_tests::clients::{Pam, PamAnswer};
use monk_tests::in_both_ways;
use monk_tests::site::{Backend, Running, Setup, Site};

in_both_ways!(
    each_state_closes_the_ways_of_its_row,
    a_service_can_keep_app_passwords_open,
    a_password_that_has_to_be_changed_is_told_to_the_program,
    given_the_profile_a_local_password_leads_nobody_past_the_state,
);

/// Every service has its own way in.
const SERVICES: &str = "\
[engine]
refusal_ms = 0
[service.elsewhere]
password = \"elsewhere\"
[service.mail]
password = \"app-passwords-only\"
[service.remembered]
remember_minutes = 10
";

/// What is done with everybody, and the reasons that logins have then: with password and code, on a second
/// screen, with a code after another module's password, with an app password, and with a login that is
/// remembered; and what the account rule says.
struct Row {
    change: &'static str,
    options: &'static [&'static str],
    reasons: [&'static str; 5],
    account: &'static str,
}

const OPEN: [&str; 5] = ["backup-code", "backup-code", "backup-code", "app-password", "remembered"];

const OLD_PASSWORD: [&str; 5] =
    ["backup-code", "backup-code", "backup-code", "must-change", "remembered"];

/// Switching an account off has the host forget what it remembers.
const FORGOTTEN: [&str; 5] =
    ["backup-code", "backup-code", "backup-code", "must-change", "replayed-code"];

const fn row(
    change: &'static str,
    options: &'static [&'static str],
    reasons: [&'static str; 5],
    account: &'static str,
) -> Row {
    Row { change, options, reasons, account }
}

const NEW_PASSWORD: &str = "Authentication token is no longer valid; new one required";
const ENDED: &str = "User account has expired";

const ROWS: [Row; 6] = [
    row("expire", &["--at", "never"], OPEN, ""),
    row("expire", &["--password"], OLD_PASSWORD, NEW_PASSWORD),
    row("expire", &["--at", "2020-01-01"], ["expired"; 5], ENDED),
    row("disable", &[], ["disabled"; 5], "Authentication failure"),
    // Switched on again, the account is what it was before.
    row("enable", &[], ["expired"; 5], ENDED),
    row("expire", &["--at", "never"], FORGOTTEN, NEW_PASSWORD),
];

/// Alice, and bob, whose login is remembered.
struct Alice {
    site: Site,
    app_password: String,
    remembered: String,
}

#[track_caller]
fn alice(running: Running, more: &str) -> Alice {
    let site = Site::with_settings(Backend::Embedded, running, &format!("{SERVICES}{more}"));
    for service in ["imap", "elsewhere", "mail", "remembered"] {
        site.pam_service(service, "");
    }
    site.add_user("alice", "secret");
    let app_password = site.app_password("alice", "Phone", &["--scope", "mail"]);
    let bobs = site.user_with_device("bob", "secret");
    let remembered = format!("secret;{}", bobs.code());
    let first = site.pam("remembered", "bob").from("192.0.2.7").types(&remembered);
    assert_eq!(site.grants(first), "totp");
    Alice { site, app_password, remembered }
}

impl Alice {
    /// The reason in the audit of each login, in the order of [`Row::reasons`]. Each has the answer of PAM that
    /// goes with it.
    #[track_caller]
    fn reasons(&self) -> [String; 5] {
        let Self { site, app_password, remembered } = self;
        let codes = site.backup_codes("alice");
        let pam = |service: &str, user: &str| site.pam(service, user).from("192.0.2.7");
        let end = |login: Pam| {
            let (login, line) = site.audited(|| login.authenticate());
            let expected = match line.verdict.as_str() {
                "granted" => PamAnswer::Success,
                // As with a wrong password.
                _ => PamAnswer::AuthErr,
            };
            assert_eq!(login.answer, expected, "{}", line.text);
            line.reason
        };
        [
            end(pam("imap", "alice").types(format!("secret;{}", codes[0]))),
            end(pam("imap", "alice").types("secret").types(&codes[1])),
            end(pam("elsewhere", "alice").types(&codes[2])),
            end(pam("mail", "alice").types(app_password)),
            end(pam("remembered", "bob").types(remembered)),
        ]
    }

    #[track_caller]
    fn account(&self) -> String {
        let answer = self.site.pam("imap", "alice").account();
        match answer.answer {
            PamAnswer::Success => String::new(),
            PamAnswer::AuthErr => "Authentication failure".to_owned(),
            PamAnswer::Other(words) => words,
            other => panic!("{other:?}: {}", answer.shown),
        }
    }
}

fn each_state_closes_the_ways_of_its_row(running: Running) {
    let alice = alice(running, "");
    for Row { change, options, reasons, account } in ROWS {
        for user in ["alice", "bob"] {
            alice.site.enroll(&[&["user", change, user], options].concat());
        }
        assert_eq!(alice.reasons(), reasons, "{change} {options:?}");
        let said = alice.account();
        let is_said = said.contains(account) && said.is_empty() == account.is_empty();
        assert!(is_said, "{change} {options:?}: {said}");
    }
}

fn a_service_can_keep_app_passwords_open(running: Running) {
    let alice = alice(running, "[policy]\napp_passwords_despite = [\"password-expired\"]\n");
    alice.site.enroll(&["user", "expire", "alice", "--password"]);
    let login = || alice.site.pam("mail", "alice").from("192.0.2.7").types(&alice.app_password);
    let login_and_account = login().run(&["authenticate", "acct_mgmt"]);
    assert_eq!(login_and_account.answer, PamAnswer::Success, "{}", login_and_account.shown);
    assert!(alice.account().contains("new one required"), "without a login before it");
    alice.site.enroll(&["user", "disable", "alice"]);
    assert_eq!(alice.site.denies(login()), "disabled");
}

/// The rules of auth and account have different arguments, so that the account rule asks the engine again.
fn a_password_that_has_to_be_changed_is_told_to_the_program(running: Running) {
    let Alice { site, .. } = alice(running, "");
    let codes = site.backup_codes("alice");
    site.enroll(&["user", "expire", "alice", "--password"]);
    site.world.write(
        "/etc/pam.d/imap",
        "auth required pam_monk.so forward_pass\naccount required pam_monk.so\n",
        0o644,
    );
    let both = |typed: String| {
        let login = site.pam("imap", "alice").types(typed);
        let login = login.run(&["authenticate", "acct_mgmt"]);
        (login.answer, login.shown)
    };
    let (answer, shown) = both(format!("secret;{}", codes[0]));
    assert!(matches!(answer, PamAnswer::Other(said) if said.contains("new one required")));
    assert!(shown.contains("You have to change your password now."), "{shown}");
    let line = site.logins().into_iter().rfind(|line| line.verdict == "granted").unwrap();
    assert!(line.text.contains(" password=must-change "), "{}", line.text);
    let passwd =
        site.world.command("monk-enroll").args(["user", "passwd", "alice", "--password-stdin"]);
    passwd.stdin("another\n").run().expect_success();
    let (answer, shown) = both(format!("another;{}", codes[1]));
    assert_eq!(answer, PamAnswer::Success, "{shown}");
}

#[test]
fn users_in_a_closed_account_change_nothing() {
    let Alice { site, .. } = alice(Running::Resident, "");
    site.world.add_system_user("alice");
    let as_alice = |words: &[&str]| {
        site.world.command("monk-enroll").args(words).as_user("alice").stdin("").run()
    };
    for (change, says) in [
        (&["user", "expire", "alice", "--password"][..], "has to be changed first"),
        (&["user", "expire", "alice", "--at", "2020-01-01"], "has expired"),
        (&["user", "disable", "alice"], "is disabled"),
    ] {
        site.enroll(change);
        assert!(as_alice(&["status"]).success(), "they may look");
        for words in [&["totp", "add"][..], &["backup-codes", "generate", "--yes"]] {
            let output = as_alice(words);
            assert!(!output.success() && output.stderr.contains(says), "{words:?}: {output}");
        }
    }
    assert_eq!(site.enroll(&["status", "alice"])["state"], "disabled");
}

/// The profile passes users whom monk does not know on to pam_unix. A user whom it knows and who is closed is no
/// such user, whatever the local password.
fn given_the_profile_a_local_password_leads_nobody_past_the_state(running: Running) {
    let site = Setup { backend: Backend::Embedded, running }.site();
    site.switch_on_profile();
    let phone = site.user_with_device("alice", "secret");
    site.world.add_system_user("alice");
    site.world.set_password("alice", "local;secret");
    site.world.write("/etc/pam.d/imap", "@include common-auth\n@include common-account\n", 0o644);
    for (change, reason) in [
        (&["user", "expire", "alice", "--at", "2020-01-01"][..], "expired"),
        (&["user", "disable", "alice"], "disabled"),
    ] {
        site.enroll(change);
        for typed in ["local;secret".to_owned(), format!("secret;{}", phone.code())] {
            let login = || site.pam("imap", "alice").types(&typed).types(&typed);
            assert_eq!(site.denies(login()), reason, "{typed}");
            assert_ne!(site.pam("imap", "alice").account().answer, PamAnswer::Success);
            assert_ne!(site.pam("imap", "alice").account().answer, PamAnswer::UserUnknown);
        }
    }
}
