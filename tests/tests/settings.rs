//! The settings file: mistakes in it, and reading it again.

use std::time::Duration;

use monk_tests::Status;
use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Running, Site};

#[track_caller]
fn what_monkd_says(site: &Site) -> String {
    let resident = site.world.command("monkd").timeout(Duration::from_secs(5)).run();
    assert_eq!(resident.status, Status::Code(1), "{resident}");
    let check = site.world.command("monkd").arg("--check").run();
    assert_eq!((check.status, &check.stderr), (Status::Code(1), &resident.stderr));
    resident.stderr
}

#[test]
fn given_an_unknown_key_its_line_and_the_nearest_key_are_named_and_no_value_is_shown() {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    for (settings, complaint) in [
        ("[policy]\n\nmfaa = \"hunter2\"\n", "line 3: unknown key `mfaa`: did you mean `mfa`?"),
        ("[service.imap]\npasword = \"hunter2\"\n", "did you mean `password`?"),
        ("direktory = \"hunter2\"\n", "line 1: unknown key `direktory`: did you mean `directory`?"),
        ("[policy]\nmfa = \"hunter2\"\n", "line 2: unknown variant, expected one of `required`"),
        ("[policy]\nmfa = hunter2\n", "line 2: this is not TOML"),
        ("[service.IMAP]\nmfa = \"off\"\n", "PAM service names are lower case"),
        ("[policy]\nmfa = \"off\"\npassword = \"elsewhere\"\n", "checks nothing at all"),
    ] {
        site.write_settings(settings);
        let said = what_monkd_says(&site);
        assert!(said.contains("/etc/monk/monk.toml: "), "{said}");
        assert!(said.contains(complaint), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        let login = site.pam("imap", "alice").types("secret").authenticate();
        assert_eq!(login.answer, PamAnswer::AuthInfoUnavail, "{settings}");
    }
    assert!(!site.world.log().iter().any(|line| line.text.contains("hunter2")));
}

#[test]
fn given_settings_in_order_the_check_says_so() {
    let site = Site::with_settings(Backend::Ldap, Running::OneShot, "[policy]\nmfa = \"off\"\n");
    let check = site.world.command("monkd").arg("--check").run().expect_success();
    assert_eq!(check.stderr, "the settings are in order\n");
}

#[test]
fn given_sighup_new_settings_are_in_force_and_broken_ones_leave_the_old_ones() {
    let site =
        Site::with_settings(Backend::Embedded, Running::Resident, "[policy]\nmfa = \"off\"\n");
    site.add_user("alice", "secret");
    site.pam_service("imap", "");
    let login = || site.pam("imap", "alice").types("secret");
    assert_eq!(site.grants(login()), "password");

    site.write_settings("[policy]\nmfaa = \"required\"\n");
    let said = site.reload_engine();
    assert!(said.contains("the old ones stay: setup: /etc/monk/monk.toml: line 2"), "{said}");
    assert_eq!(site.grants(login()), "password");

    site.write_settings("[policy]\nmfa = \"required\"\n");
    assert_eq!(site.reload_engine(), "settings read again");
    assert_eq!(site.denies(login()), "not-enrolled");

    site.world.command("chmod").args(["0640", "/var/lib/monk/monk.db"]).run().expect_success();
    assert!(site.reload_engine().contains("mend with: chmod 0600"));
    assert_eq!(site.denies(login()), "not-enrolled");
}
