//! pam_pwquality in front of monk: it asks for the new password, and monk takes the one that it accepts.

use std::path::Path;

use monk_tests::Archives;

use crate::scene::{CHANGED, Scene, ended};

/// As docs/passwords.md says. The dictionary is left out: the package's scripts make it, which do not run here.
const RULES: &str = "password requisite pam_pwquality.so retry=3 minlen=12 dictcheck=0\n\
    password [success=done ignore=ignore user_unknown=ignore default=die] pam_monk.so use_authtok\n\
    password required pam_unix.so use_authtok\n";

#[test]
fn a_password_that_pam_pwquality_refuses_is_sent_to_no_directory_and_costs_no_code() {
    let scene = Scene::new();
    let world = &scene.site.world;
    // Installed, it would change this machine's own rules.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pwquality");
    world
        .unpack(&Archives::download(&["libpam-pwquality"], &folder).expect("it can be downloaded"));
    world.write("/etc/pam.d/passwd", RULES, 0o644);
    let short = scene.passwd("secret", &scene.phone.code()).answer("New password: ", "short");
    // The code of the first call is still good in the second.
    let better = short.answer("New password: ", "correct horse battery");
    let screen = better.answer("Retype new password: ", "correct horse battery").run();
    let shown = ended(&screen, CHANGED);
    assert!(shown.contains("BAD PASSWORD"), "{shown}");
    assert!(scene.is_password("correct horse battery"));
    let log = world.log();
    let proofs = log.iter().filter(|line| line.text.contains("proof user=alice"));
    assert_eq!(proofs.count(), 2, "the rehearsal, and the change");
}
