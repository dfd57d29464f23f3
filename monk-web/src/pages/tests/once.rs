//! Tickets, and what is open of them and of one-time codes.

use monk_terms::kind::Kind;
use monk_wire::portal::Tickets;

use super::*;
use crate::pages::tickets;

/// All pages with them.
pub(super) fn add(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    for (services, is_fresh) in
        [(&["wiki", "imap"][..], true), (&["sshd"], true), (&["imap"], false)]
    {
        let services = services.iter().map(|&service| service.to_owned()).collect();
        let tickets = Tickets { services, fresh_seconds: 300 };
        let offer = tickets::offer(frame, &tickets, is_fresh);
        add("tickets", login_code::start(frame, "zebra", Proof::Fresh, None, &offer));
    }
    let expires = when.seconds() + 60;
    let code = CredentialStatus { kind: Kind::PortalCode, expires: Some(expires), ..phone() };
    let ticket = CredentialStatus {
        kind: Kind::PortalTicket,
        services: vec!["imap".to_owned()],
        ..code.clone()
    };
    let open = tickets::open(frame, when, &[&code, &ticket]);
    add("open", login_code::start(frame, "zebra", Proof::Fresh, None, &open));
    let shown = ("0000-0000-0000-0000-0000", expires);
    add("ticket", tickets::ticket(frame, when, "zebra", "wiki", shown));
}
