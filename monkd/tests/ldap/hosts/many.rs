//! More members and groups than servers send at once: all of them, or no answer.

use monkd::outage::Outage;

use super::{Asked, GROUPS, PEOPLE, host, members, person, server};
use crate::setup::{CHECK, world};

const USERS: u32 = 10_000;
const TEAMS: u32 = 1_000;

#[test]
fn a_group_of_ten_thousand_and_a_user_in_a_thousand_groups_are_told_whole() {
    let world = world();
    let mut slapd = server(&world);
    let people = (0..USERS).map(|number| person(&format!("u{number}"), 10_000 + number));
    let all: String =
        (0..USERS).map(|number| format!("member: uid=u{number},{PEOPLE}\n")).collect();
    let of_all = format!(
        "dn: cn=everybody,{GROUPS}\nobjectClass: groupOfNames\nobjectClass: bisGroup\ncn: everybody\n\
         gidNumber: 6000\n{all}\n"
    );
    let teams = (0..TEAMS).map(|number| {
        format!(
            "dn: cn=team{number},{GROUPS}\nobjectClass: posixGroup\ncn: team{number}\n\
             gidNumber: {}\nmemberUid: u0\n\n",
            20_000 + number
        )
    });
    slapd.load(people.chain([of_all]).chain(teams));
    // slapd's own limit is 500 entries, in pages or not: a part of the groups is no answer.
    let asked = host(&world, &slapd, "");
    assert_eq!(members(asked.group("everybody")).len(), USERS as usize, "read many at a time");
    assert!(matches!(asked.groups_of("u0"), Err(Outage::Unclear(_))));
    assert_eq!(asked.groups_of("u1"), Ok(vec![6000]));
    assert!(!asked.users().expect("a list").complete);

    slapd.modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcLimits\n\
         olcLimits: dn.exact=\"{CHECK}\" size=600 size.prtotal=unlimited\n"
    ));
    let asked = host(&world, &slapd, "");
    let mut wanted = vec![6000];
    wanted.extend(20_000..20_000 + TEAMS);
    assert_eq!(asked.groups_of("u0"), Ok(wanted));
    let users = asked.users().expect("a list");
    assert!(users.complete);
    assert_eq!(users.items.len(), USERS as usize);
    let groups = asked.groups().expect("a list");
    assert!(groups.complete);
    assert_eq!(groups.items.len(), TEAMS as usize + 1);
}
