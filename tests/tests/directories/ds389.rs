//! 389 Directory Server. Each start takes seven seconds of an idle machine.

mod heavy {
    use monk_tests::World;
    use monk_tests::directories::{Ds389, RealDirectory};
    use monk_tests::site::{Running, STORE_BASE, Site, shipped};

    use crate::scene::PASSWORD;
    use crate::{claims, groups, speed, states};

    /// What the server itself says to a right password.
    const SAID: [(&str, &str); 8] = [
        ("nsAccountLock", "Server is unwilling to perform (53); Account locked"),
        ("role", "Server is unwilling to perform (53); Account locked"),
        ("passwordMaxFailure", "Constraint violation (19); Account locked"),
        ("passwordUnlock off", "Constraint violation (19); Account locked"),
        ("passwordExpirationTime", "Invalid credentials (49); Password expired"),
        ("passwordGraceLimit", "Success (0) (Password expired, 19 grace logins remain)"),
        ("passwordMustChange", "Success (0); Password must be changed"),
        ("accountInactivityLimit", "Constraint violation (19)"),
    ];

    #[test]
    fn the_server_says_of_each_state_what_we_think() {
        let world = World::new();
        let directory = Ds389::start(&world);
        let known: Vec<&str> = directory.means().iter().map(|(means, _)| *means).collect();
        assert_eq!(known, SAID.map(|(means, _)| means));
        for (number, (means, said)) in SAID.into_iter().enumerate() {
            let name = format!("user{number}");
            let (dn, password) = (directory.dn_of(&name), "secret");
            directory.add_person(&name, password);
            directory.bind(&dn, password).expect_success();
            directory.put(&name, means);
            let said = format!("ldap_bind: {said}\n");
            let output = directory.bind(&dn, password);
            assert!(output.stderr.starts_with(&said), "{means}: {output}");
        }
    }

    #[test]
    fn people_are_found() {
        claims::people_are_found_by::<Ds389>(&["alice", "ALICE", "alice@example.org"]);
    }

    #[test]
    fn renamed_people_keep_their_factors() {
        claims::renamed_people_keep_their_factors::<Ds389>();
    }

    #[test]
    fn moved_people_keep_their_factors() {
        claims::moved_people_keep_their_factors::<Ds389>();
    }

    #[test]
    fn recreated_people_have_nothing() {
        claims::recreated_people_have_nothing::<Ds389>();
    }

    #[test]
    fn a_code_that_is_raced_opens_once() {
        claims::a_code_that_is_raced_opens_once::<Ds389>();
    }

    #[test]
    fn an_outage_costs_nothing_but_its_time() {
        claims::an_outage_costs_nothing_but_its_time::<Ds389>();
    }

    #[test]
    fn members_of_groups_get_in() {
        groups::members_of_groups_get_in::<Ds389>();
    }

    #[test]
    fn every_means_closes_every_way() {
        // After these, the server takes the password, and says beside it that another one is wanted.
        let taken = ["passwordGraceLimit", "passwordMustChange"];
        states::every_means_closes_every_way::<Ds389>(&taken);
    }

    #[test]
    fn logins_are_quick() {
        speed::logins_are_quick::<Ds389>();
    }

    /// The accounts of hosts have the rights of the shipped rules, and nobody else has any.
    #[test]
    fn a_credential_store_of_its_own_can_be_here() {
        let world = World::new();
        let directory = Ds389::start(&world);
        directory.add(&shipped("config/ldap/store.ldif"));
        directory.modify(&shipped("config/ldap/389ds/store-access.ldif"));
        directory.add_person("alice", PASSWORD);
        let store = |role| {
            let account = directory.settings_of(role);
            let common = ["uris", "ca_file", "bind_dn", "password_file"];
            let is_common = |line: &&str| common.iter().any(|key| line.starts_with(key));
            let lines: Vec<&str> = account.lines().filter(is_common).collect();
            format!(
                "[credential_store]\nbase = \"{STORE_BASE}\"\ndirectory_label = \"main\"\n{}\n",
                lines.join("\n")
            )
        };
        let settings = format!("credentials = \"ldap\"\n{}", store("enrol"));
        let section = directory.ldap_section();
        let site = Site::in_directory(&world, &section, Running::Resident, &settings);
        let phone = site.device("alice", "Phone");
        site.pam_service("imap", "");
        let typed = format!("{PASSWORD};{}", phone.code());
        assert_eq!(site.grants(site.pam("imap", "alice").types(&typed)), "totp");
        assert_eq!(site.denies(site.pam("imap", "alice").types(&typed)), "replayed-code");

        // A host that checks logins records uses, and enrols nobody.
        site.change_settings(&store("enrol"), &store("check"));
        site.reload_engine();
        let typed = format!("{PASSWORD};{}", phone.code());
        assert_eq!(site.grants(site.pam("imap", "alice").types(&typed)), "totp");
        let (_, refused) = site.try_enroll(&["totp", "add", "alice", "--name", "Tablet"]);
        assert!(!refused.success(), "{refused}");

        let everything = |dn: &str, password: &str| {
            let command = directory.command_of("ldapsearch", dn, password);
            command.args(["-LLL", "-b", STORE_BASE]).run().stdout
        };
        let alice = directory.dn_of("alice");
        let (enrol, secret) = directory.account_of("enrol");
        assert!(everything(&enrol, secret).contains("monkOwner: "));
        assert_eq!(everything(&alice, PASSWORD), "", "users see nothing of it");
        let entries = directory.search(STORE_BASE, "(monkCredential=*)", &["dn"]);
        assert_eq!(entries.len(), 2, "the sentinel and alice's");
    }
}
