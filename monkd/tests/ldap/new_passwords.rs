//! Users who change their passwords, and administrators who set them.

use monk_core::typed::Password;
use monk_terms::account_state::AccountState;
use monk_terms::not_taken::NotTaken;
use monk_tests::{Slapd, SlapdOptions, World};
use monkd::deadline::Deadline;
use monkd::directory::change::{Changed, Changer};
use monkd::directory::{Account, Advice, Answer, Directory};
use monkd::outage::Outage;

use crate::password_policy::{policy, put_under, set, with_policies};
use crate::scripted::{Scripted, ber, message};
use crate::setup::{ALICE, BOB, DEADLINE, ENROL, Host, log, slapd, world};

/// The extended operation (RFC 4511 §4.12), and its response.
const EXTENDED: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;

/// Who changes a password, with what.
#[derive(Clone, Copy)]
enum By {
    Old(&'static str),
    Root { must_change: bool },
}

/// Lets users change their passwords, and monk's enrolling account those of everybody.
#[track_caller]
fn let_change(slapd: &Slapd) {
    slapd.modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nadd: olcAccess\n\
         olcAccess: {{0}}to attrs=userPassword by self write by dn.exact=\"{ENROL}\" write by anonymous auth\n"
    ));
}

/// A host whose account may do more.
#[track_caller]
fn administrators_host(world: &World, slapd: &Slapd) -> Host {
    let authority = world.certificates().authority.display().to_string();
    let account = format!(
        "bind_dn = {ENROL:?}\npassword_file = \"/unused\"\nca_file = {authority:?}\npreset = \"openldap\"\n"
    );
    Host::as_account(world, &[&slapd.ldaps_uri()], &account, Some("enrol-secret"))
        .unwrap_or_else(|outage| panic!("{outage}"))
}

#[track_caller]
fn change(host: &Host, account: &Account, by: By, new: &str) -> Result<Changed, Outage> {
    let (account, new) = (account.clone(), Password::new(new).expect("not empty"));
    let task = host.start(async move |ldap| {
        let old;
        let changer = match by {
            By::Old(text) => {
                old = Password::new(text).expect("not empty");
                Changer::User { old: &old }
            }
            By::Root { must_change } => Changer::Administrator { must_change },
        };
        ldap.change_password(&account, changer, &new, Deadline::after(DEADLINE)).await
    });
    host.wait(task)
}

/// A slapd with these lines in alice's policy.
#[track_caller]
fn under(lines: &str) -> (World, Slapd, Host, Account) {
    let world = world();
    let slapd = with_policies(&world);
    let_change(&slapd);
    policy(&slapd, "strict", lines);
    put_under(&slapd, ALICE, "strict");
    let host = Host::new(&world, &slapd);
    let alice = host.account("alice");
    (world, slapd, host, alice)
}

/// Why, and in which words, a change was refused.
#[track_caller]
fn refused(changed: Result<Changed, Outage>) -> (NotTaken, String) {
    match changed {
        Ok(Changed::NotTaken { why, said }) => (why, said),
        other => panic!("{other:?}"),
    }
}

const RIGHT: Result<Answer, Outage> = Ok(Answer::Right(Advice::Nothing));

#[test]
fn a_user_changes_the_password_with_the_old_one() {
    let (_world, slapd, host, alice) = under("");
    let changed = change(&host, &alice, By::Old("wrong"), "alice-new");
    assert_eq!(changed, Ok(Changed::WrongOld));
    assert_eq!(host.check(Some(&alice), "alice-secret"), RIGHT, "nothing has changed");
    assert_eq!(change(&host, &alice, By::Old("alice-secret"), "älice new"), Ok(Changed::Done));
    assert_eq!(host.check(Some(&alice), "älice new"), RIGHT);
    assert_eq!(host.check(Some(&alice), "alice-secret"), Ok(Answer::Wrong));
    let bob = host.account("bob");
    assert_eq!(host.check(Some(&bob), "bob-secret"), RIGHT, "and nobody else's");
    // With the user's own bind: monk's account has no right to do it.
    assert!(log(&slapd).contains(&format!("BIND dn=\"{ALICE}\" method=128")));
    let changed = change(&host, &bob, By::Root { must_change: false }, "bob-new");
    assert_eq!(refused(changed).0, NotTaken::NotAllowed);
}

