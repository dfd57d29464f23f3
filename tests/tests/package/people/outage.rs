//! The engine is gone, the directory is gone, the package is gone.

use monk_tests::fresh::Debian;
use monk_tests::{Status, figures};

use super::{ALICE, Directory, Host, on_each_host, says};
use crate::guarded::{apt_get, property, systemctl};

monk_tests::on_each_debian!(a_host_boots_as_fast_without_an_engine);

on_each_host!(
    people_who_were_known_stay_known_while_the_engine_is_away,
    removed_packages_leave_no_trace,
);

/// What programs ask while the engine is away.
const QUESTIONS: &str = "getent passwd alice; getent passwd 12001; id --groups --name alice";

pub fn people_who_were_known_stay_known_while_the_engine_is_away(
    directory: Directory,
    debian: Debian,
) {
    let host = Host::new(directory, debian);
    let machine = &host.machine;
    let expected = format!("{ALICE}{ALICE}operators\n");
    let assert_known = |when: &str| {
        let said = machine.command("sh").args(["-c", QUESTIONS]).run();
        assert_eq!(said.stdout, expected, "{when}: {said}");
    };
    assert_known("at first");
    // Killed: systemd starts it again, and meanwhile nobody vanishes.
    for _time in 0..5 {
        let engine = property(machine, "monk", "MainPID");
        if engine != "0" {
            let _gone_already = machine.command("kill").args(["-9", &engine]).run();
        }
        assert_known("killed");
    }
    systemctl(machine, &["stop", "monk"]);
    assert_known("stopped");
    let unknown = machine.command("getent").args(["passwd", "nobody-of-that-name"]).run();
    assert_eq!(unknown.status, Status::Code(2), "{unknown}");
    let time = format!("{} ms", unknown.elapsed.as_millis());
    let row = format!("{debian:?}, {directory:?}: getent of an unknown name, engine stopped");
    figures::row("package", &[&row, &time, "< 250 ms"]);
    assert_eq!(says(machine, "id -un 0"), "root\n");

    systemctl(machine, &["start", "monk"]);
    assert_known("started again");
    host.without_directory(|| {
        assert_known("the directory does not answer");
        let unknown = machine.command("getent").args(["passwd", "nobody-else"]).run();
        assert_eq!(unknown.status, Status::Code(2), "{unknown}");
        let time = format!("{} ms", unknown.elapsed.as_millis());
        let row = format!("{debian:?}, {directory:?}: getent of an unknown name, directory away");
        figures::row("package", &[&row, &time, "< 250 ms"]);
    });
    assert_eq!(host.alice_runs("id -un"), "alice\n");
}

fn a_host_boots_as_fast_without_an_engine(debian: Debian) {
    let mut host = Host::new(Directory::Embedded, debian);
    let row = |host: &Host, what: &str| {
        let time = format!("{} ms", host.machine.boot_time().as_millis());
        figures::row(
            "package",
            &[&format!("{debian:?}: boot with libnss-monk, {what}"), &time, "-"],
        );
        let services = systemctl(&host.machine, &["is-active", "ssh", "dbus", "cron"]);
        assert_eq!(services, "active\n".repeat(3));
        assert_eq!(says(&host.machine, "id -un; id -un messagebus"), "root\nmessagebus\n");
    };
    host.machine.reboot();
    row(&host, "engine enabled");
    systemctl(&host.machine, &["mask", "monk"]);
    host.machine.reboot();
    row(&host, "engine masked");
    systemctl(&host.machine, &["unmask", "monk"]);
    host.machine.reboot();
    assert_eq!(property(&host.machine, "monk", "ActiveState"), "active");
}

pub fn removed_packages_leave_no_trace(directory: Directory, debian: Debian) {
    let host = Host::new(directory, debian);
    let machine = &host.machine;
    assert_eq!(host.alice_runs("id -un"), "alice\n");
    apt_get(machine, &["purge", "libnss-monk", "monk"]);
    assert!(!machine.read("/etc/nsswitch.conf").contains("monk"));
    assert!(!machine.exists("/run/monk"));
    let alice = machine.command("getent").args(["passwd", "alice"]).run();
    assert_eq!(alice.status, Status::Code(2), "{alice}");
    assert_eq!(says(machine, "stat --format %U:%u /home/alice"), "UNKNOWN:12001\n");
    assert_eq!(says(machine, "grep -rl monk /etc/pam.d || true"), "");
    assert_eq!(says(machine, "find /usr -xdev -iname '*monk*'"), "");
}
