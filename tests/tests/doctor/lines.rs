//! Lines, files and services that libpam reads otherwise than they were meant: what is found is so.

use monk_tests::clients::PamAnswer;

use super::*;

/// alice, whom monk knows, and whose password on the machine itself is `unix;secret`.
#[track_caller]
fn given_alice() -> (Site, Vec<String>) {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, "");
    let _phone = site.user_with_device("alice", "secret");
    let codes = site.backup_codes("alice");
    site.world.add_system_user("alice");
    site.world.set_password("alice", "unix;secret");
    (site, codes)
}

/// What somebody who has everything right is answered.
#[track_caller]
fn right(site: &Site, service: &str, code: &str) -> PamAnswer {
    let typed = format!("secret;{code}");
    let login = site.pam(service, "alice").types(&typed).types(&typed);
    login.run(&["authenticate", "acct_mgmt", "open_session"]).answer
}

const GOOD: &str =
    "auth required pam_monk.so\naccount required pam_monk.so\nsession required pam_permit.so\n";

#[test]
fn carriage_returns_refuse_everybody_until_they_are_gone() {
    let (site, codes) = given_alice();
    let mut codes = codes.iter();
    for rules in [GOOD.replace('\n', "\r\n"), format!("{GOOD}\r\n"), GOOD.replacen('\n', "\r\n", 1)]
    {
        site.world.write("/etc/pam.d/webmail", &rules, 0o644);
        let visit = Visit::to(&site, &[]);
        let found = visit.of("pam-carriage-return").unwrap_or_else(|| panic!("{}", visit.shown()));
        assert_eq!(text(found, "severity"), "error", "{found:#}");
        assert!(visit.of("pam-nobody-gets-in").is_none(), "{}", visit.shown());
        assert!(visit.of("pam-unused").is_none(), "{}", visit.shown());
        let code = codes.next().expect("another code");
        assert_ne!(right(&site, "webmail", code), PamAnswer::Success, "{rules:?}");
        site.world.command("sh").args(["-c", text(found, "remedy")]).run().expect_success();
        Visit::to(&site, &[]).is_clean();
        let code = codes.next().expect("another code");
        assert_eq!(right(&site, "webmail", code), PamAnswer::Success, "{rules:?}");
    }
}

#[test]
fn whatever_has_libpam_refuse_everybody_is_named() {
    let (site, codes) = given_alice();
    for (rules, id) in [
        (format!("{GOOD}@include webmail\n"), "pam-circle"),
        (format!("{GOOD}auth include webmail\n"), "pam-circle"),
        (format!("{GOOD}@include nowhere\n"), "pam-file-unreadable"),
        (format!("{GOOD}session include nowhere\n"), "pam-file-unreadable"),
        (format!("{GOOD}auth required pam_permit.so \\\n"), "pam-line-unreadable"),
        (format!("{GOOD}auth\u{a0}required pam_permit.so\n"), "pam-line-unreadable"),
        (format!("\u{feff}{GOOD}"), "pam-line-unreadable"),
        (format!("{GOOD}auth needed pam_permit.so\n"), "pam-line-unreadable"),
        (format!("{GOOD}account required\n"), "pam-line-unreadable"),
        (format!("{GOOD}auth required pam_absent.so\n"), "pam-module-missing"),
        (format!("{GOOD}account required pam_absent.so\n"), "pam-module-missing"),
        (format!("{GOOD}session required pam_absent.so\n"), "pam-module-missing"),
        (
            GOOD.replacen('\n', "\nauth required pam_unix.so use_first_pass\n", 1),
            "pam-nothing-forwarded",
        ),
        (format!("{GOOD}account required pam_deny.so\n"), "pam-nobody-gets-in"),
        (format!("{GOOD}session required pam_deny.so\n"), "pam-nobody-gets-in"),
    ] {
        site.world.write("/etc/pam.d/webmail", &rules, 0o644);
        let visit = Visit::to(&site, &[]);
        let found = visit.of(id).unwrap_or_else(|| panic!("{rules:?}: {}", visit.shown()));
        assert_eq!(text(found, "severity"), "error", "{found:#}");
        let worse = visit.worse();
        assert!(worse.iter().all(|one| *one == id), "{rules:?}: {}", visit.shown());
        assert_ne!(right(&site, "webmail", &codes[0]), PamAnswer::Success, "{rules:?}");
    }
    // Nothing of the code was spent on something else than a login that monk has granted.
    site.world.write("/etc/pam.d/webmail", GOOD, 0o644);
    assert_eq!(right(&site, "webmail", &codes[5]), PamAnswer::Success);
}

#[test]
fn a_file_that_every_service_reads_is_looked_at() {
    let (site, codes) = given_alice();
    site.world.write("/etc/pam.d/webmail", GOOD, 0o644);
    let other = site.world.read("/etc/pam.d/other");
    site.world.write("/etc/pam.d/other", format!("{other}@include nowhere\n"), 0o644);
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("pam-file-unreadable", "error");
    assert!(text(found, "evidence").contains("every service"), "{found:#}");
    assert_ne!(right(&site, "webmail", &codes[0]), PamAnswer::Success);
}