#[test]
fn the_policy_speaks_in_its_own_words() {
    let (_world, _slapd, host, alice) =
        under("pwdCheckQuality: 2\npwdMinLength: 8\npwdInHistory: 3\n");
    let changed = change(&host, &alice, By::Old("alice-secret"), "short");
    let wanted = "Password fails quality checking policy";
    assert_eq!(refused(changed), (NotTaken::TooShort, wanted.to_owned()));
    assert_eq!(change(&host, &alice, By::Old("alice-secret"), "alice-second"), Ok(Changed::Done));
    assert_eq!(change(&host, &alice, By::Old("alice-second"), "alice-third"), Ok(Changed::Done));
    for used in ["alice-second", "alice-third"] {
        let (why, said) = refused(change(&host, &alice, By::Old("alice-third"), used));
        assert_eq!(why, NotTaken::InHistory, "{said}");
        assert!(!said.is_empty() && !said.contains(used), "{said}");
    }
    assert_eq!(host.check(Some(&alice), "alice-third"), RIGHT);
}

#[test]
fn a_password_that_is_too_young_stays() {
    let (_world, _slapd, host, alice) = under("pwdMinAge: 3600\n");
    assert_eq!(change(&host, &alice, By::Old("alice-secret"), "alice-new"), Ok(Changed::Done));
    let changed = change(&host, &alice, By::Old("alice-new"), "alice-newer");
    let wanted = "Password is too young to change";
    assert_eq!(refused(changed), (NotTaken::TooYoung, wanted.to_owned()));
    assert_eq!(host.check(Some(&alice), "alice-new"), RIGHT);
}

#[test]
fn a_user_who_may_not_change_it_hears_so() {
    let (_world, _slapd, host, alice) = under("pwdAllowUserChange: FALSE\n");
    let (why, said) = refused(change(&host, &alice, By::Old("alice-secret"), "alice-new"));
    assert_eq!(
        (why, said.as_str()),
        (NotTaken::NotAllowed, "User alteration of password is not allowed")
    );
}

#[test]
fn a_locked_account_keeps_its_password() {
    let (_world, slapd, host, alice) = under("pwdLockout: TRUE\npwdMaxFailure: 2\n");
    set(&slapd, ALICE, "pwdAccountLockedTime", "000001010000Z");
    let changed = change(&host, &alice, By::Old("alice-secret"), "alice-new");
    assert_eq!(refused(changed).0, NotTaken::NotAllowed);
    assert!(!slapd.binds(ALICE, "alice-new"));
}

#[test]
fn who_has_to_change_it_does_and_logs_in() {
    let (world, slapd, host, alice) = under("pwdMustChange: TRUE\n");
    policy(&slapd, "safe", "pwdMustChange: TRUE\npwdSafeModify: TRUE\n");
    let root = administrators_host(&world, &slapd);
    let reset = change(&root, &alice, By::Root { must_change: true }, "from-root");
    assert_eq!(reset, Ok(Changed::Done));
    assert_eq!(host.account("alice").state, AccountState::MustChange);
    let must = Ok(Answer::Right(Advice::MustChange));
    put_under(&slapd, ALICE, "safe");
    assert_eq!(host.check(Some(&alice), "from-root"), must);
    assert_eq!(change(&host, &alice, By::Old("from-root"), "alice-own"), Ok(Changed::Done));
    assert_eq!(host.account("alice").state, AccountState::Enabled);
    assert_eq!(host.check(Some(&alice), "alice-own"), RIGHT);
    // Here nobody may set a password who does not know the old one.
    let (why, said) = refused(change(&root, &alice, By::Root { must_change: true }, "from-root"));
    assert_eq!(why, NotTaken::NotAllowed);
    assert!(said.starts_with("Must supply old password"), "{said}");
}

