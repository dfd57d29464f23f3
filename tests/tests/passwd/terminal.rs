//! `passwd` at a terminal, with the profile of the package in all services.

use monk_tests::clients::PamAnswer;
use monk_tests::site::Running;

use crate::scene::{CHANGED, Scene, UNCHANGED, ended, new};

#[test]
fn a_user_of_the_directory_changes_the_password_there_with_the_old_one_and_a_code() {
    for running in [Running::Resident, Running::OneShot] {
        let scene = Scene::running(running);
        let code = scene.phone.code();
        let screen = new(scene.passwd("secret", &code), "another one", "another one").run();
        let shown = ended(&screen, CHANGED);
        assert!(shown.contains("password updated successfully"), "{shown}");
        assert!(scene.is_password("another one") && !scene.is_password("secret"));
        let line = scene.last_change();
        assert!(
            line.contains("user=alice service=passwd") && line.contains("verdict=done"),
            "{line}"
        );
        // The code is spent, and the new password opens what the old one did.
        scene.site.pam_service("imap", "");
        let login = |code: &str| scene.site.pam("imap", "alice").types("another one").types(code);
        assert_eq!(scene.site.denies(login(&code)), "replayed-code");
        assert_eq!(scene.site.grants(login(&scene.phone.code_of_clock(30))), "totp");
    }
}

#[test]
fn a_wrong_password_or_code_changes_nothing_and_no_other_module_asks_for_one() {
    let scene = Scene::new();
    let wrong = scene.at_terminal("alice", "passwd").answer("Current password: ", "wrong").run();
    let wrong_code = scene.passwd("secret", &scene.phone.wrong_code()).run();
    for screen in [wrong, wrong_code] {
        let shown = ended(&screen, UNCHANGED);
        assert_eq!(shown.matches("Current password: ").count(), 1, "{shown}");
        assert!(shown.contains("Authentication failure") && !shown.contains("New"), "{shown}");
    }
    assert!(scene.is_password("secret"));
    let log = scene.site.world.log();
    let proofs = log.iter().filter(|line| line.text.contains("proof user=alice service=passwd"));
    let proofs: Vec<_> = proofs.map(|line| line.text.as_str()).collect();
    let [password, code] = proofs[..] else { panic!("{proofs:?}") };
    assert!(
        password.contains("reason=wrong-password") && code.contains("reason=wrong-code"),
        "{proofs:?}"
    );
}

#[test]
fn a_change_that_is_given_up_spends_no_code() {
    let scene = Scene::new();
    let code = scene.phone.code();
    let shown = ended(&new(scene.passwd("secret", &code), "one", "another").run(), UNCHANGED);
    assert!(shown.contains("do not match"), "{shown}");
    assert!(scene.is_password("secret"));
    let screen = new(scene.passwd("secret", &code), "another one", "another one").run();
    ended(&screen, CHANGED);
    ended(&scene.passwd("another one", &code).run(), UNCHANGED);
}

#[test]
fn users_of_the_machine_and_root_change_local_passwords_and_are_asked_once() {
    let scene = Scene::new();
    let local = "a longer local one";
    let bob = scene.at_terminal("bob", "passwd").answer("Current password: ", "local;secret");
    ended(&new(bob, local, local).run(), CHANGED);
    let shadow = || {
        let shadow = scene.site.world.read("/etc/shadow");
        shadow.lines().find(|line| line.starts_with("bob:")).map(str::to_owned)
    };
    let before = shadow();
    ended(
        &new(scene.at_terminal("root", "passwd bob"), "another one", "another one").run(),
        CHANGED,
    );
    assert_ne!(shadow(), before);
    let chpasswd = scene.site.world.command("chpasswd").stdin("bob:yet another one\n").run();
    assert!(chpasswd.success(), "{chpasswd}");
    scene.site.world.write("/etc/pam.d/imap", "@include common-auth\n", 0o644);
    let login = scene.site.pam("imap", "bob").types("yet another one").types("").authenticate();
    assert_eq!(login.answer, PamAnswer::Success, "{login:?}");
}

#[test]
fn root_sets_a_password_where_the_directory_lets_monk_and_hears_where_it_does_not() {
    let scene = Scene::new();
    let by_root = || new(scene.at_terminal("root", "passwd alice"), "another one", "another one");
    let shown = ended(&by_root().run(), UNCHANGED);
    assert!(shown.contains("The directory does not allow this change."), "{shown}");
    assert!(scene.is_password("secret"));
    assert!(scene.last_change().contains("reason=not-allowed"), "{}", scene.last_change());
    scene.site.slapd().modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nadd: olcAccess\n\
         olcAccess: {0}to attrs=userPassword by self write by dn.exact=\"cn=monk,dc=example,dc=org\" write by anonymous auth\n",
    );
    ended(&by_root().run(), CHANGED);
    assert!(scene.is_password("another one"));
    let chpasswd = scene.site.world.command("chpasswd").stdin("alice:yet another one\n").run();
    assert!(chpasswd.success() && scene.is_password("yet another one"), "{chpasswd}");
}

#[test]
fn while_the_directory_is_away_nothing_is_asked_and_the_user_hears_why() {
    let scene = Scene::new();
    scene.site.with_slapd(monk_tests::Slapd::stop);
    let shown = ended(&scene.at_terminal("alice", "passwd").run(), UNCHANGED);
    assert!(shown.contains("the directory does not answer"), "{shown}");
    assert!(!shown.contains("Current password"), "{shown}");
}
