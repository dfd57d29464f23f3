//! Who is not let in: the answer of PAM, and the reason in the audit.

use monk_tests::clients::{ImapAnswer, imap_login_with_bytes};
use monk_tests::in_every_setup;
use monk_tests::site::{Backend, Running, Setup, Site};
use monk_tests::{Dovecot, DovecotOptions, Slapd};
use std::time::Duration;

/// Refusals that come at once: these tests ask for many, and none is about their time.
const QUICK: &str = "[engine]\nrefusal_ms = 0\n";

in_every_setup!(
    a_wrong_password_is_refused_and_does_not_burn_the_code,
    a_wrong_code_is_refused_and_does_not_burn_the_right_one,
    a_code_of_another_user_or_of_long_ago_is_wrong,
    a_code_is_spent_under_every_name_of_its_user,
    an_unknown_user_is_refused_as_unknown,
    an_empty_password_is_refused,
    a_device_that_was_never_confirmed_opens_nothing,
    a_revoked_app_password_opens_nothing,
    an_app_password_opens_only_its_services_and_networks,
    a_used_backup_code_of_an_old_set_opens_nothing,
    input_that_no_directory_may_see_is_refused,
    a_user_name_full_of_metacharacters_is_unknown_and_lets_nobody_in,
);

/// A site with a PAM service `imap`, alice, and her phone.
fn given_alice(setup: Setup) -> (Site, monk_tests::site::Device) {
    let site = setup.site_with(QUICK);
    site.pam_service("imap", "");
    let phone = site.user_with_device("alice", "secret");
    (site, phone)
}

fn a_wrong_password_is_refused_and_does_not_burn_the_code(setup: Setup) {
    let (site, phone) = given_alice(setup);
    let code = phone.code();
    let wrong = site.pam("imap", "alice").types(format!("wrong;{code}"));
    assert_eq!(site.denies(wrong), "wrong-password");
    let right = site.pam("imap", "alice").types(format!("secret;{code}"));
    assert_eq!(site.grants(right), "totp");
}

fn a_wrong_code_is_refused_and_does_not_burn_the_right_one(setup: Setup) {
    let (site, phone) = given_alice(setup);
    let wrong = site.pam("imap", "alice").types(format!("secret;{}", phone.wrong_code()));
    assert_eq!(site.denies(wrong), "wrong-code");
    let right = site.pam("imap", "alice").types(format!("secret;{}", phone.code()));
    assert_eq!(site.grants(right), "totp");
}

fn a_code_of_another_user_or_of_long_ago_is_wrong(setup: Setup) {
    let (site, phone) = given_alice(setup);
    let others = site.user_with_device("bob", "secret").code();
    for code in [others, phone.old_code(4)] {
        let login = site.pam("imap", "alice").types(format!("secret;{code}"));
        assert_eq!(site.denies(login), "wrong-code");
    }
}

fn a_code_is_spent_under_every_name_of_its_user(setup: Setup) {
    let (site, phone) = given_alice(setup);
    let typed = format!("secret;{}", phone.code());
    assert_eq!(site.grants(site.pam("imap", "Alice@Example.ORG").types(&typed)), "totp");
    for name in ["alice", "ALICE", "alice@example.org"] {
        assert_eq!(site.denies(site.pam("imap", name).types(&typed)), "replayed-code", "{name}");
    }
}

fn an_unknown_user_is_refused_as_unknown(setup: Setup) {
    let (site, phone) = given_alice(setup);
    let login = site.pam("imap", "mallory").types(format!("secret;{}", phone.code()));
    assert_eq!(site.denies(login), "unknown-user");
}

fn an_empty_password_is_refused(setup: Setup) {
    let (site, phone) = given_alice(setup);
    let code = phone.code();
    for typed in [String::new(), format!(";{code}")] {
        assert_eq!(site.denies(site.pam("imap", "alice").types(typed)), "bad-input");
    }
    let right = site.pam("imap", "alice").types(format!("secret;{code}"));
    assert_eq!(site.grants(right), "totp");
}

