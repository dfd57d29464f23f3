//! The program that logs in from several processes at once.

use monk_tests::World;
use monk_tests::site::{PamLoad, PamLogin};

/// Four users in turn.
fn logins(count: usize) -> Vec<PamLogin> {
    (0..count).map(|number| PamLogin::new(format!("user{}", number % 4), "secret")).collect()
}

#[test]
fn every_login_is_measured_and_every_refusal_told() {
    let world = World::new();
    world.write("/etc/pam.d/open", "auth required pam_permit.so\n", 0o644);
    world.write("/etc/pam.d/shut", "auth required pam_deny.so\n", 0o644);
    let load = PamLoad { callers: 3, ..PamLoad::of("open") };
    let open = load.run(&world, &logins(20));
    assert_eq!((open.nanos.len(), open.refused()), (20, 0));
    assert!(open.seconds > 0.0 && open.nanos.iter().all(|&nanos| nanos > 0));

    let shut = PamLoad::of("shut").run(&world, &logins(5));
    assert_eq!((shut.nanos.len(), shut.refusals["PAM_AUTH_ERR"]), (5, 5));
}
