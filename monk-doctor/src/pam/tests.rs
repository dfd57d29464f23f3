//! Stacks, and what is found in them.

use monk_wire::manage::doctor::{ServicePolicy, Severity};

use super::*;
use crate::finding::Finding;

/// Debian's file, as pam-auth-update writes it.
const COMMON_AUTH: &str = "auth [success=1 default=ignore] pam_unix.so nullok\n\
     auth requisite pam_deny.so\nauth required pam_permit.so\nauth optional pam_cap.so\n";
const COMMON_ACCOUNT: &str = "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n\
     account requisite pam_deny.so\naccount required pam_permit.so\n";

/// What pam-auth-update of Debian 12 and 13 makes of monk's profile; a whole-system test compares.
const PROFILE_AUTH: &str = include_str!("fixtures/common-auth");
const PROFILE_ACCOUNT: &str = include_str!("fixtures/common-account");

/// What is found in one service, beside files that all of them include.
fn judged(service: &str, rules: &str, facts: &Facts) -> Vec<Finding> {
    let texts = [
        ("common-auth", COMMON_AUTH),
        ("common-account", COMMON_ACCOUNT),
        ("common-session-noninteractive", "session required pam_permit.so\n"),
        ("common-password", "password required pam_unix.so\n"),
        ("common-monk", "auth required pam_monk.so\n"),
        ("other", "auth required pam_deny.so\naccount required pam_permit.so\n"),
        (service, rules),
    ];
    found_in(&texts, facts)
}

/// What is worth telling of these files.
pub(super) fn found_in(texts: &[(&str, &str)], facts: &Facts) -> Vec<Finding> {
    let texts = texts.iter().map(|&(name, text)| (name.to_owned(), text.to_owned()));
    let files: Files = texts.collect();
    let mut findings = Findings::default();
    let installed = |path: &str| !path.contains("missing") && !path.contains('\r');
    let around = Surroundings {
        files: &files,
        facts,
        installed: &installed,
        key_first: false,
        is_told: true,
    };
    examine(&around, &mut findings);
    findings.0.retain(|finding| finding.severity > Severity::Ok);
    findings.0
}

/// The ids that are found in auth rules, beside a good account rule.
fn ids(auth: &str) -> Vec<String> {
    let rules = format!("{auth}\naccount required pam_monk.so\n");
    judged("imap", &rules, &Facts::default()).into_iter().map(|finding| finding.id).collect()
}

#[test]
fn stacks_in_which_monk_decides_are_clean() {
    for auth in [
        "auth required pam_monk.so",
        "auth requisite pam_monk.so\n@include common-auth",
        "auth required pam_monk.so forward_pass\nauth required pam_unix.so use_first_pass",
        "auth requisite pam_unix.so\nauth required pam_monk.so",
        "@include common-auth\nauth required pam_monk.so try_first_pass",
        "auth [success=done default=die] pam_monk.so",
        "auth [success=1 default=ignore] pam_monk.so\nauth requisite pam_deny.so\nauth required pam_permit.so",
        "auth required pam_env.so\nauth required pam_monk.so\nauth optional pam_cap.so",
        "auth sufficient pam_monk.so\nauth required pam_deny.so",
        "auth required pam_faillock.so preauth\nauth [success=1 default=bad] pam_monk.so\nauth [default=die] pam_faillock.so authfail\nauth sufficient pam_faillock.so authsucc",
    ] {
        assert_eq!(ids(auth), Vec::<String>::new(), "{auth}");
    }
}

