//! What the domain controller itself answers.

use monk_tests::World;
use monk_tests::directories::{Bound, RealDirectory, Samba};

/// The data code with which the server refuses a right password, and that of a wrong one, for each way in
/// which it closes an account.
const CODES: [(&str, &str, &str); 8] = [
    ("userAccountControl", "533", "52e"),
    ("accountExpires", "701", "52e"),
    ("lockoutTime", "775", "775"),
    ("lockoutDuration", "775", "775"),
    ("pwdLastSet", "773", "52e"),
    ("maxPwdAge", "532", "52e"),
    ("logonHours", "530", "52e"),
    ("userWorkstations", "531", "52e"),
];

fn data(code: &str) -> Bound {
    Bound::Data(code.to_owned())
}

/// docs/directories/active-directory.md has these codes.
#[test]
fn a_bind_says_with_a_code_why_it_is_refused() {
    let world = World::new();
    let samba = Samba::start(&world);
    for (means, with_password, without) in CODES {
        samba.add_person(means, "secret");
        let who = format!("{means}@example.org");
        assert_eq!(samba.bind(&who, "secret"), Bound::Yes, "{means}");
        samba.put(means, means);
        assert_eq!(samba.bind(&who, "secret"), data(with_password), "{means}");
        assert_eq!(samba.bind(&who, "wrong"), data(without), "{means}");
    }
    assert_eq!(samba.bind("nobody@example.org", "secret"), data("52e"));
}

#[test]
fn an_account_has_four_names_and_keeps_its_entry() {
    let world = World::new();
    let mut samba = Samba::start(&world);
    samba.add_person("alice", "secret");
    for who in ["alice@example.org", "alice@EXAMPLE", "EXAMPLE\\alice", &samba.dn("alice")] {
        assert_eq!(samba.bind(who, "secret"), Bound::Yes, "{who}");
    }
    samba.rename("alice", "bob");
    samba.move_away("bob");
    assert_eq!(samba.bind("alice@example.org", "secret"), data("52e"));
    assert_eq!(samba.bind("bob@example.org", "secret"), Bound::Yes);
    samba.add_group("team", &["bob"]);
    samba.add_group("department", &["team"]);
    let in_chain = format!("(member:1.2.840.113556.1.4.1941:={})", samba.dn("bob"));
    let groups = samba.search(Samba::SUFFIX, &in_chain, &["sAMAccountName"]);
    assert_eq!(groups.len(), 2, "{groups:?}");
    samba.recreate("bob", "other");
    samba.restart();
    assert_eq!(samba.bind("bob@example.org", "other"), Bound::Yes);
}

/// What monk makes of several states at once: the one that closes most counts.
#[test]
fn of_several_states_the_server_names_the_one_that_closes_most() {
    let world = World::new();
    let samba = Samba::start(&world);
    for (number, means) in ["accountExpires", "lockoutTime", "pwdLastSet"].into_iter().enumerate() {
        let name = format!("user{number}");
        samba.add_person(&name, "secret");
        samba.put(&name, means);
        samba.put(&name, "userAccountControl");
        assert_eq!(samba.bind(&format!("{name}@example.org"), "secret"), data("533"), "{means}");
    }
    // DONT_EXPIRE_PASSWD: nobody has to change such a password.
    samba.add_person("service", "secret");
    samba.put("service", "pwdLastSet");
    samba.replace("service", "userAccountControl", ": 66048");
    assert_eq!(samba.bind("service@example.org", "secret"), Bound::Yes);
}
