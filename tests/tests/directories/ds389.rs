//! 389 Directory Server. Each start takes seven seconds of an idle machine.

mod heavy {
    use monk_tests::World;
    use monk_tests::directories::{Ds389, RealDirectory};

    use crate::{claims, speed};

    /// What the server itself says to a right password.
    const SAID: [(&str, &str); 7] = [
        ("nsAccountLock", "Server is unwilling to perform (53); Account locked"),
        ("role", "Server is unwilling to perform (53); Account locked"),
        ("passwordMaxFailure", "Constraint violation (19); Account locked"),
        ("passwordUnlock off", "Constraint violation (19); Account locked"),
        ("passwordExpirationTime", "Invalid credentials (49); Password expired"),
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
    fn logins_are_quick() {
        speed::logins_are_quick::<Ds389>();
    }
}
