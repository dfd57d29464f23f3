//! OpenLDAP: this machine's release in every run, that of Debian 13 in a full one.

use monk_tests::World;
use monk_tests::directories::{Installed, OpenLdap, RealDirectory, Release, TwoSix};

use crate::{claims, groups, speed};

/// Makes tests of functions of a release: `claim::installed`, and `claim::trixie`, which runs with
/// `cargo xtask test --all`.
macro_rules! on_each_release {
    ($($claim:ident),+ $(,)?) => {
        $(mod $claim {
            #[test]
            fn installed() {
                super::$claim::<super::Installed>();
            }

            #[test]
            fn trixie() {
                super::$claim::<super::TwoSix>();
            }
        })+
    };
}

on_each_release!(
    the_server_says_of_each_state_what_we_think,
    people_are_found,
    members_of_groups_get_in,
    renamed_people_keep_their_factors,
    moved_people_keep_their_factors,
    recreated_people_have_nothing,
    a_code_that_is_raced_opens_once,
    an_outage_costs_nothing_but_its_time,
    logins_are_quick,
    groups_in_groups_are_in_the_entries_of_people_where_the_server_resolves_them,
);

/// What the server itself says to a right password.
const SAID: [(&str, &str); 10] = [
    ("pwdAccountLockedTime for ever", "Invalid credentials (49); Account locked"),
    ("five wrong passwords", "Invalid credentials (49); Account locked"),
    ("pwdEndTime", "Invalid credentials (49); Account locked"),
    ("pwdStartTime", "Invalid credentials (49); Account locked"),
    ("pwdMaxIdle", "Invalid credentials (49); Account locked"),
    ("pwdReset", "Success (0); Password must be changed"),
    ("pwdMaxAge", "Invalid credentials (49); Password expired"),
    ("shadowExpire", ""),
    ("{CRYPT}!", "Invalid credentials (49)"),
    ("{CRYPT}*", "Invalid credentials (49)"),
];

fn the_server_says_of_each_state_what_we_think<R: Release>() {
    let world = World::new();
    let directory = OpenLdap::<R>::start(&world);
    for (number, (means, said)) in SAID.into_iter().enumerate() {
        let name = format!("user{number}");
        directory.add_person(&name, "secret");
        let dn = directory.dn_of(&name);
        assert!(directory.slapd().binds(&dn, "secret"));
        directory.put(&name, means);
        let output = directory.slapd().bind(&dn, "secret");
        let expected = if said.is_empty() { String::new() } else { format!("ldap_bind: {said}\n") };
        assert_eq!(output.stderr, expected, "{means}");
    }
}

fn people_are_found<R: Release>() {
    claims::people_are_found_by::<OpenLdap<R>>(&["alice", "ALICE", "alice@example.org"]);
}

fn renamed_people_keep_their_factors<R: Release>() {
    claims::renamed_people_keep_their_factors::<OpenLdap<R>>();
}

fn moved_people_keep_their_factors<R: Release>() {
    claims::moved_people_keep_their_factors::<OpenLdap<R>>();
}

fn recreated_people_have_nothing<R: Release>() {
    claims::recreated_people_have_nothing::<OpenLdap<R>>();
}

fn a_code_that_is_raced_opens_once<R: Release>() {
    claims::a_code_that_is_raced_opens_once::<OpenLdap<R>>();
}

fn an_outage_costs_nothing_but_its_time<R: Release>() {
    claims::an_outage_costs_nothing_but_its_time::<OpenLdap<R>>();
}

fn logins_are_quick<R: Release>() {
    speed::logins_are_quick::<OpenLdap<R>>();
}

fn groups_in_groups_are_in_the_entries_of_people_where_the_server_resolves_them<R: Release>() {
    let world = World::new();
    let directory = OpenLdap::<R>::start(&world);
    directory.add_person("alice", "secret");
    directory.add_group("staff", &["alice"]);
    directory.add_group("all", &["staff"]);
    let found = directory.slapd().search(&directory.dn_of("alice"), "(uid=alice)", &["memberOf"]);
    let mut groups = found[0].values("memberOf");
    groups.sort();
    let expected = match R::RESOLVES_GROUPS {
        true => vec![directory.group_dn("all"), directory.group_dn("staff")],
        false => vec![directory.group_dn("staff")],
    };
    assert_eq!(groups, expected);
}

fn members_of_groups_get_in<R: Release>() {
    groups::members_of_groups_get_in::<OpenLdap<R>>();
}
