//! What goes wrong with a mail server.

use std::error::Error as _;

use lettre::transport::smtp::Error;
use monk_wire::manage::MailFailure;

/// Reply codes that concern the login (RFC 4954 §6).
const LOGIN_REPLIES: [u16; 5] = [432, 454, 530, 534, 535];

/// What an error of lettre means.
pub(super) fn of(error: Error) -> MailFailure {
    let text = with_causes(&error);
    if let Some(code) = error.status() {
        return match LOGIN_REPLIES.contains(&code.into()) {
            true => MailFailure::Authentication(text),
            false if error.is_transient() => MailFailure::Deferred(text),
            false => MailFailure::Rejected(text),
        };
    }
    match () {
        () if error.is_timeout() => MailFailure::Timeout,
        // rustls reports a bad certificate as an I/O error of the handshake.
        () if error.is_tls() || text.contains("certificate") => MailFailure::Tls(text),
        () if error.is_client() => MailFailure::Unable(text),
        () => MailFailure::Unreachable(text),
    }
}

/// What an error of lettre means that came as the answer to a recipient.
pub(super) fn of_recipient(error: Error) -> MailFailure {
    match of(error) {
        MailFailure::Rejected(text) => MailFailure::Recipient(text),
        other => other,
    }
}

/// An error with what is behind it; lettre's own text names the outermost only.
pub(super) fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}
