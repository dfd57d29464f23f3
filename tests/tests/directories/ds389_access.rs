//! The access rules that are shipped for 389 Directory Server.

mod heavy {
    use monk_tests::directories::{Ds389, RealDirectory};
    use monk_tests::{Status, World};

    use crate::scene::PASSWORD;

    /// LDAP's insufficientAccessRights, noSuchAttribute and success, which are also exit statuses.
    const REFUSED: Status = Status::Code(50);
    const NOT_THERE: Status = Status::Code(16);
    const DONE: Status = Status::Code(0);

    /// What sites have from older versions: everybody reads, and people change their own entries.
    const OLDER_RULES: &str = "\
dn: dc=example,dc=org
changetype: modify
add: aci
aci: (targetattr != \"userPassword\")(version 3.0; acl \"Enable anonymous access\"; allow (read, search, compare) \
userdn = \"ldap:///anyone\";)
aci: (targetattr != \"aci\")(version 3.0; acl \"Allow self entry modification\"; allow (write) \
userdn = \"ldap:///self\";)
";

    /// Changes of alice's entry, and what comes of each by alice, bob, monk-check and monk-enrol.
    const CHANGES: [(&str, [Status; 4]); 6] = [
        (
            "delete: monkUse\nmonkUse: used\n-\nadd: monkUse\nmonkUse: used",
            [REFUSED, REFUSED, DONE, DONE],
        ),
        ("delete: monkUse\nmonkUse: other", [REFUSED, REFUSED, NOT_THERE, NOT_THERE]),
        ("add: monkCredential\nmonkCredential: new", [REFUSED, REFUSED, REFUSED, DONE]),
        ("add: objectClass\nobjectClass: nsMemberOf", [DONE, REFUSED, REFUSED, REFUSED]),
        ("replace: description\ndescription: me", [DONE, REFUSED, REFUSED, REFUSED]),
        (
            "delete: objectClass\nobjectClass: monkUser\n-\ndelete: monkCredential\n-\ndelete: monkUse",
            [REFUSED, REFUSED, REFUSED, DONE],
        ),
    ];

    #[test]
    fn the_shipped_rules_give_monk_what_it_needs_and_nobody_else_anything() {
        let world = World::new();
        let directory = Ds389::start(&world);
        directory.modify(OLDER_RULES);
        for name in ["alice", "bob"] {
            directory.add_person(name, PASSWORD);
        }
        let alice = directory.dn_of("alice");
        directory.modify(&format!(
            "dn: {alice}\nchangetype: modify\nadd: objectClass\nobjectClass: monkUser\n-\n\
             add: monkCredential\nmonkCredential: enrolled\n-\nadd: monkUse\nmonkUse: used\n"
        ));
        let people = [(alice.clone(), PASSWORD), (directory.dn_of("bob"), PASSWORD)];
        let hosts = ["check", "enrol"].map(|role| directory.account_of(role));
        for ((dn, password), sees) in people.iter().chain(&hosts).zip([false, false, true, true]) {
            let search = directory.command_of("ldapsearch", dn, password);
            let asked = ["-LLL", "-b", &alice, "(uid=alice)", "monkCredential", "monkUse", "mail"];
            let seen = search.args(asked).run().expect_success().stdout;
            assert!(seen.contains("mail: alice@example.org"), "{dn}: {seen}");
            assert_eq!(seen.contains("monkCredential: enrolled"), sees, "{dn}: {seen}");
            assert_eq!(seen.contains("monkUse: used"), sees, "{dn}: {seen}");
        }
        for (changes, expected) in CHANGES {
            for ((dn, password), expected) in people.iter().chain(&hosts).zip(expected) {
                let ldif = format!("dn: {alice}\nchangetype: modify\n{changes}\n");
                let modify = directory.command_of("ldapmodify", dn, password);
                let output = modify.stdin(ldif).run();
                assert_eq!(output.status, expected, "{dn}, {changes}: {output}");
            }
        }
    }

    /// docs/directories/389ds.md tells how monk's own account is kept open.
    #[test]
    fn a_policy_of_its_own_keeps_monks_account_open() {
        let world = World::new();
        let directory = Ds389::start(&world);
        let [(check, secret), (enrol, _)] =
            ["check", "enrol"].map(|role| directory.account_of(role));
        let exempt = ["localpwp", "adduser", "--pwdlockout", "off", "--pwdexpire", "off", &check];
        directory.own("dsconf", &exempt);
        for dn in [&check, &enrol] {
            for number in 0..5 {
                assert!(!directory.bind(dn, &format!("wrong {number}")).success());
            }
        }
        directory.bind(&check, secret).expect_success();
        assert_eq!(directory.bind(&enrol, secret).status, Status::Code(19), "it is locked");
    }
}
