//! What is found in sshd's settings, and what is advised.

use monk_wire::manage::doctor::{ServicePolicy, Severity};

use super::judge::Case;
use super::settings::Settings;
use crate::finding::{Finding, Findings};

const GOOD: &str = "usepam yes\nkbdinteractiveauthentication yes\npasswordauthentication no\n\
                    pubkeyauthentication no\npermitrootlogin without-password\n\
                    permitemptypasswords no\nlogingracetime 120\nmaxauthtries 6\n\
                    authenticationmethods any\n";

const ALWAYS: ServicePolicy = ServicePolicy {
    always: true,
    never: false,
    elsewhere: false,
    tickets: false,
    remembers_together: false,
};

/// The settings that are good, but for these lines.
fn with(lines: &[&str]) -> Settings {
    let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
    Settings::parse(GOOD).with(&lines)
}

fn found(settings: &Settings, policy: ServicePolicy) -> Vec<Finding> {
    let mut findings = Findings::default();
    // As sshd does: it does not start if no list can be satisfied.
    let trial = |edit: &super::remedy::Edit| {
        let settings = settings.with(edit);
        let none = settings.lists().is_some() && settings.ways().is_empty();
        if none { Err("cannot be satisfied".to_owned()) } else { Ok(settings) }
    };
    let subject = super::FILE.to_owned();
    Case { subject, settings, policy, trial: &trial, prefix: "" }.examine(&mut findings);
    findings.0
}

fn told(lines: &[&str]) -> Vec<(String, Severity)> {
    found(&with(lines), ALWAYS).into_iter().map(|one| (one.id, one.severity)).collect()
}

/// The remedy of the only finding.
#[track_caller]
fn remedy(lines: &[&str], id: &str) -> String {
    let found = found(&with(lines), ALWAYS);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].id, id);
    found[0].remedy.clone()
}

#[test]
fn settings_that_ask_everybody_are_clean() {
    assert_eq!(told(&[]), []);
    for methods in ["publickey,keyboard-interactive:pam", "keyboard-interactive"] {
        let methods = format!("authenticationmethods {methods}");
        assert_eq!(told(&["pubkeyauthentication yes", &methods]), []);
    }
    // What is on and in no list leads nowhere.
    let lists = "authenticationmethods publickey,keyboard-interactive";
    assert_eq!(
        told(&[
            "pubkeyauthentication yes",
            "gssapiauthentication yes",
            "passwordauthentication yes",
            lists
        ]),
        []
    );
}

#[test]
fn what_goes_round_monk_or_hinders_people_is_found() {
    let lines: [(&[&str], &str); 9] = [
        (&["usepam no"], "sshd-pam-off"),
        (&["kbdinteractiveauthentication no"], "sshd-pam-not-asked"),
        (
            &["kbdinteractiveauthentication no", "passwordauthentication yes"],
            "sshd-no-second-screen",
        ),
        (&["passwordauthentication yes"], "sshd-password-and-screens"),
        (&["pubkeyauthentication yes"], "sshd-key-alone"),
        (&["permitemptypasswords yes"], "sshd-empty-passwords"),
        (&["permitrootlogin yes"], "sshd-root-login"),
        (&["logingracetime 20"], "sshd-grace-time"),
        (&["maxauthtries 1"], "sshd-tries"),
    ];
    for (lines, id) in lines {
        let ids: Vec<_> = told(lines).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [id], "{lines:?}");
    }
    let keys = "authenticationmethods publickey keyboard-interactive";
    assert_eq!(
        told(&["pubkeyauthentication yes", keys]),
        [("sshd-key-alone".to_owned(), Severity::Warning)]
    );
}

#[test]
fn methods_that_pass_no_auth_rule_are_found() {
    let warning = Severity::Warning;
    for (switch, method) in [
        ("gssapiauthentication yes", "gssapi-with-mic"),
        ("gssapikeyexchange yes", "gssapi-keyex"),
        ("hostbasedauthentication yes", "hostbased"),
    ] {
        let alone = |methods: &str| {
            let methods = format!("authenticationmethods {methods}");
            told(&[switch, "pubkeyauthentication yes", &methods])
        };
        let id = "sshd-method-alone".to_owned();
        assert_eq!(told(&[switch]), [(id.clone(), warning)], "{switch}");
        assert_eq!(alone(&format!("{method} keyboard-interactive")), [(id.clone(), warning)]);
        assert_eq!(alone(&format!("publickey,{method} keyboard-interactive")), [(id, warning)]);
        assert_eq!(alone(&format!("{method},keyboard-interactive")), []);
        let off = switch.replace(" yes", " no");
        assert!(remedy(&[switch], "sshd-method-alone").to_lowercase().contains(&off), "{switch}");
    }
    // A password that Kerberos may accept before PAM hears of it.
    let kerberos = [
        "kerberosauthentication yes",
        "passwordauthentication yes",
        "authenticationmethods password keyboard-interactive",
    ];
    let ids: Vec<_> = told(&kerberos).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["sshd-password-and-screens", "sshd-method-alone"]);
    let relaxed = ServicePolicy { always: false, ..ALWAYS };
    assert_eq!(found(&with(&["gssapiauthentication yes"]), relaxed)[0].severity, Severity::Note);
}

