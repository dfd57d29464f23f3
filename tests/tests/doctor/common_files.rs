//! monk in the files that all services include, as Debian's pam-auth-update writes them.

use super::*;

/// A machine with Debian's own services, monk switched on by its profile, and alice, whose password
/// here is another one than in monk's directory.
#[track_caller]
fn switched_on() -> Site {
    let site = embedded();
    // Installed for other tests, and open by itself.
    for service in ["webmail", "vsftpd"] {
        site.world.remove(format!("/etc/pam.d/{service}"));
    }
    site.switch_on_profile();
    site.world.add_system_user("bob");
    site.world.set_password("bob", "unix;secret");
    site
}

#[test]
fn the_profile_is_clean_and_says_once_who_is_left_out() {
    let site = switched_on();
    let visit = Visit::to(&site, &[]);
    visit.is_clean();
    for id in ["pam-minimum-uid", "pam-unknown-user-ignored"] {
        let found: Vec<_> = visit.findings.iter().filter(|one| one["id"] == id).collect();
        assert_eq!(found.len(), 1, "{}", visit.shown());
        let subject = text(found[0], "subject");
        assert!(subject.starts_with("/etc/pam.d/common-auth:"), "{subject}");
        let evidence = text(found[0], "evidence");
        assert!(evidence.contains("login, ") && evidence.contains("sshd, "), "{evidence}");
    }
}

#[test]
fn what_it_says_of_unknown_users_is_so() {
    let site = switched_on();
    let typed = "unix;secret";
    let login = site.pam("login", "bob").types(typed).types("").authenticate();
    assert_eq!(login.answer, monk_tests::clients::PamAnswer::Success, "{}", login.shown);
}

#[test]
fn what_makes_the_profile_open_is_found() {
    let site = switched_on();
    let file = "/etc/pam.d/common-auth";
    let good = site.world.read(file);
    for (old, new, id, severity) in [
        (
            "user_unknown=ignore",
            "user_unknown=ignore authinfo_unavail=ignore",
            "pam-outage-ignored",
            "error",
        ),
        ("user_unknown=ignore default=die", "default=ignore", "pam-refusal-ignored", "error"),
        ("minimum_uid=1000", "minimum_uid=60000", "pam-minimum-uid", "warning"),
    ] {
        assert!(good.contains(old), "{good}");
        site.world.write(file, good.replace(old, new), 0o644);
        Visit::to(&site, &[]).finds(id, severity);
    }
}

/// The files that the unit tests of doctor judge are those that pam-auth-update writes. A line of
/// Debian's libpam-cap is among them, which not every machine has.
#[test]
fn the_files_are_those_that_are_judged_in_every_detail() {
    let site = switched_on();
    let rules = |text: &str| -> Vec<String> {
        let is_judged = |line: &&str| {
            !line.starts_with('#') && !line.trim().is_empty() && !line.contains("pam_cap.so")
        };
        let lines = text.lines().filter(is_judged);
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    for (file, judged) in [
        ("common-auth", include_str!("../../../monk-doctor/src/pam/fixtures/common-auth")),
        ("common-account", include_str!("../../../monk-doctor/src/pam/fixtures/common-account")),
    ] {
        assert_eq!(rules(&site.world.read(format!("/etc/pam.d/{file}"))), rules(judged), "{file}");
    }
}
