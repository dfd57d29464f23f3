//! Taking monk away again.

use monk_tests::clients::PamAnswer;
use monk_tests::fresh::{Debian, Machine, package};
use monk_tests::{Status, World};

use crate::guarded::{Guarded, apt_get, enable, install, systemctl};

monk_tests::on_each_debian!(
    removal_restores_every_stack_byte_for_byte,
    a_purge_keeps_keys_and_enrolments_and_says_where,
    wiping_as_documented_leaves_nothing,
);

fn removal_restores_every_stack_byte_for_byte(debian: Debian) {
    let deb = package().current;
    let machine = Machine::new(debian);
    let before = stacks(&machine);
    install(&machine, &deb);
    apt_get(&machine, &["remove", "monk"]);
    assert_eq!(stacks(&machine), before, "it was installed only");
    let said = install(&machine, &deb).stdout;
    assert!(said.contains("the second factor is OFF"), "{said}");
    assert!(said.contains("pam-auth-update --enable monk"), "{said}");
    enable(&machine);
    assert_ne!(stacks(&machine), before);
    apt_get(&machine, &["remove", "monk"]);
    assert_eq!(stacks(&machine), before, "it was enabled");

    let site = monk_tests::site::Site::of_package(&machine);
    machine.add_system_user("alice");
    machine.set_password("alice", "local;secret");
    let login =
        site.pam("login", "alice").types("local;secret").run(&["authenticate", "acct_mgmt"]);
    assert_eq!(login.answer, PamAnswer::Success, "{}", login.shown);
    assert_eq!(systemctl(&machine, &["--failed", "--plain", "--no-legend"]), "");
    let running = machine.command("pgrep").args(["-x", "monkd"]).run();
    assert_eq!(running.status, Status::Code(1), "nothing runs on: {}", running.stdout);
}

fn a_purge_keeps_keys_and_enrolments_and_says_where(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    let for_mail = guarded.site().app_password("alice", "Mail", &[]);
    let used = guarded.password_and_code();
    assert!(guarded.imap(&used));
    let kept = || {
        let script =
            "sha256sum /etc/monk/keys/*; stat --format '%U %a %n' /etc/monk/keys /var/lib/monk";
        machine.command("sh").args(["-c", script]).run().expect_success().stdout
    };
    let before = kept();
    let said = apt_get(machine, &["purge", "monk"]).stdout;
    assert!(said.contains("/etc/monk/keys") && said.contains("/var/lib/monk"), "{said}");
    assert!(said.contains("rm -r /etc/monk /var/lib/monk"), "how to wipe them: {said}");
    assert_eq!(kept(), before);
    assert!(!machine.exists("/etc/monk/monk.toml"), "settings are no secret, and go");

    install(machine, &package().current);
    enable(machine);
    assert!(!guarded.imap(&used), "a used code");
    assert!(guarded.imap(&for_mail) && guarded.imap(&guarded.password_and_code()));
}

fn wiping_as_documented_leaves_nothing(debian: Debian) {
    let guarded = Guarded::new(debian);
    let machine = &guarded.machine;
    let said = apt_get(machine, &["purge", "monk"]).stdout;
    let how = said.lines().find_map(|line| line.split_once("for ever: ")).map(|it| it.1.trim());
    let how = how.unwrap_or_else(|| panic!("it does not say how: {said}"));
    machine.command("sh").args(["-e", "-c", how]).run().expect_success();
    machine.remove("/root/monk.deb");
    let name = ["/", "-xdev", "-iname", "*monk*"];
    let left = machine.command("find").args(name).run().expect_success().stdout;
    assert_eq!(left, "");
    // Debian keeps the user database as it was before the last change. The names of hosts are the tests'.
    let left_out = ["--exclude=*-", "--exclude=hosts"];
    let places = ["/etc", "/var/lib/pam", "/var/lib/systemd", "/var/lib/dpkg/status"];
    let search = machine.command("grep").args(["-rlIw", "monk"]).args(left_out).args(places);
    assert_eq!(search.run().stdout, "");
}

/// Every stack, with its mode, and what is in it.
#[track_caller]
fn stacks(machine: &World) -> String {
    let script = "cd /etc/pam.d && stat --format '%U %G %a %n' * && tail --lines=+1 --verbose *";
    machine.command("sh").args(["-c", script]).run().expect_success().stdout
}
