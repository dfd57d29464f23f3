//! OpenLDAP's overlay ppolicy: what a bind says, and what a policy says.

use monk_terms::account_state::AccountState;
use monk_terms::verdict::Refusal;
use monk_tests::{Slapd, SlapdOptions, World};
use monkd::directory::{Advice, Answer};
use monkd::outage::Outage;

use crate::setup::{ALICE, BOB, CHECK, Host, slapd, world};

/// A slapd with the overlay and a policy for everybody, under which nobody is stopped.
#[track_caller]
pub fn with_policies(world: &World) -> Slapd {
    let overlay = "dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config\n\
                   objectClass: olcOverlayConfig\nobjectClass: olcPPolicyConfig\n\
                   olcOverlay: ppolicy\nolcPPolicyDefault: cn=usual,dc=example,dc=org\n\
                   olcPPolicyUseLockout: TRUE\n";
    let options = SlapdOptions {
        modules: vec!["ppolicy".to_owned()],
        config: vec![overlay.to_owned()],
        ..SlapdOptions::default()
    };
    let slapd = slapd(world, options);
    // The overlay writes as the rootdn.
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nadd: olcRootDN\n\
         olcRootDN: cn=root,dc=example,dc=org\n",
    );
    policy(&slapd, "usual", "");
    slapd
}

/// Adds a policy with these lines.
#[track_caller]
pub fn policy(slapd: &Slapd, name: &str, lines: &str) {
    slapd.add(&format!(
        "dn: cn={name},dc=example,dc=org\nobjectClass: organizationalRole\n\
         objectClass: pwdPolicy\npwdAttribute: userPassword\n{lines}"
    ));
}

/// Writes an attribute that is the server's own.
#[track_caller]
pub fn set(slapd: &Slapd, dn: &str, attribute: &str, value: &str) {
    slapd.modify_operational(&format!(
        "dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"
    ));
}

/// Puts a user under a policy.
#[track_caller]
pub fn put_under(slapd: &Slapd, dn: &str, name: &str) {
    set(slapd, dn, "pwdPolicySubentry", &format!("cn={name},dc=example,dc=org"));
}

#[test]
fn a_bind_says_that_an_account_is_locked_and_so_does_the_search() {
    let world = world();
    let slapd = with_policies(&world);
    policy(&slapd, "strict", "pwdLockout: TRUE\npwdMaxFailure: 2\n");
    put_under(&slapd, ALICE, "strict");
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    assert_eq!(alice.state, AccountState::Enabled);
    for _ in 0..2 {
        assert_eq!(host.check(Some(&alice), "wrong"), Ok(Answer::Wrong));
    }
    let closed = Ok(Answer::Closed(Refusal::Locked));
    assert_eq!(host.check(Some(&alice), "wrong"), closed);
    assert_eq!(host.check(Some(&alice), "alice-secret"), closed);
    assert_eq!(host.account("alice").state, AccountState::Locked);
    assert_eq!(host.account("bob").state, AccountState::Enabled);
}

#[test]
fn a_bind_says_that_a_password_must_be_changed_expires_or_has_expired() {
    let world = world();
    let slapd = with_policies(&world);
    let long_ago = "20200101000000Z";
    policy(&slapd, "reset", "pwdMustChange: TRUE\n");
    policy(&slapd, "warned", "pwdMaxAge: 2000000000\npwdExpireWarning: 2000000000\n");
    policy(&slapd, "aged", "pwdMaxAge: 10000000\n");
    policy(&slapd, "grace", "pwdMaxAge: 10000000\npwdGraceAuthNLimit: 2\n");
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    let check = || host.check(Some(&alice), "alice-secret").expect("an answer");

    set(&slapd, ALICE, "pwdChangedTime", long_ago);
    put_under(&slapd, ALICE, "warned");
    let Answer::Right(Advice::Expires(seconds)) = check() else { panic!("no warning") };
    assert!((1..2_000_000_000).contains(&seconds), "{seconds}");

    put_under(&slapd, ALICE, "reset");
    set(&slapd, ALICE, "pwdReset", "TRUE");
    assert_eq!(check(), Answer::Right(Advice::MustChange));
    set(&slapd, ALICE, "pwdReset", "FALSE");
    assert_eq!(check(), Answer::Right(Advice::Nothing));

    put_under(&slapd, ALICE, "grace");
    assert_eq!(check(), Answer::Right(Advice::GraceLogins(1)));
    assert_eq!(host.check(Some(&alice), "wrong"), Ok(Answer::Wrong), "no word to a guesser");
    assert_eq!(check(), Answer::Right(Advice::GraceLogins(0)));
    assert_eq!(check(), Answer::Closed(Refusal::PasswordExpired));

    put_under(&slapd, ALICE, "aged");
    assert_eq!(check(), Answer::Closed(Refusal::PasswordExpired));
    assert_eq!(host.check(Some(&alice), "wrong"), Ok(Answer::Wrong));
    let bob = host.account("bob");
    assert_eq!(host.check(Some(&bob), "bob-secret"), Ok(Answer::Right(Advice::Nothing)));
}

#[test]
fn a_policy_says_how_long_and_is_read_once() {
    let world = world();
    let slapd = with_policies(&world);
    let lines = "pwdLockout: TRUE\npwdLockoutDuration: 600\npwdMaxAge: 10000000\n";
    policy(&slapd, "ours", lines);
    policy(&slapd, "hidden", lines);
    slapd.modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nadd: olcAccess\n\
         olcAccess: {{0}}to dn.base=\"cn=hidden,dc=example,dc=org\" by dn.exact=\"{CHECK}\" none by * break\n"
    ));
    set(&slapd, ALICE, "pwdAccountLockedTime", "20200101000000Z");
    set(&slapd, BOB, "pwdChangedTime", "20200101000000Z");
    let state = |host: &Host, name: &str| {
        let (account, operations) = slapd.operations(|| host.account(name));
        (account.state, operations.searches)
    };

    // Nobody says how long.
    let host = Host::new(&world, &slapd);
    assert_eq!(state(&host, "alice"), (AccountState::Locked, 1));
    assert_eq!(state(&host, "bob"), (AccountState::Enabled, 1));

    let ours = "[state]\ndefault_policy = \"cn=ours,dc=example,dc=org\"\n";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], ours);
    assert_eq!(state(&host, "alice"), (AccountState::Enabled, 2), "the lock is over");
    assert_eq!(state(&host, "bob"), (AccountState::PasswordExpired, 1));
    assert_eq!(host.everybody().expect("a list").items.len(), 2);

    // The entry's own policy comes first, and this one is hidden.
    put_under(&slapd, ALICE, "hidden");
    assert_eq!(state(&host, "alice"), (AccountState::Locked, 2));
    assert_eq!(state(&host, "alice"), (AccountState::Locked, 1));

    // No name of an entry: nobody is left out of a list in silence.
    let nonsense = "[state]\ndefault_policy = \"nonsense\"\n";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], nonsense);
    assert!(matches!(host.find("bob"), Err(Outage::Unclear(why)) if why.contains("nonsense")));
    assert!(matches!(host.everybody(), Err(Outage::Unclear(_))));

    let seconds = "[state]\nlockout_seconds = 600\n";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], seconds);
    assert_eq!(state(&host, "alice").0, AccountState::Enabled);
}
