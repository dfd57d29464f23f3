//! What is wrong with single lines and files, and why nobody gets in: each with the remedy that fits.

use monk_wire::manage::doctor::{Facts, ServicePolicy, Severity};

use super::tests::found_in;
use crate::finding::Finding;

const ACCOUNT: &str = "account required pam_monk.so\n";

fn found(auth: &str) -> Vec<Finding> {
    let text = format!("{auth}\n{ACCOUNT}");
    let other = "auth required pam_deny.so\naccount required pam_permit.so\n";
    found_in(&[("imap", &text), ("other", other)], &Facts::default())
}

#[track_caller]
fn is_found(findings: &[Finding], id: &str, severity: Severity, remedy: &str) {
    let [one] = findings else { panic!("{id}: {findings:#?}") };
    assert_eq!((one.id.as_str(), one.severity), (id, severity), "{one:#?}");
    assert!(one.remedy.contains(remedy), "{one:#?}");
}

#[test]
fn carriage_returns_are_told_once_for_each_file() {
    let remedy = "sed -i 's/\\r$//' /etc/pam.d/imap";
    for auth in [
        "auth required pam_monk.so\r\naccount required pam_monk.so\r",
        "auth required pam_monk.so\n\r",
        "auth required\r\nauth required pam_monk.so",
        "@include common-auth\r\nauth required pam_monk.so",
        "auth required pam_monk.so\nsession required pam_unix.so\r",
        "auth required pam_monk.so\npassword required pam_unix.so\r",
    ] {
        is_found(&found(auth), "pam-carriage-return", Severity::Error, remedy);
    }
    // Nothing but comments has them.
    assert_eq!(found("# imap\r\nauth required pam_monk.so # why\r"), []);
    // An argument that the module does not know by that name.
    let argument = found("auth required pam_monk.so\nauth optional pam_mail.so dir=/x\r");
    is_found(&argument, "pam-carriage-return", Severity::Warning, remedy);
}

#[test]
fn a_service_that_cannot_read_what_asks_monk_is_found() {
    let texts = [
        ("common-auth", "auth required pam_monk.so\n"),
        ("sshd", "@include common-auth\r\n@include common-account\r\n"),
        ("other", "auth required pam_deny.so\n"),
    ];
    let findings = found_in(&texts, &Facts::default());
    is_found(&findings, "pam-carriage-return", Severity::Error, "/etc/pam.d/sshd");
}

#[test]
fn lines_that_libpam_does_not_understand_are_found_with_the_reason() {
    for (auth, evidence) in [
        ("auth needed pam_monk.so", "`needed`"),
        ("auth [success=ok defalt=die] pam_monk.so", "`defalt=die`"),
        ("auth required pam_monk.so\nauth required", "no module"),
        ("auht required pam_monk.so", "\"auht\""),
        ("auth required pam_monk.so\nauth\u{a0}required pam_unix.so", "U+00A0"),
        ("\u{feff}auth required pam_monk.so", "U+FEFF"),
        ("auth required pam_monk.so\nauth \\ # why\n required pam_unix.so", "comment"),
        ("auth required pam_monk.so\nsession required", "no module"),
        ("auth required pam_monk.so\nauth required .so", "name of a module"),
    ] {
        let findings = found(auth);
        let one = findings.iter().find(|one| one.id == "pam-line-unreadable");
        let one = one.unwrap_or_else(|| panic!("{auth:?}: {findings:#?}"));
        assert_eq!(one.severity, Severity::Error, "{auth:?}");
        assert!(one.evidence.contains(evidence), "{auth:?}: {one:#?}");
        assert!(findings.iter().all(|one| one.id != "pam-nobody-gets-in"), "{auth:?}");
    }
    let unfinished = [("imap", "auth required pam_monk.so \\\n")];
    let findings = found_in(&unfinished, &Facts::default());
    is_found(&findings, "pam-line-unreadable", Severity::Error, "backslash");
}

#[test]
fn files_that_are_missing_or_go_in_circles_are_found() {
    let good = "auth required pam_monk.so";
    for (include, id) in [
        ("@include nowhere", "pam-file-unreadable"),
        ("session include nowhere", "pam-file-unreadable"),
        ("@include imap", "pam-circle"),
        ("session include imap", "pam-circle"),
    ] {
        is_found(&found(&format!("{good}\n{include}")), id, Severity::Error, "line out");
    }
    // libpam reads it for every service.
    let texts = [
        ("imap", "auth required pam_monk.so\naccount required pam_monk.so\n"),
        ("other", "@include nowhere\n"),
    ];
    let findings = found_in(&texts, &Facts::default());
    is_found(&findings, "pam-file-unreadable", Severity::Error, "line out");
    assert!(findings[0].evidence.contains("every service"), "{findings:#?}");
}

