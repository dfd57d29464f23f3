//! Groups: direct, in groups, and the primary one.

use monk_tests::directories::{RealDirectory, Samba};

use crate::claims::holds;
use crate::groups;
use crate::scene::{PASSWORD, Scene};

#[test]
fn members_of_groups_get_in() {
    groups::members_of_groups_get_in::<Samba>();
}

/// The primary group names nobody as its member, and stands in nobody's `memberOf`.
#[test]
fn members_of_their_primary_group_get_in() {
    let named = |name: &str| format!("CN={name},CN=Users,{}", Samba::SUFFIX);
    let services = [
        ("users", "Domain Users".to_owned(), "app-password"),
        ("users-dn", named("Domain Users"), "app-password"),
        ("guests", "Domain Guests".to_owned(), "not-in-group"),
        ("guests-dn", named("Domain Guests"), "not-in-group"),
    ];
    let scene = Scene::<Samba>::with(|domain| {
        domain.add_person("alice", PASSWORD);
        let section = |(service, group, _): &(&str, String, &str)| {
            format!("[service.{service}]\ngroups = [\"{group}\"]\n")
        };
        services.iter().map(section).collect()
    });
    let alice = scene.enrolled("alice");
    for (service, _, end) in services {
        scene.site.pam_service(service, "");
        assert_eq!(scene.login(service, "alice", &alice.app_password), end, "{service}");
    }
    holds::<Samba>("primary group", "members get in, by DN and by name");
}
