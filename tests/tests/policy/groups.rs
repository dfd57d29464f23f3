//! Services that are open to some groups.

use std::sync::atomic::{AtomicU32, Ordering};

use monk_tests::clients::PamAnswer;
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{Slapd, in_both_ways};

const STAFF: &str = "[service.imap]\ngroups = [\"staff\"]\n";

/// Tells the app passwords of a user apart.
static APP_PASSWORDS: AtomicU32 = AtomicU32::new(0);

fn new_app_password(site: &Site, user: &str) -> String {
    let name = format!("App {}", APP_PASSWORDS.fetch_add(1, Ordering::Relaxed));
    site.app_password(user, &name, &["--scope", "imap"])
}

/// Whether an app password, and a password with a code, of `user` open the service.
#[track_caller]
fn assert_is_in(site: &Site, user: &str, is_in: bool) {
    let app_password = new_app_password(site, user);
    let pam = || site.pam("imap", user).from("192.0.2.7");
    if is_in {
        assert_eq!(site.grants(pam().types(&app_password)), "app-password");
        assert_eq!(pam().account().answer, PamAnswer::Success);
    } else {
        assert_eq!(site.denies(pam().types(&app_password)), "not-in-group");
        assert_ne!(pam().account().answer, PamAnswer::Success, "a key alone opens nothing either");
    }
}

fn groups_of_the_embedded_directory_decide(running: Running) {
    let site = Setup { backend: Backend::Embedded, running }.site_with(STAFF);
    site.pam_service("imap", "");
    site.add_user("alice", "secret");
    let phone = site.device("alice", "Phone");
    assert_is_in(&site, "alice", false);
    let typed = format!("secret;{}", phone.code());
    let outside = || site.pam("imap", "alice").types(&typed);
    assert_eq!(site.denies(outside()), "not-in-group");
    let added = site.enroll(&["group", "add", "Staff", "alice"]);
    assert_eq!(added["changed"][0], "alice");
    assert_eq!(site.grants(outside()), "totp", "the code was not spent before");
    site.enroll(&["group", "remove", "staff", "alice"]);
    assert_is_in(&site, "alice", false);
}

in_both_ways!(groups_of_the_embedded_directory_decide);

/// A site with groups of the three kinds, and a user in each.
fn site_with_groups(policy: &str) -> Site {
    let base = Slapd::SUFFIX;
    let settings = format!("group_base = \"ou=groups,{base}\"\n{policy}");
    let site = Site::new(Backend::Ldap, Running::Resident);
    let slapd = site.slapd();
    // The overlay is what writes memberOf; the groups themselves are what it goes by.
    slapd.modify("dn: cn=module{0},cn=config\nchangetype: modify\nadd: olcModuleLoad\nolcModuleLoad: memberof\n");
    let databases = slapd.search("cn=config", "(olcSuffix=*)", &["dn"]);
    let database = databases.iter().map(|entry| entry.dn.clone()).find(|dn| dn.contains("mdb"));
    let database = database.expect("a database");
    slapd.add(&format!(
        "dn: olcOverlay=memberof,{database}\nobjectClass: olcOverlayConfig\nobjectClass: olcMemberOf\nolcOverlay: memberof\n"
    ));
    for user in ["names", "unique", "posix", "nobody"] {
        site.add_user(user, "secret");
    }
    slapd.add(&format!(
        "dn: ou=groups,{base}\nobjectClass: organizationalUnit\nou: groups\n\n\
         dn: cn=names,ou=groups,{base}\nobjectClass: groupOfNames\ncn: names\nmember: uid=names,{base}\n\n\
         dn: cn=unique,ou=groups,{base}\nobjectClass: groupOfUniqueNames\ncn: unique\nuniqueMember: uid=unique,{base}\n\n\
         dn: cn=posix,ou=groups,{base}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 4711\nmemberUid: posix\n\n\
         dn: cn=names,{base}\nobjectClass: groupOfNames\ncn: names\nmember: uid=nobody,{base}\n"
    ));
    drop(slapd);
    site.change_settings("base = \"", &format!("{settings}base = \""));
    site.reload_engine();
    site.pam_service("imap", "");
    site
}

/// Puts a policy in force, which has to come after the section of LDAP.
fn set_policy(site: &Site, groups: &str) {
    let settings = site.world.read(monk_tests::site::SETTINGS);
    let before = settings.split("\n[service.imap]").next().unwrap_or_default();
    let text = format!("{before}\n[service.imap]\ngroups = {groups}\n");
    site.world.write(monk_tests::site::SETTINGS, text, 0o644);
    let said = site.reload_engine();
    assert!(said.starts_with("settings read"), "{said}");
}

#[test]
fn groups_of_ldap_are_found_by_name_whatever_they_are_made_of() {
    let site = site_with_groups("");
    set_policy(&site, "[\"names\", \"UNIQUE\", \"posix\"]");
    for user in ["names", "unique", "posix"] {
        assert_is_in(&site, user, true);
    }
    // Who is in a group of that name, but somewhere else.
    assert_is_in(&site, "nobody", false);
    set_policy(&site, "[\"posix\"]");
    assert_is_in(&site, "names", false);
}

#[test]
fn groups_of_ldap_are_found_by_the_users_own_entry() {
    let site = site_with_groups("");
    let base = Slapd::SUFFIX;
    // Names of entries are compared as the server does, not letter by letter.
    set_policy(&site, &format!("[\"CN=Names, OU=Groups,{base}\"]"));
    assert_is_in(&site, "names", true);
    for user in ["posix", "nobody"] {
        assert_is_in(&site, user, false);
    }
}

#[test]
fn a_group_that_is_not_there_has_no_members() {
    let site = site_with_groups("");
    set_policy(&site, "[\"names\"]");
    assert_is_in(&site, "names", true);
    let (right, wrong) = (format!("ou=groups,{}", Slapd::SUFFIX), "ou=gone,dc=example,dc=org");
    site.change_settings(&right, wrong);
    site.reload_engine();
    let app_password = new_app_password(&site, "names");
    let (login, line) =
        site.audited(|| site.pam("imap", "names").types(&app_password).authenticate());
    assert_eq!(login.answer, PamAnswer::AuthErr, "{}", line.text);
    assert_eq!(line.reason, "not-in-group");
}
