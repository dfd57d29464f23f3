//! What stands at the place of the first login of an app password.

use maud::Markup;
use monk_terms::verdict::Refusal;
use monk_wire::manage::CredentialStatus;
use monk_wire::portal::RefusalRow;

use super::super::fixtures::app_password;
use super::super::when::When;
use super::super::{Frame, program};

pub fn add(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    for last_used in [None, Some(when.seconds() - 60)] {
        let one = CredentialStatus { last_used, ..app_password() };
        add("state", program::state(frame, when, &one, (None, Some("192.0.2.44"))));
    }
    let one = CredentialStatus { last_used: None, ..app_password() };
    for (reason, address) in [
        (Refusal::CodeMissing, None),
        (Refusal::WrongPassword, Some("zebra".to_owned())),
        (Refusal::AppPasswordScope, None),
        (Refusal::Disabled, None),
    ] {
        let (at, service) = (when.seconds() - 60, "imap".to_owned());
        let refused = RefusalRow { at, service, address, reason };
        add("state", program::state(frame, when, &one, (Some(&refused), None)));
    }
}
