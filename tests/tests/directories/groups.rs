//! Groups that a policy names, by the names of their entries and by their own.

use monk_tests::directories::RealDirectory;

use crate::claims::holds;
use crate::scene::{Member, PASSWORD, Scene};

/// Members of a group, and of groups in it, get in where a policy names the group, by DN and by name.
#[track_caller]
pub fn members_of_groups_get_in<D: RealDirectory>() {
    let services = [("direct", "staff"), ("nested", "all"), ("deep", "everybody")];
    let scene = Scene::<D>::with(|directory| {
        for name in ["alice", "bob"] {
            directory.add_person(name, PASSWORD);
        }
        directory.add_group("staff", &["alice"]);
        directory.add_group("all", &["staff"]);
        directory.add_group("everybody", &["all"]);
        let sections = services.map(|(service, group)| {
            let dn = directory.group_dn(group);
            format!(
                "[service.{service}]\ngroups = [\"{group}\"]\n\
                 [service.{service}-dn]\ngroups = [\"{dn}\"]\n"
            )
        });
        sections.concat()
    });
    let (alice, bob) = (scene.enrolled("alice"), scene.enrolled("bob"));
    for (service, _) in services {
        for service in [service.to_owned(), format!("{service}-dn")] {
            scene.site.pam_service(&service, "");
            let login = |member: &Member| {
                scene.login(&service, &member.name, &member.app_password)
            };
            let outcome = (login(&alice), login(&bob));
            let expected = ("app-password".to_owned(), "not-in-group".to_owned());
            assert_eq!(outcome, expected, "{service}");
        }
    }
    holds::<D>("groups", "members get in, by DN and by name");
    holds::<D>("nested groups", "members get in, by DN and by name");
}
