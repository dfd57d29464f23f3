//! A host boots although nobody tells it who people are. `cargo xtask bench boots` has the times.

use std::net::UdpSocket;
use std::time::Duration;

use monk_tests::directories::{OpenLdap, RealDirectory};
use monk_tests::fresh::{Debian, Machine, names_package, package};
use monk_tests::site::{SETTINGS, Site};
use monk_tests::{Status, World};

use super::says;
use crate::guarded::{enable, install_with_names, property, systemctl};

monk_tests::on_each_debian!(a_host_boots_while_the_directory_hangs_and_while_no_resolver_answers);

/// A resolver that says nothing: a socket that nobody reads.
const RESOLVER: &str = "127.0.0.53";

/// How long the C library waits for a resolver before it asks again (resolv.conf(5)). Whatever waits for one at
/// boot takes that much longer.
const ONE_QUESTION: Duration = Duration::from_secs(5);

/// How often each boot is tried: other tests may have the processors.
const BOOTS: usize = 2;

/// The time of the fastest of some boots, after which everything runs that always does.
#[track_caller]
fn fastest_boot(machine: &mut Machine) -> Duration {
    let times = (0..BOOTS).map(|_boot| {
        machine.reboot();
        let services = systemctl(machine, &["is-active", "monk", "ssh", "dbus", "cron"]);
        assert_eq!(services, "active\n".repeat(4));
        assert_eq!(says(machine, "id -un; id -un messagebus"), "root\nmessagebus\n");
        machine.boot_time()
    });
    times.min().unwrap_or_default()
}

fn a_host_boots_while_the_directory_hangs_and_while_no_resolver_answers(debian: Debian) {
    let world = World::new();
    let (monk, names) = (package().current, names_package().current);
    let mut machine = Machine::beside(&world, debian);
    for what in ["stop", "disable"] {
        systemctl(&machine, &[what, "slapd"]);
    }
    // As Debian's installer does it: the machine's own name needs no resolver.
    machine.write("/etc/hosts", machine.read("/etc/hosts") + "127.0.1.1 fresh\n", 0o644);
    machine.write("/etc/resolv.conf", format!("nameserver {RESOLVER}\n"), 0o644);
    install_with_names(&machine, &monk, &names);
    enable(&machine);
    let mut server: OpenLdap = OpenLdap::start(&world);
    let settings = format!("directory = \"ldap\"\n\n[ldap]\n{}", server.ldap_section());
    let _site = Site::of_package_beside(&world, &machine, &settings);
    let _resolver = world.inside(|| UdpSocket::bind((RESOLVER, 53))).expect("the port is free");
    let usual = fastest_boot(&mut machine);

    server.slapd_mut().freeze();
    let hangs = fastest_boot(&mut machine);
    assert!(hangs < usual + ONE_QUESTION, "{hangs:?} while the directory hangs, else {usual:?}");
    server.slapd_mut().thaw();

    let by_name = settings.replace("//ldap.example.org", "//directory.example.net");
    assert_ne!(by_name, settings);
    machine.write(SETTINGS, by_name, 0o640);
    let unresolved = fastest_boot(&mut machine);
    assert!(
        unresolved < usual + ONE_QUESTION,
        "{unresolved:?} while no resolver answers, else {usual:?}"
    );
    let unknown = machine.command("getent").args(["passwd", "nobody-of-that-name"]).run();
    assert_eq!(unknown.status, Status::Code(2), "{unknown}");
    assert!(unknown.elapsed < ONE_QUESTION, "{unknown}");
    assert_eq!(property(&machine, "monk", "NRestarts"), "0");
}
