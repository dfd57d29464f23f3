//! What stands at the place of the first login of an app password.

use maud::Markup;
use monk_terms::verdict::Refusal;
use monk_wire::manage::CredentialStatus;
use monk_wire::portal::{RefusalDetail, RefusalRow};

use super::super::fixtures::app_password;
use super::super::when::When;
use super::super::{Frame, program};

pub fn add(frame: &Frame<'_>, when: &When, add: &mut impl FnMut(&'static str, Markup)) {
    for last_used in [None, Some(when.seconds() - 60)] {
        let one = CredentialStatus { last_used, ..app_password() };
        add("state", program::state(frame, when, &one, (None, Some("192.0.2.44")), &[]));
    }
    let one = CredentialStatus { last_used: None, ..app_password() };
    let now = when.seconds();
    let other = CredentialStatus {
        id: "a2".to_owned(),
        networks: vec!["192.0.2.0/24".to_owned()],
        expires: Some(now - 60),
        ..app_password()
    };
    let (zebra, typo, removed) =
        (Some("zebra".to_owned()), Some(RefusalDetail::Mistyped), Some(RefusalDetail::Removed));
    for (reason, address, detail) in [
        (Refusal::CodeMissing, None, None),
        (Refusal::WrongPassword, zebra, None),
        (Refusal::WrongAppPassword, None, typo),
        (Refusal::WrongAppPassword, None, removed),
        (Refusal::WrongAppPassword, None, None),
        (Refusal::AppPasswordExpired, None, None),
        (Refusal::AppPasswordScope, None, None),
        (Refusal::Throttled, None, Some(RefusalDetail::Until(now + 600))),
        (Refusal::Throttled, None, None),
        (Refusal::Locked, None, None),
        (Refusal::Expired, None, None),
        (Refusal::Disabled, None, None),
    ] {
        let (at, service, credential) = (now - 60, "imap".to_owned(), Some("a2".to_owned()));
        let refused = RefusalRow { at, service, address, reason, credential, detail };
        let all = [one.clone(), other.clone()];
        add("state", program::state(frame, when, &one, (Some(&refused), None), &all));
    }
    let (reason, service) = (Refusal::AppPasswordScope, "smtp".to_owned());
    let (credential, detail) = (None, None);
    let refused = RefusalRow { at: now, service, address: None, reason, credential, detail };
    add("state", program::state(frame, when, &one, (Some(&refused), None), &[]));
}
