//! The account that monk itself uses: what happens when the domain closes it, or hides things from it.

use monk_tests::World;
use monk_tests::directories::{Bound, RealDirectory, Samba};

use crate::scene::{PASSWORD, Scene};

/// Each means, and how the engine names it.
const MEANS: [(&str, &str); 5] = [
    ("userAccountControl", "the directory has disabled this account"),
    ("accountExpires", "the time of this account is over"),
    ("lockoutTime", "the directory has locked this account"),
    ("pwdLastSet", "the password of this account has to be changed"),
    ("maxPwdAge", "the password of this account has expired"),
];

#[test]
fn given_that_the_domain_closes_monks_own_account_nobody_gets_in_and_the_log_says_why() {
    for (means, word) in MEANS {
        let scene = Scene::<Samba>::start();
        let alice = scene.member("alice");
        // So that the domain's maximum age counts for it, too.
        scene.directory.replace(Samba::SERVICE_ACCOUNT, "userAccountControl", ": 512");
        scene.directory.put(Samba::SERVICE_ACCOUNT, means);
        scene.site.kill_engine();
        scene.site.start_engine();
        let login = || scene.site.pam("imap", "alice").types(&alice.app_password).authenticate();
        let (_, line) = scene.site.audited(login);
        assert_eq!(line.verdict, "unavailable", "{means}: {}", line.text);
        assert!(line.text.contains(word), "{means}: {}", line.text);
    }
}

/// docs/directories/active-directory.md has the rights.
#[test]
fn in_a_hardened_domain_nobody_gets_in_until_monk_may_read_the_state() {
    let scene = Scene::<Samba>::with(|domain| {
        domain.add_person("alice", PASSWORD);
        domain.add_group("team", &["alice"]);
        format!("[service.group]\ngroups = [\"{}\"]\n", domain.group_dn("team"))
    });
    let alice = scene.enrolled("alice");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
    scene.directory.harden();
    // What a connection may read was decided when it was bound.
    scene.site.kill_engine();
    scene.site.start_engine();
    for typed in [alice.app_password.clone(), alice.typed()] {
        let login = || scene.site.pam("imap", "alice").types(&typed).authenticate();
        let (_, line) = scene.site.audited(login);
        assert_eq!(line.verdict, "unavailable", "{}", line.text);
        assert!(line.text.contains("userAccountControl"), "{}", line.text);
    }
    scene.directory.let_monk_read();
    scene.site.pam_service("group", "");
    for service in ["imap", "group"] {
        assert_eq!(scene.login(service, "alice", &alice.app_password), "app-password");
    }
    scene.directory.put("alice", "userAccountControl");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "disabled");
}

/// It has no subjectAltName.
#[test]
fn the_certificate_that_samba_makes_for_itself_is_refused_and_the_log_says_why() {
    let mut scene = Scene::<Samba>::start();
    let alice = scene.member("alice");
    let ours = scene.site.world.certificates().authority.display().to_string();
    let theirs = scene.directory.show_its_own_certificate();
    scene.site.change_settings(&ours, &theirs);
    scene.site.reload_engine();
    let login = || scene.site.pam("imap", "alice").types(&alice.app_password).authenticate();
    let (_, line) = scene.site.audited(login);
    assert_eq!(line.verdict, "unavailable", "{}", line.text);
    assert!(line.text.contains("subjectAltName"), "{}", line.text);
}

/// As docs/directories/active-directory.md says.
#[test]
fn an_account_made_by_the_commands_of_the_guide_is_not_locked_by_guesses() {
    let world = World::new();
    let domain = Samba::start(&world);
    domain.tool(&["user", "create", "check", "Long-enough.1", "--userou=OU=Services"]);
    domain.tool(&["user", "setexpiry", "check", "--noexpiry"]);
    let policy = ["domain", "passwordsettings"];
    domain.tool(&[&policy[..], &["set", "--account-lockout-threshold=3"]].concat());
    let create = ["pso", "create", "services", "1", "--account-lockout-threshold=0"];
    domain.tool(&[&policy[..], &create, &["--max-pwd-age=0", "--min-pwd-length=24"]].concat());
    domain.tool(&[&policy[..], &["pso", "apply", "services", "check"]].concat());
    domain.add_person("alice", PASSWORD);
    let guess =
        |name: &str| (0..5).for_each(|_| drop(domain.bind(&format!("{name}@example.org"), "x")));
    guess("check");
    guess("alice");
    assert_eq!(domain.bind("alice@example.org", PASSWORD), Bound::Data("775".to_owned()));
    assert_eq!(domain.bind("check@example.org", "Long-enough.1"), Bound::Yes);
}
