//! OpenLDAP: this machine's release in every run, that of Debian 13 in a full one.

use monk_tests::World;
use monk_tests::directories::{Installed, OpenLdap, RealDirectory, Release};

fn the_server_puts_people_into_each_state<R: Release>() {
    let world = World::new();
    let directory = OpenLdap::<R>::start(&world);
    let slapd = directory.slapd();
    directory.add_person("alice", "secret");
    assert!(slapd.binds(&directory.dn_of("alice"), "secret"));
    for (number, (means, _)) in directory.means().iter().enumerate() {
        let name = format!("user{number}");
        directory.add_person(&name, "secret");
        directory.put(&name, means);
        let bound = slapd.try_bind(&directory.dn_of(&name), "secret");
        println!("{means}: {bound}");
        let entry = slapd.search(Slapd::SUFFIX, &format!("(uid={name})"), &["+", "*"]).remove(0);
        for name in entry.attributes.keys() {
            println!("   {name}: {:?}", entry.values(name));
        }
    }
    directory.add_group("staff", &["alice"]);
    directory.add_group("all", &["staff"]);
    println!("{:#?}", slapd.search(&directory.dn_of("alice"), "(objectClass=*)", &["memberOf"]));
    panic!("look");
}

use monk_tests::Slapd;

#[test]
fn the_server_puts_people_into_each_state_25() {
    the_server_puts_people_into_each_state::<Installed>();
}

#[test]
fn the_server_puts_people_into_each_state_26() {
    the_server_puts_people_into_each_state::<monk_tests::directories::TwoSix>();
}
