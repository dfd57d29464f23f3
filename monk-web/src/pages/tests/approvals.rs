//! The pages on which logins are approved.

use maud::Markup;
use monk_wire::portal::WaitingLogin;

use super::super::sign_in::Why;
use super::super::when::When;
use super::super::{Frame, approve, sign_in};

pub fn add(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    for why in [None, Some(Why::NoPasskey)] {
        let note = sign_in::note(frame.texts, why);
        add("approve-passkey", approve::sign_in(frame, note.as_ref()));
    }
    add("approve-nothing", approve::nothing(frame));
    for (address, terminal) in [(Some("192.0.2.44"), None), (None, Some("pts/0")), (None, None)] {
        let login = WaitingLogin {
            request: "0123456789".to_owned(),
            user: "zebra".to_owned(),
            service: "zebra".to_owned(),
            host: "zebra".to_owned(),
            address: address.map(str::to_owned),
            terminal: terminal.map(str::to_owned),
            asked: when.seconds() - 20,
            seconds_left: 100,
            numbers: [17, 42, 86],
        };
        for here in [None, Some("192.0.2.44")] {
            add("approve", approve::waiting(frame, when, &login, here));
        }
    }
    add("approve-done", approve::approved(frame, "zebra", "zebra"));
    for (is_wrong, may_change) in [(true, true), (false, true), (false, false)] {
        add("approve-denied", approve::refused(frame, is_wrong, may_change));
    }
    add("approve-over", approve::over(frame));
}
