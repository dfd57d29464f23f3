//! Users who exist in the directory alone, and on this machine through `libnss_monk.so.2`.

use monk_tests::{Typist, nss};

use crate::scene::{ALICE, CHANGED, Scene, ended, new};

/// What makes a person a user of hosts (RFC 2307).
const AS_USER: &str = "changetype: modify\nadd: objectClass\nobjectClass: posixAccount\n-\n\
    add: uidNumber\nuidNumber: 70001\n-\nadd: gidNumber\ngidNumber: 70001\n-\n\
    add: homeDirectory\nhomeDirectory: /home/alice\n";

#[test]
fn a_user_of_the_directory_alone_changes_the_password_with_passwd() {
    let scene = Scene::new();
    let world = &scene.site.world;
    world.command("userdel").arg("alice").run().expect_success();
    let unknown = world.command("id").arg("alice").run();
    assert!(!unknown.success(), "{unknown:?}");
    scene.site.slapd().modify(&format!("dn: {ALICE}\n{AS_USER}"));
    nss::install(world);
    let uid = world.command("id").args(["--user", "alice"]).run().expect_success();
    assert_eq!(uid.stdout.trim(), "70001");
    let passwd = Typist::new(world, "setpriv --reuid 70001 --regid 70001 --clear-groups passwd");
    let proven = passwd.answer("Current password: ", "secret").answer("Code", &scene.phone.code());
    ended(&new(proven, "correct horse", "correct horse").run(), CHANGED);
    assert!(scene.is_password("correct horse") && !scene.is_password("secret"));
}