#[test]
fn why_nobody_gets_in_decides_what_is_to_be_done() {
    let error = Severity::Error;
    for (auth, id, remedy) in [
        (
            "auth required pam_monk.so\nauth required pam_unix.so use_first_pass",
            "pam-nothing-forwarded",
            "Add forward_pass",
        ),
        (
            "auth required pam_monk.so\nauth required pam_missing.so",
            "pam-module-missing",
            "Install the package that has pam_missing.so",
        ),
        (
            "auth required pam_monk.so\nsession required pam_missing.so",
            "pam-module-missing",
            "Install the package that has pam_missing.so",
        ),
        (
            "auth required pam_monk.so\naccount required pam_missing.so",
            "pam-module-missing",
            "Install the package that has pam_missing.so",
        ),
        ("auth required pam_monk.so\nauth required pam_deny.so", "pam-nobody-gets-in", "order"),
        ("auth required pam_monk.so\naccount required pam_deny.so", "pam-nobody-gets-in", "order"),
        ("auth required pam_monk.so\nsession required pam_deny.so", "pam-nobody-gets-in", "order"),
    ] {
        is_found(&found(auth), id, error, remedy);
    }
    // What is not needed may be missing.
    for rule in [
        "auth optional pam_missing.so",
        "-session optional pam_missing.so",
        "session [success=ok module_unknown=ignore default=bad] pam_missing.so",
    ] {
        assert_eq!(found(&format!("auth required pam_monk.so\n{rule}")), [], "{rule}");
    }
}

#[test]
fn modules_behind_monk_that_use_the_password_are_found() {
    for module in [
        "pam_mount.so",
        "pam_ecryptfs.so unwrap",
        "pam_gnome_keyring.so",
        "pam_kwallet5.so",
        "pam_exec.so expose_authtok /root/tok.sh",
        "pam_unix.so use_first_pass",
        "pam_krb5.so use_first_pass",
        "pam_winbind.so use_first_pass",
        "pam_sss.so use_first_pass",
    ] {
        let rule = format!("auth optional {module}");
        let behind = found(&format!("auth required pam_monk.so\n{rule}"));
        is_found(&behind, "pam-nothing-forwarded", Severity::Warning, "Add forward_pass");
        assert_eq!(found(&format!("auth required pam_monk.so forward_pass\n{rule}")), [], "{rule}");
        // An earlier module has asked for it.
        let asked = format!("auth requisite pam_unix.so\nauth required pam_monk.so\n{rule}");
        assert_eq!(found(&asked), [], "{rule}");
    }
    assert_eq!(found("auth required pam_monk.so\nauth optional pam_exec.so /root/log.sh"), []);
}

#[test]
fn another_factor_beside_monk_is_found() {
    for rule in [
        "auth required pam_google_authenticator.so nullok",
        "auth required pam_oath.so usersfile=/etc/users.oath",
        "auth requisite pam_duo.so",
        "auth required pam_u2f.so",
    ] {
        for auth in [
            format!("{rule}\nauth required pam_monk.so"),
            format!("auth required pam_monk.so\n{rule}"),
        ] {
            is_found(&found(&auth), "pam-factor-beside", Severity::Warning, "once everybody");
        }
    }
}

#[test]
fn siblings_under_different_policies_are_found() {
    let policy = ServicePolicy { elsewhere: true, ..ServicePolicy::default() };
    let facts = |names: &[&str]| Facts {
        services: names.iter().map(|name| ((*name).to_owned(), policy)).collect(),
        ..Facts::default()
    };
    let rules =
        "auth requisite pam_unix.so\nauth required pam_monk.so\naccount required pam_monk.so\n";
    let named = rules.replace("pam_monk.so", "pam_monk.so service=sudo");
    let ids = |sudo_i: &str, names: &[&str]| -> Vec<String> {
        let texts = [("sudo", rules), ("sudo-i", sudo_i)];
        found_in(&texts, &facts(names)).into_iter().map(|one| one.id).collect()
    };
    assert_eq!(ids(rules, &["sudo"]), ["policy-siblings-differ"]);
    assert_eq!(ids(rules, &["sudo-i"]), ["policy-siblings-differ"]);
    assert_eq!(ids(rules, &["sudo", "sudo-i"]), Vec::<String>::new());
    assert_eq!(ids(&named, &["sudo"]), Vec::<String>::new());
    assert_eq!(ids("@include sudo\n", &[]), Vec::<String>::new());
    let texts = [("su", rules), ("su-l", rules)];
    let found = found_in(&texts, &facts(&["su"]));
    is_found(
        &found,
        "policy-siblings-differ",
        Severity::Warning,
        "service=su behind pam_monk.so in /etc/pam.d/su-l",
    );
}
