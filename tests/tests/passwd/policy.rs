//! What the directory's own rules say of new passwords.

use crate::scene::{ALICE, CHANGED, Scene, UNCHANGED, ended, new};

#[test]
fn a_password_that_the_directory_does_not_take_can_be_followed_by_a_better_one() {
    let scene = Scene::new();
    scene.policy("pwdCheckQuality: 2\npwdMinLength: 8\npwdInHistory: 3\n");
    let passwd = scene.passwd("secret", &scene.phone.code());
    let shown =
        ended(&new(new(passwd, "short", "short"), "long enough", "long enough").run(), CHANGED);
    assert!(shown.contains("The new password is too short."), "{shown}");
    assert!(shown.contains("The directory says: "), "{shown}");
    assert!(scene.is_password("long enough"));
}

#[test]
fn a_password_of_before_is_not_taken_again() {
    let scene = Scene::new();
    scene.policy("pwdCheckQuality: 2\npwdInHistory: 3\n");
    let passwd = scene.passwd("secret", &scene.phone.code());
    ended(&new(passwd, "another one", "another one").run(), CHANGED);
    let passwd = scene.passwd("another one", &scene.phone.code_of_clock(30));
    let shown =
        ended(&new(new(passwd, "secret", "secret"), "a third one", "a third one").run(), CHANGED);
    assert!(shown.contains("You have used this password before."), "{shown}");
    assert!(scene.is_password("a third one"));
}

#[test]
fn a_password_that_is_too_young_to_be_changed_stays_and_no_other_one_is_asked() {
    let scene = Scene::new();
    scene.policy("pwdMinAge: 100000\n");
    scene.site.slapd().modify(&format!(
        "dn: {ALICE}\nchangetype: modify\nreplace: userPassword\nuserPassword: secret\n"
    ));
    let passwd = scene.passwd("secret", &scene.phone.code());
    let shown = ended(&new(passwd, "another one", "another one").run(), UNCHANGED);
    assert!(shown.contains("You changed your password too recently"), "{shown}");
    assert_eq!(shown.matches("New password: ").count(), 1, "{shown}");
    assert!(scene.last_change().contains("reason=too-young"), "{}", scene.last_change());
    assert!(scene.is_password("secret"));
}
