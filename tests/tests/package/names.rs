//! The package libnss-monk: what it does to a machine, and that nothing is left of it.

use monk_tests::World;
use monk_tests::fresh::{Debian, Machine, names_package, package};

use crate::guarded::{apt_get, install, install_with_names, systemctl};

monk_tests::on_each_debian!(
    the_module_answers_behind_what_was_there,
    removal_restores_the_name_services_byte_for_byte,
    an_upgrade_leaves_the_name_services_to_the_administrator,
);

/// Where programs are told whom to ask for names.
const NAME_SERVICES: &str = "/etc/nsswitch.conf";

#[track_caller]
fn machine(debian: Debian) -> Machine {
    let (monk, names) = (package().current, names_package().current);
    let machine = Machine::new(debian);
    install_with_names(&machine, &monk, &names);
    machine
}

/// The file, with its owner and mode.
#[track_caller]
fn name_services(world: &World) -> String {
    let stat = world.command("stat").args(["--format", "%U %G %a", NAME_SERVICES]);
    stat.run().expect_success().stdout + &world.read(NAME_SERVICES)
}

fn the_module_answers_behind_what_was_there(debian: Debian) {
    let machine = machine(debian);
    let services = machine.read(NAME_SERVICES);
    for database in ["passwd", "group", "shadow"] {
        let line = format!("\n{:<15} files systemd monk\n", format!("{database}:"));
        assert!(services.contains(&line), "{services}");
    }
    assert!(!services.contains("sudoers"), "{services}");
    let unknown = machine.command("getent").args(["passwd", "nobody-of-that-name"]).run();
    assert!(!unknown.success());
    let root = machine.command("getent").args(["passwd", "root", "0"]).run().expect_success();
    assert_eq!(root.stdout, "root:x:0:0:root:/root:/bin/bash\n".repeat(2));
    assert_eq!(systemctl(&machine, &["--failed", "--plain", "--no-legend"]), "");
}

fn removal_restores_the_name_services_byte_for_byte(debian: Debian) {
    let (monk, names) = (package().current, names_package().current);
    let machine = Machine::new(debian);
    let before = name_services(&machine);
    install_with_names(&machine, &monk, &names);
    assert_ne!(name_services(&machine), before);
    apt_get(&machine, &["remove", "libnss-monk"]);
    assert_eq!(name_services(&machine), before, "it is removed");
    // After a removal, as after a purge, it is a first installation again.
    apt_get(&machine, &["install", "/root/libnss-monk.deb"]);
    assert_ne!(name_services(&machine), before);
    apt_get(&machine, &["purge", "libnss-monk"]);
    assert_eq!(name_services(&machine), before, "it is purged");
    apt_get(&machine, &["install", "/root/libnss-monk.deb"]);
    assert_ne!(name_services(&machine), before);
    // The engine goes, and takes the module with it.
    apt_get(&machine, &["purge", "monk"]);
    assert_eq!(name_services(&machine), before, "the engine is purged");
    for left in ["/run/monk", "/usr/share/libnss-monk", "/usr/share/doc/libnss-monk"] {
        assert!(!machine.exists(left), "{left}");
    }
    let module = machine.pam_modules().with_file_name("libnss_monk.so.2");
    assert!(!machine.exists(module));
}

fn an_upgrade_leaves_the_name_services_to_the_administrator(debian: Debian) {
    let (monk, names) = (package(), names_package());
    let machine = Machine::new(debian);
    let before = name_services(&machine);
    install_with_names(&machine, &monk.older, &names.older);
    let added = name_services(&machine);
    install_with_names(&machine, &monk.current, &names.current);
    assert_eq!(name_services(&machine), added);
    // Somebody does not want it for now.
    machine.command("sed").args(["-i", "s/ monk$//", NAME_SERVICES]).run().expect_success();
    assert_eq!(name_services(&machine), before);
    apt_get(&machine, &["install", "--reinstall", "/root/libnss-monk.deb"]);
    assert_eq!(name_services(&machine), before);
    install(&machine, &monk.current);
    assert_eq!(name_services(&machine), before);
}
