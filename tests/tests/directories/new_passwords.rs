//! People who change their passwords in their directory, on a terminal.

use monk_tests::directories::{Ds389, Installed, OpenLdap, RealDirectory, Samba};
use monk_tests::{Screen, Slapd, Status, Typist};

use crate::scene::{Member, PASSWORD, Scene};

/// What every server's policy takes.
const NEW: &str = "N3w-correct-horse";
const NEWER: &str = "N3wer-correct-horse";

/// Somebody with an account on the host.
#[track_caller]
fn alice<D: RealDirectory>(scene: &Scene<D>) -> Member {
    scene.site.world.add_system_user("alice");
    scene.member("alice")
}

/// Alice changes her password from `old`, and proves it with a code.
fn changes<D: RealDirectory>(scene: &Scene<D>, alice: &Member, old: &str, new: &str) -> Screen {
    Typist::new(&scene.site.world, "runuser -u alice -- monk-enroll user passwd")
        .answer("New password for alice:", new)
        .answer("The same again:", new)
        .answer("Current password:", old)
        .answer("Code", &alice.code())
        // Where another one may be chosen, the old one is kept.
        .answer("New password: ", "")
        .run()
}

/// The password is changed, and the old one opens nothing.
#[track_caller]
fn changed<D: RealDirectory>(scene: &Scene<D>, alice: &Member, old: &str, new: &str) {
    let screen = changes(scene, alice, old, new);
    assert_eq!(screen.status, Status::Code(0), "{}", screen.text());
    assert!(screen.text().contains("alice has a new password"), "{}", screen.text());
    let typed = format!("{new};{}", alice.code());
    assert_eq!(scene.login("imap", "alice", &typed), "totp");
    let typed = format!("{old};{}", alice.code());
    assert_eq!(scene.login("imap", "alice", &typed), "wrong-password");
}

/// The directory refuses it in its own words, after those of monk.
#[track_caller]
fn refused<D: RealDirectory>(
    scene: &Scene<D>,
    alice: &Member,
    (old, new): (&str, &str),
    words: &str,
) {
    let screen = changes(scene, alice, old, new);
    assert_eq!(screen.status, Status::Code(8), "{}", screen.text());
    let text = screen.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(words), "{text}");
    let typed = format!("{old};{}", alice.code());
    assert_eq!(scene.login("imap", "alice", &typed), "totp", "nothing has changed");
}

#[test]
fn people_of_openldap_change_their_passwords_as_its_policy_allows() {
    let scene = Scene::<OpenLdap<Installed>>::start();
    let slapd = scene.directory.slapd();
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nadd: olcAccess\n\
         olcAccess: {0}to attrs=userPassword by self =xw by * break\n",
    );
    let policy = format!("cn=default,ou=policies,{}", Slapd::SUFFIX);
    slapd.modify(&format!(
        "dn: {policy}\nchangetype: modify\nadd: pwdCheckQuality\npwdCheckQuality: 2\n-\n\
         add: pwdMinLength\npwdMinLength: 8\n-\nadd: pwdInHistory\npwdInHistory: 3\n"
    ));
    let alice = alice(&scene);
    let words = "the new password is too short: nothing was changed. The directory says: Password fails quality \
                 checking policy";
    // The engine of a terminal asks for five characters itself.
    refused(&scene, &alice, (PASSWORD, "S0-xyz"), words);
    changed(&scene, &alice, PASSWORD, NEW);
    let words =
        "the new password was used before: nothing was changed. The directory says: Password is";
    refused(&scene, &alice, (NEW, NEW), words);
}

/// Domains are made to let nobody change a password that is younger than a day.
#[test]
fn people_of_active_directory_change_their_passwords_as_the_domain_allows() {
    let scene = Scene::<Samba>::start();
    let domain = |setting: &str| {
        scene.directory.tool(&["domain", "passwordsettings", "set", setting]);
    };
    domain("--min-pwd-age=1");
    let alice = alice(&scene);
    let words = "the password was changed a short time ago, and cannot be changed again yet: nothing was changed. \
                 The directory says: password is too young to change!";
    refused(&scene, &alice, (PASSWORD, NEW), words);
    domain("--min-pwd-age=0");
    domain("--min-pwd-length=8");
    let words = "the new password is too short: nothing was changed. The directory says: the password is too short";
    refused(&scene, &alice, (PASSWORD, "S0-xyz"), words);
    changed(&scene, &alice, PASSWORD, NEW);
    // Without the right to reset passwords, monk's account sets nobody's.
    let root = ["user", "passwd", "alice", "--password-stdin"];
    let output = scene.site.world.command("monk-enroll").args(root).stdin(NEWER).run();
    assert_eq!(output.status, Status::Code(3), "{output}");
    assert!(
        output.stderr.contains("the directory does not let this password be changed"),
        "{output}"
    );
}

mod heavy {
    use monk_tests::clients::Ssh;
    use monk_tests::{Sshd, SshdOptions};

    use super::*;

    const LED: &str = "[service.sshd]\nchange_expired_password = true\n[service.su]\nchange_expired_password = true\n";

