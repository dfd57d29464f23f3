//! Lists of everybody: any number of users, and never a part of them taken for all.

use monk_tests::{Slapd, SlapdOptions};

use crate::setup::{CHECK, Host, Listed, enrol_alice, log, slapd, world};

/// More than three pages, and more than slapd lists to ordinary accounts.
const MANY: usize = 1_700;

/// Adds many people, who have ids.
#[track_caller]
fn fill(slapd: &mut Slapd) {
    slapd.load((0..MANY).map(|number| {
        format!(
            "dn: uid=user{number},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\n\
             uid: user{number}\nemployeeNumber: id{number}\ncn: User\nsn: Example\n\n"
        )
    }));
}

#[track_caller]
fn set_limits(slapd: &Slapd, limits: &str) {
    slapd.modify(&format!(
        "dn: olcDatabase={{1}}mdb,cn=config\nchangetype: modify\nreplace: olcLimits\n\
         olcLimits: dn.exact=\"{CHECK}\" {limits}\n"
    ));
}

#[track_caller]
fn names(listed: &Listed<monkd::directory::Account>) -> Vec<&str> {
    let mut names: Vec<_> = listed.items.iter().map(|account| account.name.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "everybody is listed once");
    names
}

#[test]
fn everybody_is_listed_in_pages_whatever_the_limit_of_one_answer() {
    let world = world();
    let mut slapd = slapd(&world, SlapdOptions::default());
    fill(&mut slapd);
    enrol_alice(&slapd, 1);
    let host = Host::new(&world, &slapd);

    // slapd's own limit is 500 entries, pages or not.
    let cut = host.everybody().expect("a list");
    assert!(!cut.complete && cut.items.len() <= 500, "{}", cut.items.len());
    // One answer has at most 600 entries, all pages together have any number.
    set_limits(&slapd, "size=600 size.prtotal=unlimited");
    let whole = host.everybody().expect("a list");
    assert!(whole.complete);
    assert_eq!(names(&whole).len(), MANY + 2, "and alice and bob");
    assert!(log(&slapd).contains("nentries=500"), "in pages");
    // All pages together have fewer.
    set_limits(&slapd, "size=600 size.prtotal=1200");
    let cut = host.everybody().expect("a list");
    assert!(!cut.complete && cut.items.len() <= 1_200, "{}", cut.items.len());
    // A server that permits no pages lists nothing, and that is not taken for nobody.
    set_limits(&slapd, "size=unlimited size.prtotal=disabled");
    assert!(!host.everybody().expect("a list").complete);
    set_limits(&slapd, "size=unlimited");
    assert!(host.everybody().expect("a list").complete);
    let enrolled = host.enrolled().expect("a list");
    assert_eq!((enrolled.items.len(), enrolled.complete), (1, true));
    let alice = host.everybody().expect("a list");
    let alice = alice.items.iter().find(|account| account.name == "alice").expect("alice");
    let set = alice.credentials.as_ref().expect("the search brings it along");
    assert_eq!(set.credentials.len(), 1);
}

#[test]
fn a_part_that_is_on_another_server_is_not_left_out_without_a_word() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    let host = Host::new(&world, &slapd);
    assert!(host.everybody().expect("a list").complete);
    slapd.add(
        "dn: ou=elsewhere,dc=example,dc=org\nobjectClass: referral\n\
         objectClass: extensibleObject\nref: ldap://other.example.org/ou=x\n",
    );
    assert!(!host.everybody().expect("a list").complete);
    assert!(host.has("nobody").is_err(), "the id may be there");
    assert_eq!(host.has("alice"), Ok(true));
}

#[test]
fn a_list_without_somebody_who_has_a_login_name_is_not_whole() {
    let world = world();
    let slapd = slapd(&world, SlapdOptions::default());
    // Without a login name, nobody could log in.
    let uris = [slapd.ldaps_uri()];
    let nameless =
        Host::with(&world, &uris.each_ref().map(String::as_str), "name_attribute = \"title\"");
    let listed = nameless.everybody().expect("a list");
    assert!(listed.complete && listed.items.is_empty());

    slapd.add(
        "dn: uid=carol,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\n\
         uid: carol\ncn: Carol\nsn: Example\n",
    );
    let outage = Host::new(&world, &slapd).everybody().expect_err("she has no id").to_string();
    assert!(outage.contains("uid=carol") && outage.contains("id_attribute"), "{outage}");
}

#[test]
fn a_server_that_goes_away_ends_the_list_with_an_outage() {
    let world = world();
    let mut slapd = slapd(&world, SlapdOptions::default());
    let host = Host::new(&world, &slapd);
    assert!(host.everybody().expect("a list").complete);
    slapd.stop();
    assert!(host.everybody().is_err());
    assert!(host.enrolled().is_err());
    assert!(host.has("alice").is_err());
    slapd.restart();
    assert!(host.everybody().expect("a list").complete);
}