#[test]
fn a_rule_of_another_factor_that_was_left_in_the_stack_is_found() {
    let (site, codes) = given_alice();
    let rules = format!("auth required pam_google_authenticator.so\n{GOOD}");
    site.world.write("/etc/pam.d/webmail", rules, 0o644);
    Visit::to(&site, &[]).finds("pam-factor-beside", "warning");
    assert_ne!(right(&site, "webmail", &codes[0]), PamAnswer::Success, "who is not enrolled there");
}

/// Debian's `other` asks pam_unix alone.
#[test]
fn a_service_without_a_file_that_a_program_asks_is_found_where_it_opens() {
    let (site, _codes) = given_alice();
    for service in ["webmail", "imap", "dovecot"] {
        site.world.write(format!("/etc/pam.d/{service}"), GOOD, 0o644);
    }
    let main = "compatibility_level = 3.6\nsmtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n\
                smtpd_sasl_type = cyrus\n";
    site.world.write("/etc/postfix/main.cf", main, 0o644);
    site.world.write("/etc/postfix/master.cf", "smtp inet n - y - - smtpd\n", 0o644);
    site.world.write("/etc/postfix/sasl/smtpd.conf", "pwcheck_method: saslauthd\n", 0o644);
    let visit = Visit::to(&site, &[]);
    // Told once, by the one that reads Postfix's settings more closely.
    let found = visit.of("postfix-service-missing").unwrap_or_else(|| panic!("{}", visit.shown()));
    assert_eq!(text(found, "severity"), "error");
    assert!(text(found, "evidence").starts_with("/etc/pam.d/smtp does not exist"), "{found:#}");
    assert!(visit.of("pam-service-missing").is_none(), "{}", visit.shown());
    let alone = |service: &str| {
        let login = site.pam(service, "alice").types("unix;secret").types("unix;secret");
        login.authenticate().answer == PamAnswer::Success
    };
    assert!(alone("smtp"), "a password alone opens it");
    site.world.write("/etc/pam.d/smtp", GOOD, 0o644);
    let visit = Visit::to(&site, &[]);
    assert!(visit.of("postfix-service-missing").is_none(), "{}", visit.shown());
    assert!(!alone("smtp"));
    site.world.write("/etc/pam.d/smtp", "@include common-auth\n@include common-account\n", 0o644);
    let visit = Visit::to(&site, &[]);
    assert!(visit.of("postfix-service-without-monk").is_some(), "{}", visit.shown());
    assert!(alone("smtp"));
    site.world.write("/etc/pam.d/smtp", GOOD, 0o644);
    // Other programs, whose services have other names.
    let rule = "hostssl all all 0.0.0.0/0 pam pamservice=database\n";
    site.world.write("/etc/postgresql/15/main/pg_hba.conf", rule, 0o640);
    site.world.write(
        "/etc/vsftpd.conf",
        "local_enable=YES\nssl_enable=YES\npam_service_name=files\n",
        0o644,
    );
    // Of shells nothing is said while none of them asks monk.
    for service in ["su-l", "sudo-i", "login"] {
        site.world.remove(format!("/etc/pam.d/{service}"));
    }
    let visit = Visit::to(&site, &[]);
    assert!(!visit.shown().contains("/etc/pam.d/login"), "{}", visit.shown());
    site.install_recipe("sudo");
    let visit = Visit::to(&site, &[]);
    let missing = visit.findings.iter().filter(|one| one["id"] == "pam-service-missing");
    let missing: Vec<_> = missing.map(|one| text(one, "subject")).collect();
    let expected = ["database", "files", "login", "su-l", "sudo-i"];
    let expected: Vec<_> = expected.iter().map(|name| format!("/etc/pam.d/{name}")).collect();
    assert_eq!(missing, expected, "{}", visit.shown());
}

#[test]
fn siblings_under_different_policies_are_found_and_differ() {
    let settings = "[service.sudo]\nmfa = \"off\"\n";
    let site = site(Backend::Embedded, Running::Resident, settings);
    site.install_example("sudo-directory-password/sudo", "/etc/pam.d/sudo");
    let rules = site.world.read("/etc/pam.d/sudo").replace("service=sudo", "");
    site.world.write("/etc/pam.d/sudo", &rules, 0o644);
    site.world.write("/etc/pam.d/sudo-i", &rules, 0o644);
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("policy-siblings-differ", "warning");
    assert!(text(found, "remedy").contains("service=sudo"), "{found:#}");
    site.install_recipe("sudo-i");
    let named = rules.replace("pam_monk.so", "pam_monk.so service=sudo");
    site.world.write("/etc/pam.d/sudo", named, 0o644);
    Visit::to(&site, &[]).is_clean();
}
