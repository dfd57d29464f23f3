//! The engine as a package installs it: started as the user `monk` itself, which owns keys and store
//! and can read the settings, while other users of the machine cannot even look into `/etc/monk`.

use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Running, SETTINGS, Site};
use monk_tests::{Status, Typist};

/// A site whose keys and store the package has made, and with the engine of its service, if any.
#[track_caller]
fn packaged(running: Running) -> Site {
    let site = Site::new(Backend::Embedded, Running::OneShot);
    let made = ["/etc/monk/keys", "/var/lib/monk", "-type", "f", "-delete"];
    site.world.command("find").args(made).run().expect_success();
    // As somebody runs it once more.
    for _ in 0..2 {
        site.hand_to_package();
    }
    if running == Running::Resident {
        site.start_service();
    }
    site.pam_service("webmail", "");
    site
}

monk_tests::in_both_ways!(
    people_enrol_and_log_in,
    doctor_has_nothing_to_say,
    everything_stays_with_its_owner,
);

fn people_enrol_and_log_in(running: Running) {
    let site = packaged(running);
    let phone = site.user_with_device("alice", "secret");
    let login = site.pam("webmail", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(login), "totp");
    assert_eq!(site.pam("webmail", "alice").account().answer, PamAnswer::Success);
}

fn doctor_has_nothing_to_say(running: Running) {
    let site = packaged(running);
    let _phone = site.user_with_device("alice", "secret");
    let (document, output) = site.try_enroll(&["doctor"]);
    let findings = document["findings"].as_array().unwrap_or_else(|| panic!("{output}"));
    let areas = ["engine", "file", "self", "store", "key"];
    let expected: &[&str] = match running {
        Running::Resident => &[],
        Running::OneShot => &["engine-one-shot"],
    };
    let ids = findings.iter().filter_map(|finding| finding["id"].as_str());
    let ids: Vec<_> = ids.filter(|id| areas.iter().any(|area| id.starts_with(area))).collect();
    assert_eq!(ids, expected, "{output}");
    output.expect_success();
}

/// Whatever root or an engine of root's has done, the engine of the service can go on with it.
fn everything_stays_with_its_owner(running: Running) {
    let site = packaged(running);
    let _phone = site.user_with_device("alice", "secret");
    site.enroll(&["key", "create"]);
    let script = "find /etc/monk/keys /var/lib/monk $(ls -d /run/monk) ! -user monk";
    let found = site.world.command("sh").args(["-c", script]).run().expect_success();
    assert_eq!(found.stdout, "");
    let find = ["/etc/monk", "-maxdepth", "1", "-user", "root", "-group", "monk"];
    let found = site.world.command("find").args(find).run().expect_success();
    assert_eq!(found.stdout.lines().count(), 2, "{}", found.stdout);
}

#[test]
fn people_who_cannot_look_into_the_settings_look_after_their_own_account() {
    let site = packaged(Running::Resident);
    site.world.add_system_user("alice");
    let phone = site.user_with_device("alice", "secret");
    let look = site.world.command("ls").arg("/etc/monk").as_user("alice").run();
    assert!(!look.success() && look.stderr.contains("Permission denied"), "{look}");
    let status = site.world.command("monk-enroll").arg("status").as_user("alice").run();
    assert!(status.expect_success().stdout.contains("Phone"));
    let line = "runuser -u alice -- monk-enroll backup-codes generate";
    let proof = format!("secret;{}", phone.code());
    let made = Typist::new(&site.world, line).answer("Password:", &proof).run();
    assert_eq!(made.status, Status::Code(0), "{}", made.text());
    // And a program that is not root's logs people in.
    let app_password = site.app_password("alice", "Other", &["--scope", "*"]);
    let login = site.pam("webmail", "alice").as_user("alice").types(app_password);
    assert_eq!(site.grants(login), "app-password");
}

#[test]
fn an_engine_that_was_killed_starts_again() {
    let site = packaged(Running::Resident);
    let phone = site.user_with_device("alice", "secret");
    site.kill_engine();
    // Meanwhile root's programs start one for themselves, which shares keys and store.
    let login = || site.pam("webmail", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(login()), "totp");
    site.start_service();
    assert_eq!(site.grants(login()), "totp");
}

#[test]
fn settings_that_the_service_could_not_read_are_not_in_order() {
    let site = packaged(Running::OneShot);
    site.world.command("monkd").arg("--check").run().expect_success();
    for (path, mode) in [(SETTINGS, "0600"), ("/etc/monk", "0700")] {
        site.world.command("chmod").args([mode, path]).run().expect_success();
        let check = site.world.command("monkd").arg("--check").run();
        assert!(!check.success() && check.stderr.contains("chgrp monk"), "{check}");
        let mended = if path == SETTINGS { "0640" } else { "0750" };
        site.world.command("chmod").args([mended, path]).run().expect_success();
    }
}

/// What root can read is not enough: the check sees with the eyes of the engine's user.
#[test]
fn what_the_service_could_not_open_is_not_in_order() {
    let site = packaged(Running::OneShot);
    let check = || site.world.command("monkd").arg("--check").run();
    check().expect_success();
    let run = |program: &str, arguments: &[&str]| {
        site.world.command(program).args(arguments).run().expect_success();
    };
    for (path, mended) in [
        ("/etc/monk/keys", "monk:monk"),
        ("/var/lib/monk", "monk:monk"),
        ("/var/lib/monk/monk.db", "monk:monk"),
        ("/var/lib/monk/throttle.db", "monk:monk"),
    ] {
        if !site.world.exists(path) {
            // The engine makes it.
            assert!(path.ends_with("throttle.db"), "{path}");
            continue;
        }
        run("chown", &["root:root", path]);
        let said = check();
        assert!(!said.success() && said.stderr.contains(path), "{path}: {said}");
        run("chown", &[mended, path]);
        check().expect_success();
    }
    let files = || {
        let listed =
            site.world.command("find").args(["/var/lib/monk", "-type", "f", "-newer", SETTINGS]);
        listed.run().expect_success().stdout
    };
    site.world.command("touch").arg(SETTINGS).run().expect_success();
    check().expect_success();
    assert_eq!(files(), "", "a check writes nothing");
}

/// The engine reads the password of its directory, and cannot change it.
#[test]
fn a_password_that_only_root_can_change_is_enough() {
    let site = packaged(Running::OneShot);
    let password = "/etc/monk/mail.password";
    site.world.write(password, "mail;secret\n", 0o640);
    site.give_to_group(password);
    let mail = format!(
        "[mail]\nfrom = \"monk@example.org\"\nhost = \"localhost\"\nstarttls = true\nusername = \"monk\"\npassword_file = \"{password}\"\n"
    );
    site.world.write(SETTINGS, mail, 0o640);
    let phone = site.user_with_device("alice", "secret");
    let login = site.pam("webmail", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(login), "totp");
    let (document, output) = site.try_enroll(&["doctor"]);
    let found = |id: &str| output.stdout.contains(&format!("\"{id}\""));
    assert!(document["findings"].is_array() && !found("file-open"), "{output}");
    // Another group's people could read it.
    site.world.command("chgrp").args(["users", password]).run().expect_success();
    let login = site.pam("webmail", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(login.authenticate().answer, PamAnswer::AuthInfoUnavail);
}

#[test]
fn on_a_machine_with_monk_itself() {
    monk_tests::site::pass_where_monk_is_installed(&[
        "people_enrol_and_log_in::resident",
        "what_the_service_could_not_open_is_not_in_order",
    ]);
}
