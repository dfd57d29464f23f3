//! The first installation.

use monk_tests::figures;
use monk_tests::fresh::{Debian, Machine, package};

use crate::guarded::{apt_get, enable, install, property, systemctl};

monk_tests::on_each_debian!(
    the_service_is_up_after_the_installation,
    files_have_the_owners_and_modes_that_were_agreed,
    nothing_asks_for_a_second_factor_before_the_profile_is_enabled,
    somebodys_account_of_that_name_does_not_get_the_keys,
);

/// Owner, group, mode and path of what holds settings, keys and credentials, and of what runs.
const FILES: &str = "\
root monk 750 /etc/monk
root monk 640 /etc/monk/monk.toml
monk monk 700 /etc/monk/keys
monk monk 700 /var/lib/monk
monk monk 600 /var/lib/monk/monk.db
monk monk 755 /run/monk
monk monk 666 /run/monk/monkd.sock
root root 755 /usr/sbin/monkd
root root 755 /usr/bin/monk-enroll
root root 644 /usr/share/pam-configs/monk
";

fn the_service_is_up_after_the_installation(debian: Debian) {
    let deb = package().current;
    let machine = Machine::new(debian);
    let installed = install(&machine, &deb);
    assert!(installed.stdout.contains("nothing asks for a second factor yet"), "{installed}");
    figures::row(
        "package",
        &[&format!("{debian:?}: boot"), &format!("{} ms", machine.boot_time().as_millis()), "-"],
    );
    figures::row(
        "package",
        &[
            &format!("{debian:?}: apt-get install"),
            &format!("{} ms", installed.elapsed.as_millis()),
            "-",
        ],
    );
    assert_eq!(property(&machine, "monk", "ActiveState"), "active");
    assert_eq!(property(&machine, "monk", "Type"), "notify");
    assert_eq!(property(&machine, "monk", "User"), "monk");
    assert_eq!(systemctl(&machine, &["is-enabled", "monk"]), "enabled\n");
    assert_eq!(systemctl(&machine, &["--failed", "--plain", "--no-legend"]), "");
    let security = machine.command("systemd-analyze");
    security
        .args(["security", "--threshold=12", "--no-pager", "monk.service"])
        .run()
        .expect_success();
    // What nobody has set up yet is told, and nothing else is wrong.
    machine.command("monk-enroll").args(["config", "check"]).run().expect_success();
}

fn files_have_the_owners_and_modes_that_were_agreed(debian: Debian) {
    let deb = package().current;
    let machine = Machine::new(debian);
    let set = ["/", "-xdev", "-perm", "/6000", "-type", "f"];
    let with_rights = || machine.command("find").args(set).run().expect_success().stdout;
    let before = with_rights();
    install(&machine, &deb);
    let stat = machine.command("stat").args(["--format", "%U %G %a %n"]);
    let stat = stat.args(FILES.lines().filter_map(|line| line.split(' ').next_back()));
    assert_eq!(stat.run().expect_success().stdout, FILES);
    assert_eq!(with_rights(), before, "no program has the rights of its owner");
    let module = machine.pam_modules().join("pam_monk.so");
    let stat = machine.command("stat").args(["--format", "%U %G %a"]).arg(&module).run();
    assert_eq!(stat.expect_success().stdout, "root root 644\n");
    let keys = machine.command("find").args(["/etc/monk/keys", "-type", "f"]);
    let keys = keys.args(["-printf", "%u %m\n"]).run().expect_success().stdout;
    assert_eq!(keys, "monk 400\n", "one key, for the engine alone");
}

fn nothing_asks_for_a_second_factor_before_the_profile_is_enabled(debian: Debian) {
    let deb = package().current;
    let machine = Machine::new(debian);
    let stacks = || machine.command("sh").args(["-c", "cd /etc/pam.d && cat *"]).run().stdout;
    let before = stacks();
    install(&machine, &deb);
    assert_eq!(stacks(), before);
    enable(&machine);
    let enabled = stacks();
    assert!(enabled.contains("pam_monk.so minimum_uid="), "{enabled}");
    // Installing it once more changes nothing that the administrator has decided.
    apt_get(&machine, &["install", "--reinstall", "/root/monk.deb"]);
    assert_eq!(stacks(), enabled);
}

fn somebodys_account_of_that_name_does_not_get_the_keys(debian: Debian) {
    let deb = package().current;
    let machine = Machine::new(debian);
    machine.add_system_user("monk");
    machine.install(&deb, "/root/monk.deb", 0o644);
    let refused = machine.command("apt-get").args(["--yes", "install", "/root/monk.deb"]).run();
    assert!(!refused.success());
    let said = refused.stdout + &refused.stderr;
    assert!(said.contains("usermod --login NEW monk"), "what to do: {said}");
    assert!(!machine.exists("/etc/monk/keys"));
    machine.command("usermod").args(["--login", "brother", "monk"]).run().expect_success();
    machine.command("groupmod").args(["--new-name", "brother", "monk"]).run().expect_success();
    machine.command("dpkg").args(["--configure", "monk"]).run().expect_success();
    assert_eq!(property(&machine, "monk", "ActiveState"), "active");
}
