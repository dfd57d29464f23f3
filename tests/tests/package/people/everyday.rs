//! Who people are, for programs that never heard of monk.

use std::time::Duration;

use monk_tests::fresh::Debian;
use monk_tests::{Status, Typist, until};

use super::{ALICE, Directory, Host, PASSWORD, on_each_host, says, succeeds};
use crate::guarded::systemctl;

on_each_host!(
    people_of_the_directory_own_files_and_are_in_groups,
    sudo_by_a_group_of_the_directory,
    cron_and_the_user_manager_run_programs_of_people,
);

/// How long cron and systemd may take to start a program. They take less than a second.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A unit of systemd's manager for a user.
const UNIT: &str = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'id > /srv/alice/unit'\n";

pub fn people_of_the_directory_own_files_and_are_in_groups(directory: Directory, debian: Debian) {
    let host = Host::new(directory, debian);
    let machine = &host.machine;
    assert_eq!(says(machine, "getent passwd alice 12001"), ALICE.repeat(2));
    assert_eq!(says(machine, "getent group operators"), "operators:*:12500:alice\n");
    assert_eq!(
        says(machine, "id alice"),
        "uid=12001(alice) gid=12500(operators) groups=12500(operators)\n"
    );
    assert!(!machine.read("/etc/passwd").contains("alice"));
    for unknown in ["passwd nobody-of-that-name", "passwd Alice", "passwd 12999", "group 12999"] {
        let output = machine.command("getent").args(unknown.split(' ')).run();
        assert_eq!(output.status, Status::Code(2), "{unknown}: {output}");
    }
    says(machine, "touch /srv/file && chown alice:operators /srv/file");
    assert_eq!(says(machine, "stat --format '%U %G' /srv/file"), "alice operators\n");
    assert!(says(machine, "ls -l /srv").contains(" alice operators "));
    assert_eq!(says(machine, "find /srv -user alice"), "/srv/file\n");
    // Ageing for root alone, and a hash for nobody.
    assert!(says(machine, "getent shadow alice").starts_with("alice:*:"));
    assert!(!succeeds(machine, "setpriv --reuid alice --clear-groups getent shadow alice"));
}

pub fn sudo_by_a_group_of_the_directory(directory: Directory, debian: Debian) {
    let host = Host::new(directory, debian);
    let machine = &host.machine;
    machine.write("/etc/sudoers.d/operators", "%operators ALL=(ALL:ALL) ALL\n", 0o440);
    machine.write("/etc/sudoers.d/once", "Defaults passwd_tries=1\n", 0o440);
    let sudo = |typed: &str| {
        let line = "setpriv --reuid alice --regid operators --init-groups sudo -k id -un";
        let screen = Typist::new(machine, line).answer("assword", typed).answer("ode", "").run();
        screen.status == Status::Code(0) && screen.text().contains("root\n")
    };
    assert!(sudo(&host.password_and_code()));
    assert!(!sudo(PASSWORD), "without a code");
    machine.write("/etc/sudoers.d/operators", "%others ALL=(ALL:ALL) ALL\n", 0o440);
    assert!(!sudo(&host.password_and_code()), "not in the group");
}

pub fn cron_and_the_user_manager_run_programs_of_people(directory: Directory, debian: Debian) {
    let host = Host::new(directory, debian);
    let machine = &host.machine;
    says(machine, "mkdir /srv/alice && chown alice /srv/alice");
    let crontab = "@reboot /usr/bin/id > /srv/alice/cron\n";
    machine.command("crontab").args(["-u", "alice", "-"]).stdin(crontab).run().expect_success();
    // cron runs such lines once after a boot, and remembers that in this file.
    machine.remove("/run/crond.reboot");
    systemctl(machine, &["restart", "cron"]);
    let written = |file: &str| {
        let text = if machine.exists(file) { machine.read(file) } else { String::new() };
        text.contains("uid=12001(alice) gid=12500(operators)").then_some(())
    };
    assert_eq!(until(START_LIMIT, || written("/srv/alice/cron")), Some(()), "cron");

    systemctl(machine, &["start", "user@12001"]);
    machine.write("/etc/systemd/user/who.service", UNIT, 0o644);
    let manager = "XDG_RUNTIME_DIR=/run/user/12001 runuser -u alice -- systemctl --user";
    assert_eq!(says(machine, &format!("{manager} is-system-running --wait")), "running\n");
    says(machine, &format!("{manager} daemon-reload; {manager} start who"));
    assert_eq!(written("/srv/alice/unit"), Some(()), "a unit of her own");
    says(machine, "loginctl enable-linger alice && loginctl user-status alice --no-pager");
}
