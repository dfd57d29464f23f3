//! The state of an account, as the search for the user brings it along.

use monk_terms::account_state::AccountState;
use monkd::outage::Outage;

use crate::password_policy::{set, with_policies};
use crate::setup::{ALICE, BOB, Host, scene, world};

#[test]
fn the_one_search_for_a_user_says_the_state_in_a_list_too() {
    let world = world();
    let slapd = with_policies(&world);
    let host = Host::new(&world, &slapd);
    slapd.modify(&format!(
        "dn: {ALICE}\nchangetype: modify\nadd: objectClass\nobjectClass: shadowAccount\n"
    ));
    // The first list also asks once what the server can do.
    assert!(host.everybody().expect("a list").complete);
    for (attribute, value, state) in [
        ("pwdAccountLockedTime", "000001010000Z", AccountState::Disabled),
        ("pwdAccountLockedTime", "20200101000000Z", AccountState::Locked),
        ("pwdAccountLockedTime", "29990101000000Z", AccountState::Enabled),
        ("pwdEndTime", "20200101000000Z", AccountState::Expired),
        ("pwdEndTime", "29990101000000Z", AccountState::Enabled),
        ("pwdStartTime", "29990101000000Z", AccountState::Expired),
        ("pwdReset", "TRUE", AccountState::MustChange),
        ("shadowExpire", "1", AccountState::Expired),
        ("shadowExpire", "-1", AccountState::Enabled),
        ("shadowLastChange", "0", AccountState::MustChange),
    ] {
        set(&slapd, ALICE, attribute, value);
        let (alice, operations) = slapd.operations(|| host.account("alice"));
        assert_eq!((alice.state, operations.searches), (state, 1), "{attribute}: {value}");
        let (listed, operations) = slapd.operations(|| host.everybody().expect("a list").items);
        assert_eq!(operations.searches, 1);
        for account in listed {
            let wanted = if account.name == "alice" { state } else { AccountState::Enabled };
            assert_eq!(account.state, wanted, "{attribute}: {value}, {}", account.name);
        }
        slapd
            .modify_operational(&format!("dn: {ALICE}\nchangetype: modify\ndelete: {attribute}\n"));
        assert_eq!(host.account("alice").state, AccountState::Enabled, "{attribute}");
    }
}

#[test]
fn filters_of_the_administrator_say_the_state_where_the_credentials_are_elsewhere_too() {
    let (world, slapd, _) = scene();
    let more = "[state]\nmeans = []\ndisabled = \"(employeeType=left)\"\n\
                expired = \"(&(employeeType=*)(!(employeeType=staff)))\"\n";
    for host in [
        Host::with(&world, &[&slapd.ldaps_uri()], more),
        Host::with(&world, &[&slapd.ldaps_uri()], more).without_credentials(),
    ] {
        for (value, state) in [
            ("Left", AccountState::Disabled),
            ("visitor", AccountState::Expired),
            ("staff", AccountState::Enabled),
        ] {
            set(&slapd, ALICE, "employeeType", value);
            assert_eq!(host.account("alice").state, state, "{value}");
        }
        assert_eq!(host.account("bob").state, AccountState::Enabled);
    }
}

#[test]
fn a_crypted_password_with_a_mark_is_seen_only_where_the_settings_and_the_server_let_monk_read_it()
{
    let (world, slapd, host) = scene();
    set(&slapd, ALICE, "userPassword", "{CRYPT}!$6$salt$hash");
    assert_eq!(host.account("alice").state, AccountState::Enabled, "nobody has asked");
    let more = "[state]\ndisabled = \"(userPassword={CRYPT}!*)\"\n";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], more);
    assert_eq!(host.account("alice").state, AccountState::Enabled, "access rules hide it");
    slapd.modify(
        "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nadd: olcAccess\n\
         olcAccess: {0}to attrs=userPassword by dn.exact=\"cn=monk-check,ou=services,dc=example,dc=org\" read \
         by * break\n",
    );
    assert_eq!(host.account("alice").state, AccountState::Disabled);
    assert_eq!(host.account("bob").state, AccountState::Enabled);
}

#[test]
fn an_attribute_that_says_nothing_stops_its_user_and_nobody_else() {
    let (world, slapd, _) = scene();
    let more = "[state]\nvalid_until = [\"description\"]\n";
    let host = Host::with(&world, &[&slapd.ldaps_uri()], more);
    set(&slapd, ALICE, "description", "next summer");
    set(&slapd, BOB, "description", "29990101000000Z");
    let Err(Outage::Refused(message)) = host.find("alice") else { panic!("alice is found") };
    assert!(message.contains("description") && !message.contains("summer"), "{message}");
    assert_eq!(host.account("bob").state, AccountState::Enabled);
}
