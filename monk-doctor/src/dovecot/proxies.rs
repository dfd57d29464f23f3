//! Proxies, which ask monk and pass users on to a back end with the mailboxes.

use monk_wire::manage::doctor::Kind;

use super::protocol::Protocol;
use super::surroundings::Surroundings;
use crate::finding::Findings;

/// A back end that lets in everybody, whether or not anything here has to do with monk.
pub fn examine_back_end(protocols: &[Protocol<'_>], findings: &mut Findings) {
    let passdbs = |protocol: &Protocol<'_>| {
        protocol.passdbs.iter().any(|one| one.takes_any_password() && !one.is_back_end())
    };
    let names = names_of(protocols, passdbs);
    if !names.is_empty() {
        findings.report(
            Kind::DovecotBackEndOpen,
            "passdb static",
            format!("{names}: nopassword, without allow_real_nets: any password opens every mailbox, from everywhere"),
            "Add allow_real_nets with the address of the proxy to the fields of this passdb, and restart Dovecot.",
        );
    }
}

/// A proxy that has monk spend the code, and hands it on.
pub fn examine_proxy(
    protocols: &[Protocol<'_>],
    around: &Surroundings<'_>,
    findings: &mut Findings,
) {
    let forwards = |protocol: &Protocol<'_>| {
        let asks_monk = |service: String| around.asks_monk(&service);
        let mut of_pam = protocol.passdbs.iter().filter(|one| one.driver == "pam");
        of_pam.any(|one| one.forwards() && asks_monk(one.service(&protocol.name)))
    };
    let names = names_of(protocols, forwards);
    if !names.is_empty() {
        findings.report(
            Kind::DovecotProxyForwards,
            "passdb pam",
            format!("{names}: the back end gets what people type. If it asks monk as well, it refuses the code as spent"),
            "Add pass=checked-by-monk to override_fields (in 2.4: fields), let the back end ask nobody, and restart Dovecot.",
        );
    }
}

fn names_of(protocols: &[Protocol<'_>], wanted: impl Fn(&Protocol<'_>) -> bool) -> String {
    let named = protocols.iter().filter(|protocol| wanted(protocol));
    named.map(|protocol| protocol.name.as_str()).collect::<Vec<_>>().join(", ")
}
