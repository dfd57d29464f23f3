//! What the directory's own rules say of new passwords.

use crate::scene::{CHANGED, Scene, UNCHANGED, ended, new};

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
fn each_rule_of_the_directory_has_its_words_and_changes_nothing() {
    let scene = Scene::new();
    scene.policy("pwdCheckQuality: 2\npwdInHistory: 3\npwdMinAge: 1000\n");
    let shown = |code: &str, password: &str| {
        let passwd = scene.passwd("secret", code);
        ended(&new(passwd, password, password).run(), UNCHANGED)
    };
    scene.site.slapd().modify_operational(
        "dn: uid=alice,dc=example,dc=org\nchangetype: modify\nreplace: pwdChangedTime\n\
         pwdChangedTime: 20991231000000Z\n",
    );
    let young = shown(&scene.phone.code(), "another one");
    assert!(young.contains("You changed your password too recently"), "{young}");
    assert_eq!(young.matches("New password: ").count(), 1, "no other one would do: {young}");
    assert!(scene.last_change().contains("reason=too-young"), "{}", scene.last_change());
    assert!(scene.is_password("secret"));
}
