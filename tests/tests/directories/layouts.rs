//! FreeIPA, lldap and authentik, as far as their entries and the settings for them go.

use monk_tests::directories::{Arranged, Authentik, FreeIpa, Lldap};

use crate::claims;

#[test]
fn people_of_freeipa_are_found_by_name_mail_and_principal() {
    let names = ["alice", "alice@example.org", "alice@EXAMPLE.ORG"];
    claims::people_are_found_by::<Arranged<FreeIpa>>(&names);
}

#[test]
fn people_of_lldap_are_found_by_name_and_mail() {
    claims::people_are_found_by::<Arranged<Lldap>>(&["alice", "ALICE", "alice@example.org"]);
}

#[test]
fn people_of_authentik_are_found_by_name_and_mail() {
    claims::people_are_found_by::<Arranged<Authentik>>(&["alice", "ALICE", "alice@example.org"]);
}

#[test]
fn renamed_people_keep_their_factors() {
    claims::renamed_people_keep_their_factors::<Arranged<FreeIpa>>();
    claims::renamed_people_keep_their_factors::<Arranged<Authentik>>();
}

#[test]
fn recreated_people_have_nothing() {
    claims::recreated_people_have_nothing::<Arranged<FreeIpa>>();
    claims::recreated_people_have_nothing::<Arranged<Lldap>>();
    claims::recreated_people_have_nothing::<Arranged<Authentik>>();
}