#[test]
fn a_password_that_opens_alone_is_found() {
    for (auth, id) in [
        ("auth sufficient pam_unix.so\nauth required pam_monk.so", "pam-password-alone"),
        ("auth sufficient pam_permit.so\nauth required pam_monk.so", "pam-password-alone"),
        (
            "auth [success=1 default=ignore] pam_unix.so\nauth required pam_monk.so\nauth required pam_permit.so",
            "pam-password-alone",
        ),
        (
            "auth substack with-sufficient\nauth required pam_permit.so\nauth required pam_monk.so",
            "pam-file-unreadable",
        ),
        ("auth sufficient pam_u2f.so\nauth required pam_monk.so", "pam-other-factor"),
        ("auth sufficient pam_rootok.so\nauth required pam_monk.so", "pam-not-asked"),
        (
            "auth [success=1 default=ignore] pam_succeed_if.so user ingroup staff\nauth required pam_monk.so\nauth required pam_unix.so",
            "pam-not-asked",
        ),
        (
            "auth required pam_succeed_if.so uid >= 1000\nauth sufficient pam_unix.so\nauth required pam_monk.so",
            "pam-password-alone",
        ),
    ] {
        assert_eq!(ids(auth), [id], "{auth}");
    }
}

#[test]
fn a_refusal_that_is_not_heeded_is_found() {
    for (auth, id) in [
        ("auth sufficient pam_monk.so\n@include common-auth", "pam-refusal-ignored"),
        ("auth optional pam_monk.so\nauth required pam_unix.so", "pam-refusal-ignored"),
        (
            "auth [success=ok default=ignore] pam_monk.so\nauth required pam_unix.so",
            "pam-refusal-ignored",
        ),
        (
            "auth [success=ok auth_err=ignore default=die] pam_monk.so\nauth sufficient pam_unix.so",
            "pam-refusal-ignored",
        ),
        (
            "auth sufficient pam_monk.so\nauth requisite pam_succeed_if.so uid >= 1000\nauth sufficient pam_unix.so\nauth required pam_deny.so",
            "pam-refusal-ignored",
        ),
        (
            "auth [success=ok user_unknown=ignore default=die] pam_monk.so\nauth optional pam_permit.so",
            "pam-refusal-ignored",
        ),
        (
            "auth [success=ok authinfo_unavail=ignore default=die] pam_monk.so\nauth required pam_unix.so",
            "pam-outage-ignored",
        ),
        (
            "auth [success=done user_unknown=ignore default=die] pam_monk.so\n@include common-auth",
            "pam-unknown-user-ignored",
        ),
        ("auth requisite pam_deny.so\nauth required pam_monk.so", "pam-nobody-gets-in"),
    ] {
        assert_eq!(ids(auth), [id], "{auth}");
    }
    // Nothing follows that could open: what is ignored leaves nobody who has said yes.
    let nothing_follows = "auth [success=ok authinfo_unavail=ignore default=die] pam_monk.so";
    assert!(ids(nothing_follows).is_empty());
}

#[test]
fn a_reset_forgets_a_refusal_and_a_substack_ends_alone() {
    let reset = "auth required pam_monk.so\nauth [success=reset default=ignore] pam_env.so\nauth required pam_unix.so";
    assert_eq!(ids(reset), ["pam-refusal-ignored"]);
    // A substack's `done` ends the substack: monk, which follows, is asked.
    let sub = "auth substack common-monk\nauth required pam_unix.so";
    assert!(ids(sub).is_empty());
}

#[test]
fn what_cannot_work_is_found() {
    for (auth, id) in [
        ("auth required pam_monk.so tryfirstpass", "pam-argument-unknown"),
        ("auth required pam_monk.so forward_pass", "pam-forward-to-nobody"),
        ("auth required pam_monk.so\naut required pam_unix.so", "pam-line-unreadable"),
        ("@include nowhere\nauth required pam_monk.so", "pam-file-unreadable"),
    ] {
        assert!(ids(auth).contains(&id.to_owned()), "{auth}: {:?}", ids(auth));
    }
    let starved = "auth required pam_monk.so\nauth optional pam_unix.so use_first_pass";
    assert_eq!(ids(starved), ["pam-nothing-forwarded"]);
    assert!(ids("auth required /opt/missing/pam_monk.so").contains(&"pam-module-missing".into()));
}