fn a_device_that_was_never_confirmed_opens_nothing(setup: Setup) {
    let site = setup.site_with(QUICK);
    site.pam_service("imap", "");
    site.add_user("alice", "secret");
    let added = site.enroll(&["totp", "add", "alice"]);
    let phone = monk_tests::site::Device::from_uri(added["uri"].as_str().expect("a URI"));
    let code = phone.code();
    // A device that is not confirmed has no code, so what is typed is all password.
    let in_one = || site.pam("imap", "alice").types(format!("secret;{code}"));
    assert_eq!(site.denies(in_one()), "unexpected-code");
    let on_two_screens = site.pam("imap", "alice").types("secret").types(&code);
    assert_eq!(site.denies(on_two_screens), "not-enrolled");
    // Beside one that is, its code is a wrong one.
    site.device("alice", "Token");
    assert_eq!(site.denies(in_one()), "wrong-code");
}

fn a_revoked_app_password_opens_nothing(setup: Setup) {
    let (site, _phone) = given_alice(setup);
    let lost = site.app_password("alice", "Lost", &["--scope", "imap"]);
    let kept = site.app_password("alice", "Kept", &["--scope", "imap"]);
    let login = |typed: &str| site.pam("imap", "alice").types(typed);
    assert_eq!(site.grants(login(&lost)), "app-password");
    site.enroll(&["app-password", "revoke", "alice", "Lost"]);
    assert_eq!(site.denies(login(&lost)), "wrong-app-password");
    assert_eq!(site.grants(login(&kept)), "app-password");
}

fn an_app_password_opens_only_its_services_and_networks(setup: Setup) {
    let (site, _phone) = given_alice(setup);
    site.pam_service("ssh", "");
    let mail = site.app_password("alice", "Mail", &[]);
    let home = ["--scope", "*", "--network", "192.0.2.0/24,2001:db8::/32"];
    let home = site.app_password("alice", "Home", &home);
    let login = |service, typed: &str| site.pam(service, "alice").types(typed);
    assert_eq!(site.grants(login("imap", &mail)), "app-password");
    assert_eq!(site.denies(login("ssh", &mail)), "app-password-scope");
    for inside in ["192.0.2.7", "2001:db8::7"] {
        assert_eq!(site.grants(login("ssh", &home).from(inside)), "app-password");
    }
    for outside in ["192.0.3.7", "2001:db9::7", "home.example.org"] {
        assert_eq!(site.denies(login("ssh", &home).from(outside)), "app-password-scope");
    }
    // Where the program does not say from where, it is not from there.
    assert_eq!(site.denies(login("ssh", &home)), "app-password-scope");
}

fn a_used_backup_code_of_an_old_set_opens_nothing(setup: Setup) {
    let (site, _phone) = given_alice(setup);
    let old = site.backup_codes("alice");
    let new = site.backup_codes("alice");
    let login = |code: &str| site.pam("imap", "alice").types(format!("secret;{code}"));
    assert_eq!(site.denies(login(&old[0])), "wrong-code");
    assert_eq!(site.grants(login(&new[0])), "backup-code");
    assert_eq!(site.denies(login(&new[0])), "replayed-code");
}

fn input_that_no_directory_may_see_is_refused(setup: Setup) {
    let (site, _phone) = given_alice(setup);
    let _imap = site.imap();
    let login = |password: &[u8]| {
        let limit = Duration::from_secs(20);
        let address = site.world.address(143);
        let (answer, line) = site.audited(|| {
            site.world.inside(|| imap_login_with_bytes(address, "alice", password, limit))
        });
        assert!(matches!(answer, Ok(ImapAnswer::No(_))), "{answer:?}");
        line.reason
    };
    assert_eq!(login(&[b'a'; 513]), "bad-input");
    assert_eq!(login(&[b'a'; 512]), "wrong-password");
    assert_eq!(login(b"secr\xe9t;123456"), "bad-input");
    assert_eq!(login("secr\u{e9}t".as_bytes()), "wrong-password");
}