/// The policy does not ask for it, so monk does.
#[test]
fn root_has_the_password_changed_where_no_policy_does() {
    let world = world();
    let slapd = with_policies(&world);
    let_change(&slapd);
    let root = administrators_host(&world, &slapd);
    let bob = root.account("bob");
    assert_eq!(change(&root, &bob, By::Root { must_change: false }, "one"), Ok(Changed::Done));
    assert_eq!(root.check(Some(&bob), "one"), RIGHT);
    assert_eq!(change(&root, &bob, By::Root { must_change: true }, "two"), Ok(Changed::Done));
    assert_eq!(root.account("bob").state, AccountState::MustChange);
    assert!(slapd.search(BOB, "(objectClass=*)", &["pwdReset"])[0].values("pwdReset") == ["TRUE"]);
}

#[test]
fn without_the_overlay_nobody_can_be_made_to_change_it_and_root_hears_so() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let_change(&slapd);
    let root = administrators_host(&world, &slapd);
    let bob = root.account("bob");
    let Err(Outage::Refused(why)) = change(&root, &bob, By::Root { must_change: true }, "two")
    else {
        panic!("it is not said")
    };
    assert!(why.starts_with("the new password is set, but nothing asks the user"), "{why}");
}

#[test]
fn where_it_is_switched_off_no_server_is_asked() {
    let world = world();
    let slapd = with_policies(&world);
    let host = Host::with(&world, &[&slapd.ldaps_uri()], "password_change = \"none\"\n");
    let alice = host.account("alice");
    for by in [By::Old("alice-secret"), By::Root { must_change: true }] {
        let (changed, operations) = slapd.operations(|| change(&host, &alice, by, "alice-new"));
        assert_eq!(refused(changed), (NotTaken::NotAllowed, String::new()));
        assert_eq!(operations.binds, 0);
    }
}

/// A change goes to the server that takes changes, and another one that only refers to it is no help.
#[test]
fn a_replica_refers_to_the_server_that_takes_changes() {
    let world = world();
    let referral = ber(0xa3, &ber(0x04, b"ldap://writer.example.org"));
    let server = Scripted::start(&world, move |request| match request.operation {
        EXTENDED => {
            let result = [&[0x0a, 1, 10, 0x04, 0, 0x04, 0][..], &referral].concat();
            message(request.id, &ber(EXTENDED_RESPONSE, &result))
        }
        _ => Vec::new(),
    });
    let host = Host::with(&world, &[&server.uri], "");
    let Err(Outage::Refused(why)) = change(&host, &alice(), By::Old("alice-secret"), "alice-new")
    else {
        panic!("not refused")
    };
    assert!(why.contains("write_uri"), "{why}");
    server.stop(&world);
}

/// It may have been changed, so it is not tried again, on no server.
#[test]
fn a_change_without_an_answer_is_a_timeout_and_is_sent_once() {
    let world = world();
    let server = |world: &World| {
        Scripted::start(world, |request| match request.operation {
            // No LDAP: the connection is of no use any more.
            EXTENDED => vec![0xff; 16],
            _ => Vec::new(),
        })
    };
    let (first, second) = (server(&world), server(&world));
    let host = Host::with(&world, &[&first.uri, &second.uri], "write_fail_over = true\n");
    let changed = change(&host, &alice(), By::Old("alice-secret"), "alice-new");
    assert_eq!(changed, Err(Outage::Timeout("LDAP password change")));
    let sent = |server: &Scripted| {
        server.requests().iter().filter(|request| request.operation == EXTENDED).count()
    };
    assert_eq!((sent(&first), sent(&second)), (1, 0));
    first.stop(&world);
    second.stop(&world);
}

fn alice() -> Account {
    Account {
        id: "alice".to_owned(),
        name: "alice".to_owned(),
        mail: None,
        state: AccountState::Enabled,
        created: None,
        password_end: None,
        locator: ALICE.to_owned(),
        credentials: None,
    }
}
