//! sshd, login and su lead a user whose password has to be changed through the change.

use monk_tests::clients::Ssh;
use monk_tests::{Sshd, SshdOptions, Typist};

use crate::scene::{ALICE, Scene, UNCHANGED, ended, new};

/// alice, whose password an administrator has reset.
fn reset() -> Scene {
    let scene = Scene::new();
    scene.policy("pwdMustChange: TRUE\n");
    scene.site.slapd().modify_operational(&format!(
        "dn: {ALICE}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n"
    ));
    scene
}

#[test]
fn sshd_leads_through_the_change_and_asks_for_no_second_code() {
    let scene = reset();
    scene.site.install_recipe("sshd");
    scene
        .site
        .install_example("sshd-password-and-code/monk.conf", "/etc/ssh/sshd_config.d/monk.conf");
    let config = "Include /etc/ssh/sshd_config.d/monk.conf\n".to_owned();
    let sshd = Sshd::start(&scene.site.world, SshdOptions { config, ..SshdOptions::default() });
    let code = scene.phone.code();
    let login = Ssh::new(&scene.site.world, &sshd, "alice")
        .answer("Password: ", "secret")
        .answer("Code", &code)
        .answer("Current password: ", "secret")
        .answer("New password: ", "another one")
        .answer("Retype new password: ", "another one")
        .run("id -un");
    assert!(login.logged_in() && login.stdout == "alice\n", "{login:?}\n{}", sshd.log());
    assert_eq!(login.prompts.len(), 5, "{:?}", login.prompts);
    assert!(scene.is_password("another one"));
    let next = scene.phone.code_of_clock(30);
    let login = Ssh::new(&scene.site.world, &sshd, "alice")
        .answer("Password: ", "another one")
        .answer("Code", &next)
        .run("id -un");
    assert!(login.logged_in(), "{login:?}");
}

#[test]
fn who_is_led_by_sshd_and_does_not_know_the_old_password_is_not_let_in() {
    let scene = reset();
    scene.site.install_recipe("sshd");
    let config = "KbdInteractiveAuthentication yes\nPasswordAuthentication no\n".to_owned();
    let sshd = Sshd::start(&scene.site.world, SshdOptions { config, ..SshdOptions::default() });
    let login = Ssh::new(&scene.site.world, &sshd, "alice")
        .answer("Password: ", "secret")
        .answer("Code", &scene.phone.code())
        .answer("Current password: ", "wrong")
        .run("id -un");
    assert!(!login.logged_in() && login.stdout.is_empty(), "{login:?}");
    assert!(scene.is_password("secret"));
}

#[test]
fn su_and_login_lead_through_the_change() {
    let scene = reset();
    for service in ["su", "su-l", "login"] {
        scene.site.install_recipe(service);
    }
    scene.site.world.write("/etc/profile", "echo \"the shell of $(id -un)\"\nexit\n", 0o644);
    let led = |typist: Typist<'_>, old: &str, code: &str, password: &str| {
        let typist = typist.answer("Password: ", old).answer("Code", code);
        let screen = new(typist.answer("Current password: ", old), password, password).run();
        assert!(screen.unasked.is_empty(), "{screen:?}");
        screen.text()
    };
    let su = scene.at_terminal("bob", "su alice -c 'echo in as $(id -un)'");
    let shown = led(su, "secret", &scene.phone.code(), "another one");
    assert!(shown.contains("in as alice") && scene.is_password("another one"), "{shown}");
    scene.site.slapd().modify_operational(&format!(
        "dn: {ALICE}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n"
    ));
    let login = Typist::new(&scene.site.world, "login alice");
    let code = scene.phone.code_of_clock(30);
    let shown = led(login, "another one", &code, "yet another one");
    assert!(
        shown.contains("the shell of alice") && scene.is_password("yet another one"),
        "{shown}"
    );
}

/// `passwd` by itself, as sshd starts it after a key: the code of a login that is over opens nothing.
#[test]
fn a_code_of_another_programs_login_does_not_count_for_passwd() {
    let scene = reset();
    scene.site.install_recipe("su");
    let code = scene.phone.code();
    let su = scene
        .at_terminal("bob", "su alice -c true")
        .answer("Password: ", "secret")
        .answer("Code", &code)
        .answer("Current password: ", "wrong");
    su.run();
    ended(&scene.passwd("secret", &code).run(), UNCHANGED);
    assert!(scene.is_password("secret"));
}

/// The login takes one of the last logins that the directory grants, and the change another one.
#[test]
fn two_grace_logins_are_enough_to_log_in_and_change_the_password() {
    let scene = Scene::new();
    scene.policy("pwdMaxAge: 60\npwdGraceAuthNLimit: 2\n");
    scene.site.slapd().modify_operational(&format!(
        "dn: {ALICE}\nchangetype: modify\nreplace: pwdChangedTime\npwdChangedTime: 20200101000000Z\n"
    ));
    scene.site.install_recipe("su");
    let su = scene
        .at_terminal("bob", "su alice -c 'echo in as $(id -un)'")
        .answer("Password: ", "secret")
        .answer("Code", &scene.phone.code())
        .answer("Current password: ", "secret");
    let shown = new(su, "another one", "another one").run().text();
    assert!(shown.contains("in as alice") && scene.is_password("another one"), "{shown}");
}
