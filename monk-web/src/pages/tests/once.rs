//! Tickets, and what is open of them and of one-time codes.

use maud::html;
use monk_terms::kind::Kind;
use monk_wire::portal::Tickets;

use super::*;
use crate::pages::{login_code, tickets};

/// All pages with them.
pub(super) fn add(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    for (services, is_fresh) in
        [(&["zebra", "imap"][..], true), (&["sshd"], true), (&["imap"], false)]
    {
        let services = services.iter().map(|&service| service.to_owned()).collect();
        let tickets = Tickets { services, fresh_seconds: 300 };
        let offer = tickets::offer(frame, &tickets, is_fresh);
        add("tickets", login_code::start(frame, "zebra", Proof::Fresh, None, &offer));
    }
    let common = &frame.texts.common;
    let note = &Note::bad(common.not_proven, common.not_proven_why);
    for proof in [Proof::Fresh, Proof::PasswordAndCode, Proof::Passkey] {
        add("login-code", login_code::start(frame, "zebra", proof, Some(note), &html! {}));
    }
    let expires = when.seconds() + 60;
    add("code", login_code::code(frame, when, "zebra", ("0000-0000", expires)));
    let code = CredentialStatus { kind: Kind::PortalCode, expires: Some(expires), ..phone() };
    let ticket = CredentialStatus {
        kind: Kind::PortalTicket,
        services: vec!["imap".to_owned()],
        ..code.clone()
    };
    let open = tickets::open(frame, when, &[&code, &ticket]);
    add("open", login_code::start(frame, "zebra", Proof::Fresh, None, &open));
    let shown = ("0000-0000-0000-0000-0000", expires);
    add("ticket", tickets::ticket(frame, when, "zebra", "zebra", shown));
}
