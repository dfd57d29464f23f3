//! Modules behind monk in the files that all services include: with the package's profile they get the
//! bare password, as they do from pam_unix of users of the machine.

use monk_tests::clients::{Pam, PamAnswer};

use super::*;

/// A profile of Debian's kind that belongs behind all that check passwords, as pam_mount's does.
const PROFILE: &str = "Name: hand the password to a program\nDefault: yes\nPriority: 0\n\
                       Auth-Type: Additional\nAuth-Final:\n\
                       \toptional\tpam_exec.so expose_authtok quiet /usr/local/bin/listener\n";

/// Where the program leaves what it was given.
const HEARD: &str = "/run/heard";

/// A machine with monk's profile and that one. alice is monk's, bob the machine's.
#[track_caller]
fn given_a_listener() -> (Site, monk_tests::site::Device) {
    let site = Site::with_settings(Backend::Embedded, Running::Resident, "");
    let phone = site.user_with_device("alice", "secret");
    for name in ["alice", "bob"] {
        site.world.add_system_user(name);
    }
    site.world.set_password("bob", "unix;secret");
    site.world.remove("/etc/pam.d/vsftpd");
    let listener = format!("#!/bin/sh\nprintf '[%s]' \"$(tr -d '\\0')\" >>{HEARD}\n");
    site.world.write("/usr/local/bin/listener", listener, 0o755);
    site.world.write("/usr/share/pam-configs/listener", PROFILE, 0o644);
    site.switch_on_profile();
    let auth = site.world.read("/etc/pam.d/common-auth");
    assert!(auth.contains("pam_exec.so") && auth.contains("pam_monk.so"), "{auth}");
    (site, phone)
}

/// What the program was given since the last time, after a login that must succeed.
#[track_caller]
fn heard(site: &Site, login: Pam) -> String {
    let login = login.authenticate();
    assert_eq!(login.answer, PamAnswer::Success, "{}", login.shown);
    taken(site)
}

fn taken(site: &Site) -> String {
    if !site.world.exists(HEARD) {
        return String::new();
    }
    let heard = site.world.read(HEARD);
    site.world.remove(HEARD);
    heard
}

#[test]
fn with_the_profile_a_module_behind_monk_gets_the_bare_password_and_asks_nobody() {
    let (site, phone) = given_a_listener();
    Visit::to(&site, &[]).is_clean();
    let codes = site.backup_codes("alice");
    let login = |user: &str| site.pam("login", user);
    // One string, and two screens; whatever is asked beyond them is answered with nothing.
    let typed = format!("secret;{}", phone.code());
    assert_eq!(heard(&site, login("alice").types(&typed)), "[secret]");
    assert_eq!(heard(&site, login("alice").types("secret").types(&codes[0])), "[secret]");
    // Users of the machine, whose second screen is empty, as before.
    assert_eq!(heard(&site, login("bob").types("unix;secret").types("")), "[unix;secret]");
    assert_eq!(heard(&site, login("bob").types("unix;secret").types("123456")), "[unix;secret]");
    // Who is refused hands on nothing: the stack ends before.
    for typed in [typed, "secret;000000".to_owned(), format!("wrong;{}", codes[1])] {
        let refused = login("alice").types(&typed).authenticate();
        assert_ne!(refused.answer, PamAnswer::Success, "{}", refused.shown);
        assert_eq!(taken(&site), "");
    }
}

/// An app password stands for no password that could be handed on: the module behind asks for one
/// itself, and must not be needed.
#[test]
fn with_an_app_password_there_is_nothing_to_hand_on() {
    let (site, _phone) = given_a_listener();
    let app_password = site.app_password("alice", "Laptop", &["--scope", "login"]);
    let login = site.pam("login", "alice").types(&app_password).types("asked again");
    assert_eq!(heard(&site, login), "[asked again]");
}

#[test]
fn without_forward_pass_the_module_gets_nothing_and_doctor_says_so() {
    let (site, phone) = given_a_listener();
    let file = "/etc/pam.d/common-auth";
    let rules = site.world.read(file).replace(" forward_pass", "");
    site.world.write(file, rules, 0o644);
    let visit = Visit::to(&site, &[]);
    let found = visit.finds("pam-nothing-forwarded", "warning");
    assert!(text(found, "evidence").contains("pam_exec.so"), "{found:#}");
    let login = site.pam("login", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(heard(&site, login.types("asked again")), "[asked again]");
}