#[test]
fn files_and_account_rules_are_looked_at() {
    let ids = |service: &str, rules: &str, facts: &Facts| -> Vec<String> {
        judged(service, rules, facts).into_iter().map(|finding| finding.id).collect()
    };
    let none = Facts::default();
    let auth = "auth required pam_monk.so\n";
    assert_eq!(ids("IMAP", auth, &none), ["pam-file-capitals"]);
    assert_eq!(ids("other", auth, &none), ["pam-fallback", "pam-account-missing"]);
    assert_eq!(ids("imap", "account required pam_monk.so\n", &none), ["pam-account-only"]);
    assert_eq!(ids("imap", "", &none), ["pam-unused"]);
    let account = format!("{auth}account sufficient pam_monk.so\n@include common-account\n");
    assert_eq!(ids("imap", &account, &none), ["pam-account-ignored"]);
    let account = format!("{auth}account required pam_monk.so\n@include common-account\n");
    assert!(ids("sshd", &account, &none).is_empty());
    let missing = judged("sshd", auth, &none);
    assert_eq!(
        (missing[0].id.as_str(), missing[0].severity),
        ("pam-account-missing", Severity::Warning)
    );
}

#[test]
fn policies_are_compared_with_the_stacks() {
    let policy = ServicePolicy { elsewhere: true, ..ServicePolicy::default() };
    let facts = Facts { services: vec![("sudo".into(), policy)], ..Facts::default() };
    let ids = |service: &str, rules: &str| -> Vec<String> {
        judged(service, rules, &facts).into_iter().map(|finding| finding.id).collect()
    };
    let shipped = include_str!("../../../config/pam.d/sudo");
    assert_eq!(ids("sudo", shipped), Vec::<String>::new());
    assert_eq!(ids("sudo", "auth required pam_monk.so\n"), ["pam-code-alone"]);
    let optional = "auth optional pam_unix.so\nauth required pam_monk.so\n";
    assert_eq!(ids("sudo", optional), ["pam-code-alone"]);
    let imap = "auth required pam_monk.so\naccount required pam_monk.so\n";
    assert_eq!(ids("imap", imap), ["policy-for-nobody"]);
    let named = "auth required pam_monk.so service=sudo\nauth required pam_unix.so\n";
    assert!(ids("imap", named).is_empty());
}

#[test]
fn a_module_that_wants_a_password_beside_a_ticket_is_found() {
    let policy = ServicePolicy { tickets: true, ..ServicePolicy::default() };
    let account = "account required pam_monk.so\n";
    let found = |auth: &str, policy| -> Vec<String> {
        let facts = Facts { services: vec![("web".into(), policy)], ..Facts::default() };
        let found = judged("web", &format!("{auth}{account}"), &facts);
        let of_tickets = found.into_iter().filter(|one| one.id == "portal-tickets");
        of_tickets.map(|one| one.evidence).collect()
    };
    let both = "auth required pam_monk.so forward_pass\nauth required pam_unix.so use_first_pass\n";
    let before = "auth required pam_unix.so\nauth required pam_monk.so use_first_pass\n";
    for auth in [both, before] {
        let said = found(auth, policy);
        assert!(said.len() == 1 && said[0].contains("pam_unix.so"), "{said:?}");
    }
    assert!(found(both, ServicePolicy::default()).is_empty(), "no ticket opens it");
    for fine in [
        "auth required pam_monk.so\n",
        "auth [success=done default=die] pam_monk.so forward_pass\nauth required pam_unix.so\n",
        PROFILE_AUTH,
    ] {
        assert!(found(fine, policy).is_empty(), "{fine}");
    }
}

/// What is found in Debian's sshd, su and systemd-user where these are the files of all services.
fn common(auth: &str, account: &str) -> Vec<Finding> {
    let both = "@include common-auth\n@include common-account\n";
    let texts = [
        ("common-auth", auth),
        ("common-account", account),
        ("sshd", &format!("{both}account required pam_nologin.so\n")),
        ("su", &format!("auth sufficient pam_rootok.so\n{both}")),
        ("systemd-user", "@include common-account\n"),
        ("passwd", "@include common-password\n"),
        ("common-password", ""),
        ("other", both),
    ];
    found_in(&texts, &Facts::default())
}

