//! The machine itself: what the other tests here rely on.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use monk_tests::fresh::{Debian, Machine};
use monk_tests::leftovers::{Doomed, Namespaces};
use monk_tests::until;

use crate::guarded::systemctl;

monk_tests::on_each_debian!(a_fresh_machine_is_up_and_has_never_seen_monk, a_reboot_keeps_the_disk);

fn a_fresh_machine_is_up_and_has_never_seen_monk(debian: Debian) {
    let machine = Machine::new(debian);
    assert_eq!(systemctl(&machine, &["is-system-running"]), "running\n");
    assert_eq!(systemctl(&machine, &["is-active", "ssh", "dovecot"]), "active\nactive\n");
    let release = machine.read("/etc/os-release");
    assert!(release.contains(&format!("VERSION_CODENAME={}\n", debian.suite())), "{release}");
    let monk = ["/", "-xdev", "-iname", "*monk*"];
    assert_eq!(machine.command("find").args(monk).run().expect_success().stdout, "");
}

fn a_reboot_keeps_the_disk(debian: Debian) {
    let mut machine = Machine::new(debian);
    let id = machine.read("/etc/machine-id");
    for place in ["/root", "/run", "/tmp"] {
        machine.write(format!("{place}/kept"), "yes\n", 0o600);
    }
    machine.reboot();
    assert_eq!(machine.read("/root/kept"), "yes\n");
    assert!(!machine.exists("/run/kept") && !machine.exists("/tmp/kept"));
    assert_eq!(machine.read("/etc/machine-id"), id);
    machine.pull_the_plug();
    machine.boot();
    assert_eq!(machine.read("/root/kept"), "yes\n");
}

#[test]
fn machines_do_not_see_each_other() {
    let (one, other) = (Machine::new(Debian::Bookworm), Machine::new(Debian::Bookworm));
    one.write("/root/mine", "", 0o600);
    assert!(!other.exists("/root/mine"));
    assert_ne!(one.read("/etc/machine-id"), other.read("/etc/machine-id"));
    systemctl(&one, &["stop", "ssh"]);
    assert!(other.is_listening(22) && !one.is_listening(22));
    drop(one);
    assert_eq!(systemctl(&other, &["is-active", "ssh"]), "active\n");
}

#[test]
fn nothing_of_a_machine_is_left_after_a_test_that_fails() {
    let failed = catch_unwind(|| {
        let machine = Machine::new(Debian::Bookworm);
        let namespaces = Namespaces::of(machine.first_process());
        assert!(namespaces.processes() > 3, "systemd and its services");
        let group = machine.control_group().expect("it is on").to_owned();
        assert!(group.exists());
        std::panic::panic_any((namespaces, group));
    });
    let left = failed.expect_err("it panics").downcast::<(Namespaces, PathBuf)>();
    let (namespaces, group) = *left.expect("the test's own");
    assert_eq!(namespaces.processes(), 0);
    assert!(!group.exists());
}

#[test]
fn nothing_of_a_machine_runs_on_after_kill_9() {
    let mut other = Doomed::start(env!("CARGO_BIN_EXE_doomed_machine"));
    assert!(other.namespaces.processes() > 3, "systemd and its services");
    assert_eq!(groups_of(other.id()).len(), 1);
    other.kill();
    let gone = || (other.namespaces.processes() == 0).then_some(());
    assert_eq!(until(Duration::from_secs(20), gone), Some(()));
    // What is left is removed by whoever makes the next machine; that may have been another test.
    let _machine = Machine::new(Debian::Bookworm);
    assert_eq!(groups_of(other.id()), Vec::<String>::new());
}

/// The control groups of the machines that a process has made.
fn groups_of(process: u32) -> Vec<String> {
    let unified = Path::new("/sys/fs/cgroup/unified");
    let place = if unified.exists() { unified } else { Path::new("/sys/fs/cgroup") };
    let groups = fs::read_dir(place).expect("there are control groups").flatten();
    let names = groups.map(|group| group.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(&format!("monk-fresh-{process}-"))).collect()
}