fn a_user_name_full_of_metacharacters_is_unknown_and_lets_nobody_in(setup: Setup) {
    let (site, phone) = given_alice(setup);
    let dn = format!("uid=alice,{}", Slapd::SUFFIX);
    let code = phone.code();
    for name in [
        "*",
        "al*",
        "*)(uid=*",
        "alice)(objectClass=*",
        "alice)(|(uid=*",
        "x)(|(uid=alice)",
        "a\\2a",
        "\\61lice",
        "\\2a",
        "alice\\00",
        "(",
        ")",
        "&",
        "%61lice",
        "' OR '1'='1",
        "alice'--",
        "alice;",
        &dn,
        "alice,dc=example",
        "alice+cn=alice",
        "{user}",
    ] {
        let login = site.pam("imap", name).types(format!("secret;{code}"));
        assert_eq!(site.denies(login), "unknown-user", "{name:?}");
    }
    // None of them was taken for alice: her code is as good as new.
    let right = site.pam("imap", "alice").types(format!("secret;{code}"));
    assert_eq!(site.grants(right), "totp");
}

#[test]
fn given_a_mail_program_a_user_name_full_of_metacharacters_is_unknown() {
    let site = Site::with_settings(Backend::Ldap, Running::Resident, QUICK);
    let phone = site.user_with_device("alice", "secret");
    site.pam_service("imap", "");
    // Dovecot would not ask at all otherwise.
    let config = "auth_username_chars =\nauth_username_format =\n".to_owned();
    let options =
        DovecotOptions { pam_service: "imap".into(), config, ..DovecotOptions::default() };
    let imap = Dovecot::start(&site.world, options);
    let typed = format!("secret;{}", phone.code());
    for name in ["*)(uid=*", "alice)(objectClass=*", "a\\2a"] {
        assert_eq!(site.refuses(&imap, name, &typed), "unknown-user", "{name:?}");
    }
    assert_eq!(site.opens(&imap, "alice", &typed), "totp");
}

#[test]
fn given_two_entries_of_one_name_it_says_nobody() {
    let site = Site::with_settings(Backend::Ldap, Running::Resident, QUICK);
    site.pam_service("imap", "");
    let phone = site.user_with_device("alice", "secret");
    let code = phone.code();
    site.slapd().add(&format!(
        "dn: cn=other,{}\nobjectClass: inetOrgPerson\nuid: other\nuid: alice\ncn: other\nsn: other\nuserPassword: secret\n",
        Slapd::SUFFIX
    ));
    let login = |user| site.pam("imap", user).types(format!("secret;{code}"));
    assert_eq!(site.denies(login("alice")), "ambiguous-user");
    assert_eq!(site.grants(login("alice@example.org")), "totp");
}

#[test]
fn given_a_directory_that_may_only_be_read_its_users_log_in_with_embedded_credentials() {
    for running in [Running::Resident, Running::OneShot] {
        let setup = Setup { backend: Backend::ReadOnlyLdap, running };
        let (site, phone) = given_alice(setup);
        let codes = site.backup_codes("alice");
        let login = |typed: String| site.pam("imap", "alice").types(typed);
        let typed = format!("secret;{}", phone.code());
        assert_eq!(site.denies(login(format!("wrong;{}", codes[0]))), "wrong-password");
        assert_eq!(site.grants(login(typed.clone())), "totp");
        assert_eq!(site.denies(login(typed)), "replayed-code");
        assert_eq!(site.grants(login(format!("secret;{}", codes[0]))), "backup-code");
        let people = "(&(objectClass=person)(monkCredential=*))";
        let enrolled = site.slapd().search(Slapd::SUFFIX, people, &["monkUse"]);
        assert!(enrolled.is_empty(), "the directory was written");
    }
}
