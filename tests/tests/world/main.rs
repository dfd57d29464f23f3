//! What a world promises, shown with the real programs and without monk.

mod dovecot;
mod load;
mod machine;
mod programs;
mod slapd;
mod sshd;

use std::fs;

use monk_tests::World;
use monk_tests::packages;

/// A password with everything that a quoting mistake would break.
const ODD_PASSWORD: &str = r#"p;a"s\s w'o:r{d}%$é;"#;

const PAM_UNIX: &str = "\
auth required pam_unix.so nodelay
account required pam_unix.so
session required pam_permit.so
";

/// A world with the programs these tests need.
fn world() -> World {
    packages::ensure(&packages::ALL).unwrap_or_else(|error| panic!("{error}"));
    World::new()
}

/// A world in which alice may log in with the odd password.
fn world_with_alice() -> World {
    let world = world();
    world.add_system_user("alice");
    world.set_password("alice", ODD_PASSWORD);
    world
}

fn pam_service(world: &World, name: &str, rules: &str) {
    world.write(format!("/etc/pam.d/{name}"), rules, 0o644);
}

/// Whether this machine has a mount that only worlds make.
fn is_a_world_mounted_here() -> bool {
    let mounts = fs::read_to_string("/proc/self/mountinfo");
    mounts.expect("the mounts of this machine can be read").contains("upperdir=/tmp/etc/upper")
}