#[test]
fn two_logins_in_a_row_are_found_and_the_remedy_leaves_one() {
    for (lists, severity, better) in [
        ("password,keyboard-interactive", Severity::Error, "keyboard-interactive"),
        ("keyboard-interactive,password", Severity::Error, "keyboard-interactive"),
        (
            "publickey,password,keyboard-interactive:pam",
            Severity::Error,
            "publickey,keyboard-interactive:pam",
        ),
        (
            "password,keyboard-interactive publickey,keyboard-interactive",
            Severity::Warning,
            "keyboard-interactive publickey,keyboard-interactive",
        ),
        (
            "password,keyboard-interactive keyboard-interactive",
            Severity::Warning,
            "keyboard-interactive",
        ),
    ] {
        let methods = format!("authenticationmethods {lists}");
        let lines = ["passwordauthentication yes", "pubkeyauthentication yes", &methods];
        assert_eq!(told(&lines), [("sshd-two-logins".to_owned(), severity)], "{lists}");
        let remedy = remedy(&lines, "sshd-two-logins");
        assert!(remedy.ends_with(&format!("Write: AuthenticationMethods {better}")), "{remedy}");
    }
    let never = ServicePolicy { always: false, never: true, ..ALWAYS };
    let lines =
        ["passwordauthentication yes", "authenticationmethods password,keyboard-interactive"];
    assert!(found(&with(&lines), never).iter().all(|one| one.id != "sshd-two-logins"));
}

#[test]
fn nothing_is_advised_with_which_sshd_would_not_start_or_nobody_gets_in() {
    let lists = "authenticationmethods password";
    let off = ["kbdinteractiveauthentication no", "passwordauthentication yes", lists];
    let remedy_of_lists = remedy(&off, "sshd-no-second-screen");
    assert!(
        remedy_of_lists.contains("AuthenticationMethods keyboard-interactive"),
        "{remedy_of_lists}"
    );
    // Whatever was found, following it leaves ways in, and the finding is gone.
    let values = ["yes", "no"];
    let lists = [
        "any",
        "password",
        "publickey password",
        "hostbased,password keyboard-interactive",
        "gssapi-with-mic",
    ];
    for index in 0..16 * lists.len() {
        let value = |bit: usize| values[index >> bit & 1];
        let lines = [
            format!("kbdinteractiveauthentication {}", value(0)),
            format!("passwordauthentication {}", value(1)),
            format!("pubkeyauthentication {}", value(2)),
            format!("gssapiauthentication {}", value(3)),
            "hostbasedauthentication yes".to_owned(),
            format!("authenticationmethods {}", lists[index >> 4]),
        ];
        let settings = Settings::parse(GOOD).with(&lines);
        if settings.ways().is_empty() {
            continue;
        }
        for one in found(&settings, ALWAYS) {
            let Some((_, advice)) = one.remedy.split_once("Write: ") else { continue };
            let advice = advice.split([';', '(']).next().unwrap();
            let advice = advice.split(". ").next().unwrap();
            let edit: Vec<String> =
                advice.split(", and ").map(|line| line.trim().to_owned()).collect();
            let mended = settings.with(&edit);
            assert!(!mended.ways().is_empty(), "{lines:?}: {one:#?}");
            let left = found(&mended, ALWAYS);
            assert!(left.iter().all(|other| other.id != one.id), "{lines:?}: {one:#?}: {left:#?}");
        }
    }
}

#[test]
fn a_key_that_comes_before_everything_is_seen() {
    let first = |methods: &str| {
        let methods = format!("authenticationmethods {methods}");
        with(&["pubkeyauthentication yes", "passwordauthentication yes", &methods]).key_first()
    };
    assert!(first("publickey,keyboard-interactive"));
    assert!(!first("publickey,keyboard-interactive password") && !first("any"));
}
