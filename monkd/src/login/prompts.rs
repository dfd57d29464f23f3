//! Every text that a login shows to people.
//!
//! Programs show them as they are, so they name no command: what enrols a device may be a page.

use time::OffsetDateTime;

/// The first screen where a password is asked.
pub(super) const PASSWORD: &str = "Password: ";

/// The screen for a code. Everything is in the prompt: sshd shows other messages late or never.
const CODE: &str = "Code from your device, or a backup code: ";
/// The same where codes can be sent.
const CODE_OR_EMAIL: &str =
    "Code from your device, a backup code, or the word email to be sent one: ";
/// What the screen says to everybody while there may be users who are not asked for a code yet.
const NONE_YET: &str = "(Enter if you have none yet) ";

/// Where users learn how to enrol.
const HOW_TO_ENROL: &str = "Ask your administrator how to set one up.";

/// The screen for a code.
pub(super) fn code(can_email: bool, offers_grace: bool) -> String {
    let prompt = if can_email { CODE_OR_EMAIL } else { CODE };
    format!("{prompt}{}", if offers_grace { NONE_YET } else { "" })
}

/// The screen after the word `email`.
pub(super) fn emailed_code(masked_address: &str) -> String {
    format!("Code sent to {masked_address}: ")
}

/// What is said to a user who is not asked for a second factor until `end`, in seconds since 1970.
pub(super) fn grace_notice(end: u64) -> String {
    let day = i64::try_from(end).ok().and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok());
    let from = day.map_or_else(|| "soon".to_owned(), |day| format!("from {} on", day.date()));
    format!("You have no second factor yet, and {from} this login will ask for one. {HOW_TO_ENROL}")
}
