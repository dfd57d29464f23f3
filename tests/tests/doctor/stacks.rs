//! Stacks that let people in without monk are found, and do let them in: both are tried.

use monk_tests::clients::PamAnswer;

use super::*;

/// alice, whose password on the machine itself is `unix;secret`.
#[track_caller]
fn given_alice() -> Site {
    let site = embedded();
    site.world.add_system_user("alice");
    site.world.set_password("alice", "unix;secret");
    site
}

#[track_caller]
fn given_rules(site: &Site, auth: &str) -> Visit {
    let rules = format!("{auth}account required pam_monk.so\nsession required pam_permit.so\n");
    site.world.write("/etc/pam.d/webmail", rules, 0o644);
    Visit::to(site, &[])
}

#[track_caller]
fn opens_with_a_password_alone(site: &Site) -> bool {
    let login = site.pam("webmail", "alice");
    // At every prompt that comes.
    let login = login.types("unix;secret").types("unix;secret").types("unix;secret");
    login.authenticate().answer == PamAnswer::Success
}

#[test]
fn a_password_that_opens_without_monk_is_found_where_it_opens() {
    let site = given_alice();
    for (auth, id) in [
        ("auth sufficient pam_unix.so nodelay\nauth required pam_monk.so\n", "pam-password-alone"),
        ("auth sufficient pam_monk.so\nauth required pam_unix.so nodelay\n", "pam-refusal-ignored"),
        (
            "auth optional pam_monk.so\nauth required pam_unix.so nodelay try_first_pass\n",
            "pam-refusal-ignored",
        ),
        (
            "auth [success=1 default=ignore] pam_unix.so nodelay\nauth requisite pam_monk.so\nauth required pam_permit.so\n",
            "pam-password-alone",
        ),
    ] {
        given_rules(&site, auth).finds(id, "error");
        assert!(opens_with_a_password_alone(&site), "{auth}");
    }
    // Debian's own file behind monk takes nothing away.
    given_rules(&site, "auth required pam_monk.so\n@include common-auth\n").is_clean();
    assert!(!opens_with_a_password_alone(&site));
    given_rules(&site, "@include common-auth\nauth required pam_monk.so\n").is_clean();
    assert!(!opens_with_a_password_alone(&site));
}

#[test]
fn an_outage_that_opens_is_found() {
    let site = given_alice();
    let auth = "auth [success=ok authinfo_unavail=ignore default=die] pam_monk.so\n\
                auth required pam_unix.so nodelay try_first_pass\n";
    given_rules(&site, auth).finds("pam-outage-ignored", "error");
    assert!(!opens_with_a_password_alone(&site));
    site.kill_engine();
    site.world.remove("/usr/sbin/monkd");
    assert!(opens_with_a_password_alone(&site));
}

#[test]
fn what_is_meant_is_a_note() {
    let site = given_alice();
    for (auth, id) in [
        ("auth sufficient pam_rootok.so\nauth required pam_monk.so\n", "pam-not-asked"),
        (
            "auth [success=ok user_unknown=ignore default=die] pam_monk.so\nauth required pam_unix.so\n",
            "pam-unknown-user-ignored",
        ),
        ("auth required pam_monk.so forward_pass\n", "pam-forward-to-nobody"),
    ] {
        given_rules(&site, auth).finds(id, "note");
    }
}

#[test]
fn rules_that_refuse_everybody_are_found() {
    let site = given_alice();
    for (auth, id) in [
        ("auth required pam_monk.so tryfirstpass\n", "pam-argument-unknown"),
        ("auth required pam_monk.so\nauth required pam_deny.so\n", "pam-nobody-gets-in"),
        ("auth required pam_monk.so\nauth include nowhere\n", "pam-file-unreadable"),
    ] {
        given_rules(&site, auth).finds(id, "error");
    }
    let elsewhere = "auth required /lib/elsewhere/pam_monk.so\n";
    let visit = given_rules(&site, elsewhere);
    assert!(visit.of("pam-module-missing").is_some(), "{}", visit.shown());
    let starved = "auth required pam_monk.so\nauth optional pam_unix.so use_first_pass\n";
    given_rules(&site, starved).finds("pam-nothing-forwarded", "warning");
}

#[test]
fn files_that_mean_something_else_are_found() {
    let site = given_alice();
    let good = site.world.read("/etc/pam.d/webmail");
    site.world.write("/etc/pam.d/IMAP4", &good, 0o644);
    Visit::to(&site, &[]).finds("pam-file-capitals", "warning");
    site.world.remove("/etc/pam.d/IMAP4");
    let other = site.world.read("/etc/pam.d/other");
    site.world.write("/etc/pam.d/other", &good, 0o644);
    Visit::to(&site, &[]).finds("pam-fallback", "warning");
    site.world.write("/etc/pam.d/other", other, 0o644);
    let account = "account required pam_monk.so\nauth required pam_unix.so\n";
    site.world.write("/etc/pam.d/webmail", account, 0o644);
    Visit::to(&site, &[]).finds("pam-account-only", "warning");
    let ignored =
        "auth required pam_monk.so\naccount optional pam_monk.so\naccount required pam_permit.so\n";
    site.world.write("/etc/pam.d/webmail", ignored, 0o644);
    Visit::to(&site, &[]).finds("pam-account-ignored", "warning");
    site.world.remove("/etc/pam.d/webmail");
    Visit::to(&site, &[]).finds("pam-unused", "note");
}

#[test]
fn policies_and_stacks_that_do_not_fit_are_found() {
    let settings = "[service.webmail]\npassword = \"elsewhere\"\n";
    let site = site(Backend::Embedded, Running::Resident, settings);
    Visit::to(&site, &[]).finds("pam-code-alone", "error");
    let good = "auth requisite pam_unix.so\nauth required pam_monk.so\n";
    given_rules(&site, good).is_clean();
    site.world.write("/etc/pam.d/web-mail", site.world.read("/etc/pam.d/webmail"), 0o644);
    site.world.remove("/etc/pam.d/webmail");
    Visit::to(&site, &[]).finds("policy-for-nobody", "warning");
}
