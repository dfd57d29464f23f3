//! Healthy setups come out clean.

use monk_tests::{Dovecot, DovecotOptions, Sshd, SshdOptions};

use super::*;

#[test]
fn in_every_way_to_set_it_up() {
    for backend in [Backend::Embedded, Backend::Ldap, Backend::ReadOnlyLdap, Backend::LdapStore] {
        for running in [Running::Resident, Running::OneShot] {
            let site = site(backend, running, "");
            let visit = Visit::to(&site, &["--all"]);
            visit.is_clean();
            assert!(visit.of("self-test-failed").is_some_and(|one| one["severity"] == "ok"));
            let one_shot = visit.of("engine-one-shot").map(|one| text(one, "severity"));
            let wanted = if running == Running::Resident { "ok" } else { "note" };
            assert_eq!(one_shot, Some(wanted), "{backend:?}");
        }
    }
}

#[test]
fn with_the_recipes_as_they_are_shipped() {
    let site = site(
        Backend::Embedded,
        Running::Resident,
        "[service.sshd]\npassword = \"skip-after-publickey\"\n[service.sudo]\npassword = \"elsewhere\"\n",
    );
    for recipe in ["imap", "sshd", "sudo", "sudo-i"] {
        site.install_recipe(recipe);
    }
    let options = DovecotOptions { pam_service: "%s".to_owned(), ..DovecotOptions::default() };
    let _dovecot = Dovecot::start(&site.world, options);
    let config = "AuthenticationMethods publickey,keyboard-interactive\n".to_owned();
    let _sshd = Sshd::start(&site.world, SshdOptions { config, ..SshdOptions::default() });
    let visit = Visit::to(&site, &["--all"]);
    visit.is_clean();
    for looked_at in ["sshd-pam-off", "dovecot-auth-cache"] {
        assert!(visit.of(looked_at).is_some_and(|one| one["severity"] == "ok"), "{looked_at}");
    }
}

#[test]
fn people_are_told_in_words() {
    let site = embedded();
    let output = site.world.command("monk-enroll").arg("doctor").run().expect_success();
    let last = output.stdout.lines().last().unwrap_or_default();
    assert!(last.ends_with(" checks."), "{output}");
    site.world.write(
        "/etc/pam.d/webmail",
        "auth optional pam_monk.so\nauth required pam_unix.so\n",
        0o644,
    );
    let output = site.world.command("monk-enroll").arg("doctor").run();
    assert_eq!(output.status, Status::Code(1), "{output}");
    assert!(
        output.stdout.contains("\nPAM\n  error   /etc/pam.d/webmail:1  [pam-refusal-ignored]\n"),
        "{output}"
    );
    assert!(output.stdout.lines().all(|line| line.chars().count() <= 80), "{output}");
}

#[test]
fn only_root_is_told() {
    let site = embedded();
    site.world.add_system_user("bob");
    let output = site.world.command("monk-enroll").arg("doctor").as_user("bob").run();
    assert_eq!(output.status, Status::Code(3), "{output}");
    assert!(output.stdout.is_empty(), "{output}");
}
