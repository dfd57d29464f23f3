//! The LDAP server is away, hangs, or is somebody else.

use monk_tests::certificates::{Certificates, Identity};
use monk_tests::site::{Backend, Running};
use monk_tests::{Held, LdapOperation};

use super::{AT_ONCE, DEADLINE, People, at_once};

monk_tests::in_both_ways!(
    a_server_that_was_stopped,
    a_server_that_was_killed_and_is_back,
    a_server_that_hangs_before_the_login,
    a_server_with_a_certificate_that_is_not_in_order,
);

fn a_server_that_was_stopped(running: Running) {
    let mut people = People::of(Backend::Ldap);
    people.begin(running);
    people.site.with_slapd(|slapd| slapd.stop());
    people.nobody_hears_more_than_unavailable(AT_ONCE);
    people.site.with_slapd(|slapd| slapd.restart());
    people.all_is_well();
}

/// The connections that the engine has kept are all dead, and nobody has told it.
fn a_server_that_was_killed_and_is_back(running: Running) {
    let mut people = People::of(Backend::Ldap);
    people.begin(running);
    people.site.with_slapd(|slapd| {
        slapd.kill9();
        slapd.restart();
    });
    people.all_is_well();
}

/// Connections are accepted, by the kernel, and nothing comes back.
fn a_server_that_hangs_before_the_login(running: Running) {
    let mut people = People::of(Backend::Ldap);
    people.begin(running);
    people.site.with_slapd(|slapd| slapd.freeze());
    people.nobody_hears_more_than_unavailable(DEADLINE);
    people.site.with_slapd(|slapd| slapd.thaw());
    people.all_is_well();
}

#[test]
fn a_server_that_hangs_in_the_middle_of_an_operation() {
    let operations = [LdapOperation::Search, LdapOperation::Bind, LdapOperation::Modify];
    let ways = [Running::Resident, Running::OneShot];
    let cases = operations.into_iter().flat_map(|operation| ways.map(|way| (operation, way)));
    at_once(cases, |(operation, running)| hangs_in_the_middle(operation, running));
}

/// The server has done what was asked, and is stopped before it says so.
fn hangs_in_the_middle(operation: LdapOperation, running: Running) {
    let mut people = People::of(Backend::Ldap);
    let proxy = people.site.through_proxy();
    people.begin(running);
    proxy.hold(Held::Response, operation, "alice");
    people.programs[0].begin("alice", &[&people.typed]);
    proxy.wait_until_held();
    people.site.with_slapd(|slapd| slapd.freeze());
    let outcome = people.programs[0].outcome();
    println!("{operation:?}, {running:?}: unavailable after {:?}", outcome.took());
    assert_eq!(outcome.name, "PAM_AUTHINFO_UNAVAIL", "{outcome:?}");
    assert!(outcome.took() < DEADLINE, "{outcome:?}");
    people.site.with_slapd(|slapd| slapd.thaw());
    proxy.release();
    if operation == LdapOperation::Modify {
        // The code is on record as used, though nobody got in with it.
        let again = people.programs[0].login("alice", &[&people.typed]);
        assert_eq!(again.name, "PAM_AUTH_ERR");
        people.audit_comes_to(2, |line| line.reason == "replayed-code");
        people.turn_to_next_code();
    }
    people.all_is_well();
}

fn a_server_with_a_certificate_that_is_not_in_order(running: Running) {
    let mut people = People::of(Backend::Ldap);
    people.begin(running);
    let bad: [fn(&Certificates) -> &Identity; 3] =
        [|all| &all.untrusted, |all| &all.wrong_name, |all| &all.expired];
    let good = Shown::by(&people, |all| &all.good);
    for (number, identity) in bad.into_iter().enumerate() {
        Shown::by(&people, identity).put_on(&people);
        people.nobody_hears_more_than_unavailable(AT_ONCE);
        people.audit_comes_to(3 * (number + 1), |line| line.reason.starts_with("TLS: "));
    }
    good.put_on(&people);
    people.all_is_well();
}

/// What a server shows.
struct Shown {
    certificate: String,
    key: String,
}

impl Shown {
    fn by(people: &People, identity: fn(&Certificates) -> &Identity) -> Self {
        let world = &people.site.world;
        let identity = identity(world.certificates());
        Self { certificate: world.read(&identity.certificate), key: world.read(&identity.key) }
    }

    /// Lets the server show it, in place of what it has shown so far.
    fn put_on(&self, people: &People) {
        let world = &people.site.world;
        let place = &world.certificates().good;
        world.write(&place.certificate, &self.certificate, 0o644);
        world.write(&place.key, &self.key, 0o600);
        people.site.with_slapd(|slapd| slapd.restart());
    }
}