/// Ids and severities.
fn told(findings: &[Finding]) -> Vec<(&str, Severity)> {
    findings.iter().map(|finding| (finding.id.as_str(), finding.severity)).collect()
}

#[test]
fn the_profile_of_the_package_is_told_of_once_and_as_notes() {
    let found = common(PROFILE_AUTH, PROFILE_ACCOUNT);
    let notes = ["pam-unknown-user-ignored", "pam-minimum-uid", "pam-not-asked"];
    let mut expected = notes.map(|id| (id, Severity::Note));
    let mut seen = told(&found);
    expected.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, expected, "{found:#?}");
    let unknown = found.iter().find(|one| one.id == notes[0]).unwrap();
    assert_eq!(
        unknown.evidence,
        "services other, sshd, su: anybody who is not in monk's directory logs in with the password \
         alone: pam_monk.so (common-auth:1) says user_unknown, pam_unix.so (common-auth:2) \
         says success, pam_permit.so (common-auth:4) says success, pam_cap.so (common-auth:5) says \
         success"
    );
}

#[test]
fn what_makes_the_profile_open_is_found() {
    let change = |old: &str, new: &str| {
        let auth = PROFILE_AUTH.replacen(old, new, 1);
        assert_ne!(auth, PROFILE_AUTH);
        let found = common(&auth, PROFILE_ACCOUNT);
        let worse = found.into_iter().filter(|one| one.severity > Severity::Note);
        worse.map(|one| (one.id, one.severity)).collect::<BTreeSet<_>>()
    };
    for (old, new, id, severity) in [
        ("user_unknown=ignore", "authinfo_unavail=ignore", "pam-outage-ignored", Severity::Error),
        (
            "user_unknown=ignore default=die",
            "default=ignore",
            "pam-refusal-ignored",
            Severity::Error,
        ),
        ("minimum_uid=1000", "minimum_uid=1001", "pam-minimum-uid", Severity::Warning),
        ("minimum_uid=1000", "minimum_uid=0", "pam-argument-unknown", Severity::Error),
        ("pam_unix.so", "pam_permit.so", "pam-password-alone", Severity::Error),
        ("pam_unix.so", "pam_sss.so", "pam-unknown-user-ignored", Severity::Warning),
    ] {
        assert!(
            change(old, new).contains(&(id.to_owned(), severity)),
            "{new}: {:?}",
            change(old, new)
        );
    }
    // Only who may come in is asked, and not who it is.
    let found = common(COMMON_AUTH, PROFILE_ACCOUNT);
    assert!(told(&found).contains(&("pam-account-only", Severity::Warning)), "{found:#?}");
    // A public key passes the account rules alone.
    let account = PROFILE_ACCOUNT.replace("1000", "60000");
    let found = common(PROFILE_AUTH, &account);
    assert!(told(&found).contains(&("pam-minimum-uid", Severity::Warning)), "{found:#?}");
    let account = PROFILE_ACCOUNT.replace("default=die", "default=ignore");
    let found = common(PROFILE_AUTH, &account);
    assert!(told(&found).contains(&("pam-account-ignored", Severity::Warning)), "{found:#?}");
}

#[test]
fn a_service_without_a_file_is_what_other_is() {
    for (other, expected) in [
        ("auth required pam_monk.so\n", Door::Monk),
        ("auth required pam_deny.so\n", Door::Refuses),
        (
            "auth required pam_unix.so\n",
            Door::Opens("pam_unix.so (other:1) says success".to_owned()),
        ),
        ("@include nowhere\n", Door::Refuses),
    ] {
        let files: Files = [("other".to_owned(), other.to_owned())].into();
        assert_eq!(door(&Library::of(&files), "smtp", &|_| true), expected, "{other}");
    }
    assert_eq!(door(&Library::of(&Files::new()), "smtp", &|_| true), Door::Refuses);
}
