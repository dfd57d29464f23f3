//! What directories hold besides people with one name each.

use monk_tests::directories::{OpenLdap, RealDirectory, State};
use monk_tests::{Slapd, Status};

use crate::scene::{PASSWORD, Scene};

type OfOpenLdap = Scene<OpenLdap>;

/// Anybody's second name is theirs, and a name that two have is nobody's.
#[test]
fn people_may_have_several_names_and_no_name_has_several_people() {
    let scene = OfOpenLdap::start();
    let alice = scene.member("alice");
    let bob = scene.member("bob");
    let add_name = |person: &str, name: &str| {
        let dn = scene.directory.dn_of(person);
        let change = format!("dn: {dn}\nchangetype: modify\nadd: uid\nuid: {name}\n");
        scene.directory.slapd().modify(&change);
    };
    add_name("alice", "liddell");
    assert_eq!(scene.login("imap", "liddell", &alice.app_password), "app-password");
    for person in ["alice", "bob"] {
        add_name(person, "twin");
    }
    for typed in [&alice.app_password, &bob.app_password, PASSWORD] {
        assert_eq!(scene.login("imap", "twin", typed), "ambiguous-user");
    }
    let (_, output) = scene.site.try_enroll(&["totp", "add", "twin", "--name", "Phone"]);
    assert_ne!(output.status, Status::Code(0), "{output}");
}

/// An entry that stands for another one is no person, whatever its name.
#[test]
fn an_alias_is_nobody() {
    let scene = OfOpenLdap::start();
    let alice = scene.member("alice");
    scene.directory.slapd().add(&format!(
        "dn: uid=ali,ou=people,{}\nobjectClass: alias\nobjectClass: extensibleObject\nuid: ali\n\
         aliasedObjectName: {}\n",
        Slapd::SUFFIX,
        scene.directory.dn_of("alice")
    ));
    for typed in [&alice.app_password, PASSWORD] {
        assert_eq!(scene.login("imap", "ali", typed), "unknown-user");
    }
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
}

/// `mail;x-old` is not `mail`, though a search for the one finds the other.
#[test]
fn what_an_attribute_with_an_option_holds_is_nobodys_name() {
    let scene = OfOpenLdap::start();
    let alice = scene.member("alice");
    let slapd = scene.directory.slapd();
    slapd.modify(
        "dn: cn=config\nchangetype: modify\nadd: olcAttributeOptions\nolcAttributeOptions: x- lang-\n",
    );
    slapd.modify(&format!(
        "dn: {}\nchangetype: modify\nadd: mail;x-old\nmail;x-old: old@example.org\n-\n\
         add: uid;x-old\nuid;x-old: former\n-\nadd: cn;lang-de\ncn;lang-de: Alice\n",
        scene.directory.dn_of("alice")
    ));
    for name in ["old@example.org", "former"] {
        assert_eq!(scene.login("imap", name, &alice.app_password), "unknown-user", "{name}");
    }
    for name in ["alice", "alice@example.org"] {
        assert_eq!(scene.login("imap", name, &alice.app_password), "app-password", "{name}");
    }
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
}

/// Below a reference there may be anybody, so a name that is not found here is nobody's only where the server
/// could have known.
#[test]
fn a_reference_below_the_base_stops_nobody_who_is_found() {
    let scene = OfOpenLdap::start();
    let alice = scene.member("alice");
    let suffix = Slapd::SUFFIX;
    scene.directory.slapd().add_referral(&format!(
        "dn: ou=branch,ou=people,{suffix}\nobjectClass: referral\nobjectClass: extensibleObject\n\
         ou: branch\nref: ldap://elsewhere.example.org/ou=branch,ou=people,{suffix}\n"
    ));
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "totp");
    let (_, line) =
        scene.site.audited(|| scene.site.pam("imap", "mallory").types("wrong").authenticate());
    assert_eq!(line.verdict, "unavailable", "{}", line.text);
}

/// OpenLDAP's own second factor wants a code in every bind: who still has one there cannot log in here, and
/// its code does not help.
#[test]
fn who_has_a_token_of_the_overlay_otp_gets_in_when_it_is_taken_away() {
    let scene = OfOpenLdap::start();
    let alice = scene.member("alice");
    let slapd = scene.directory.slapd();
    let suffix = Slapd::SUFFIX;
    slapd.modify(
        "dn: cn=module{0},cn=config\nchangetype: modify\nadd: olcModuleLoad\nolcModuleLoad: otp\n",
    );
    slapd.add(
        "dn: olcOverlay=otp,olcDatabase={1}mdb,cn=config\nobjectClass: olcOverlayConfig\n\
         olcOverlay: otp\n",
    );
    slapd.add(&format!(
        "dn: cn=parameters,{suffix}\nobjectClass: device\nobjectClass: oathTOTPParams\n\
         cn: parameters\noathOTPLength: 6\noathHMACAlgorithm: 1.2.840.113549.2.7\n\
         oathTOTPTimeStepPeriod: 30\n\n\
         dn: cn=token,{suffix}\nobjectClass: device\nobjectClass: oathTOTPToken\ncn: token\n\
         oathTOTPParams: cn=parameters,{suffix}\noathSecret: 12345678901234567890\n"
    ));
    let bob = scene.member("bob");
    for name in ["alice", "bob"] {
        let dn = scene.directory.dn_of(name);
        slapd.modify(&format!(
            "dn: {dn}\nchangetype: modify\nadd: objectClass\nobjectClass: oathTOTPUser\n-\n\
             add: oathTOTPToken\noathTOTPToken: cn=token,{suffix}\n"
        ));
        assert!(!slapd.binds(&dn, PASSWORD));
    }
    assert_eq!(scene.login("imap", "alice", &alice.typed()), "wrong-password");
    assert_eq!(scene.login("imap", "alice", &alice.app_password), "app-password");
    slapd.modify(&format!(
        "dn: {}\nchangetype: modify\ndelete: oathTOTPToken\n-\n\
         delete: objectClass\nobjectClass: oathTOTPUser\n",
        scene.directory.dn_of("bob")
    ));
    assert_eq!(scene.login("imap", "bob", &bob.typed()), "totp");
}

/// A hash that no password has closes the ways that take a password. monk does not read hashes, so it cannot
/// tell that from a wrong one, and the other ways stay open.
#[test]
fn a_hash_that_no_password_has_closes_the_password_alone() {
    let scene = OfOpenLdap::start();
    for (name, hash) in [("alice", "{CRYPT}!"), ("bob", "{CRYPT}*")] {
        let member = scene.member(name);
        scene.directory.put(name, hash);
        assert_eq!(scene.login("imap", name, &member.typed()), "wrong-password");
        assert_eq!(scene.login("imap", name, &member.app_password), "app-password");
        assert_eq!(scene.login("elsewhere", name, &member.code()), "totp");
    }
    assert!(scene.directory.means().iter().all(|(_, state)| *state != State::Enabled));
}