    /// A domain takes no password that has to be changed, so nothing but the change proves it.
    #[test]
    fn sshd_and_su_lead_people_of_active_directory_through_the_change() {
        let scene = Scene::<Samba>::with(|_| LED.to_owned());
        for rule in ["--min-pwd-age=0", "--min-pwd-length=8"] {
            scene.directory.tool(&["domain", "passwordsettings", "set", rule]);
        }
        let alice = alice(&scene);
        let world = &scene.site.world;
        for service in ["sshd", "su"] {
            scene.site.install_recipe(service);
        }
        world.add_system_user("bob");
        let config = "KbdInteractiveAuthentication yes\nPasswordAuthentication no\n".to_owned();
        let sshd = Sshd::start(world, SshdOptions { config, ..SshdOptions::default() });
        scene.directory.put("alice", "pwdLastSet");
        assert_eq!(scene.login("imap", "alice", &alice.typed()), "must-change");

        // A wrong password gets nowhere, and neither does the right one without a change.
        let ssh = || Ssh::new(world, &sshd, "alice");
        let login = ssh().answer("Password: ", "wrong").answer("Code", &alice.code()).run("id -un");
        assert!(!login.logged_in(), "{login:?}");
        let login = ssh()
            .answer("Password: ", PASSWORD)
            .answer("Code", &alice.code())
            .answer("Current password: ", "wrong")
            .run("id -un");
        assert!(!login.logged_in() && login.stdout.is_empty(), "{login:?}");
        let login = ssh()
            .answer("Password: ", PASSWORD)
            .answer("Code", &alice.code())
            .answer("Current password: ", PASSWORD)
            .answer("New password: ", "short")
            .answer("Retype new password: ", "short")
            .answer("New password: ", "short")
            .answer("Retype new password: ", "short")
            .run("id -un");
        assert!(!login.logged_in() && login.stdout.is_empty(), "{login:?}");

        let login = ssh()
            .answer("Password: ", PASSWORD)
            .answer("Code", &alice.code())
            .answer("Current password: ", PASSWORD)
            .answer("New password: ", NEW)
            .answer("Retype new password: ", NEW)
            .run("id -un");
        assert!(login.logged_in() && login.stdout == "alice\n", "{login:?}\n{}", sshd.log());

        scene.directory.put("alice", "pwdLastSet");
        let su =
            "setpriv --reuid bob --regid bob --clear-groups su alice -c 'echo in as $(id -un)'";
        let screen = Typist::new(world, su)
            .answer("Password: ", NEW)
            .answer("Code", &alice.code())
            .answer("Current password: ", NEW)
            .answer("New password: ", NEWER)
            .answer("Retype new password: ", NEWER)
            .run();
        assert!(screen.text().contains("in as alice"), "{}", screen.text());
        assert_eq!(scene.login("imap", "alice", &format!("{NEWER};{}", alice.code())), "totp");
    }

    #[test]
    fn people_of_389_change_their_passwords_as_its_policy_allows() {
        let scene = Scene::<Ds389>::start();
        scene.directory.modify(
            "dn: ou=people,dc=example,dc=org\nchangetype: modify\nadd: aci\n\
             aci: (targetattr=\"userPassword\")(version 3.0; acl \"own password\"; allow (write) \
             userdn=\"ldap:///self\";)\n",
        );
        for (attribute, value) in
            [("passwordCheckSyntax", "on"), ("passwordMinLength", "8"), ("passwordHistory", "on")]
        {
            scene.directory.set("cn=config", attribute, value);
        }
        let alice = alice(&scene);
        // In this operation, the server says why in its control, and not in words.
        let words =
            "the new password is too simple or too short for the directory: nothing was changed";
        refused(&scene, &alice, (PASSWORD, "S0-xyz"), words);
        changed(&scene, &alice, PASSWORD, NEW);
        let words = "the new password was used before: nothing was changed";
        refused(&scene, &alice, (NEW, PASSWORD), words);
    }

    /// The server takes such a password, and says in the answer that it has to be changed.
    #[test]
    fn su_leads_people_of_389_through_the_change() {
        let scene = Scene::<Ds389>::start();
        scene.directory.modify(
            "dn: ou=people,dc=example,dc=org\nchangetype: modify\nadd: aci\n\
             aci: (targetattr=\"userPassword\")(version 3.0; acl \"own password\"; allow (write) \
             userdn=\"ldap:///self\";)\n",
        );
        let world = &scene.site.world;
        scene.site.install_recipe("su");
        world.add_system_user("bob");
        for (name, means) in [("alice", "passwordMustChange"), ("carol", "passwordGraceLimit")] {
            world.add_system_user(name);
            let person = scene.member(name);
            scene.directory.put(name, means);
            let su = format!(
                "setpriv --reuid bob --regid bob --clear-groups su {name} -c 'echo in as $(id -un)'"
            );
            let screen = Typist::new(world, &su)
                .answer("Password: ", PASSWORD)
                .answer("Code", &person.code())
                .answer("Current password: ", PASSWORD)
                .answer("New password: ", NEW)
                .answer("Retype new password: ", NEW)
                .run();
            assert!(screen.text().contains(&format!("in as {name}")), "{means}: {}", screen.text());
            let typed = format!("{NEW};{}", person.code());
            assert_eq!(scene.login("imap", name, &typed), "totp", "{means}");
        }
    }
}
