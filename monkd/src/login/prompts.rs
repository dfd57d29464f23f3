//! Every text that a login shows to people.
//!
//! Programs show them as they are, so they name no command: what enrols a device may be a page.

use time::OffsetDateTime;

use super::case::Mode;
use crate::directory::Advice;

/// Seconds of a day.
const DAY: u32 = 24 * 3600;

/// The first screen where a password is asked.
pub(super) fn first(mode: Mode) -> &'static str {
    match mode {
        Mode::NewPassword(_) => "Current password: ",
        _ => "Password: ",
    }
}

/// The screen for a code. Everything is in the prompt: sshd shows other messages late or never.
const CODE: &str = "Code from your device, or a backup code: ";
/// The same where codes can be sent.
const CODE_OR_EMAIL: &str =
    "Code from your device, a backup code, or the word email to be sent one: ";
/// What the screen says to everybody while there may be users who are not asked for a code yet.
const NONE_YET: &str = "(Enter if you have none yet) ";

/// What it says to everybody where the login can be approved on the portal's page.
const APPROVE: &str = "(Enter to approve it on the portal) ";
/// Both.
const NONE_YET_OR_APPROVE: &str = "(Enter if you have none yet, or to approve it on the portal) ";

/// Where users learn how to enrol.
const HOW_TO_ENROL: &str = "Ask your administrator how to set one up.";

/// The screen for a code.
pub(super) fn code(can_email: bool, offers_grace: bool, approves: bool) -> String {
    let prompt = if can_email { CODE_OR_EMAIL } else { CODE };
    let enter = match (offers_grace, approves) {
        (false, false) => "",
        (true, false) => NONE_YET,
        (false, true) => APPROVE,
        (true, true) => NONE_YET_OR_APPROVE,
    };
    format!("{prompt}{enter}")
}

/// The screen with the number for the portal's page. It is a question, because sshd shows nothing else in time.
pub(super) fn approval(origin: &str, number: u8, is_again: bool) -> String {
    let again = if is_again { "Not approved yet. " } else { "" };
    format!("{again}Open {origin}/approve, choose {number}, then press Enter: ")
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

/// What is said to a user about the password that was typed.
#[must_use]
pub fn password_notice(advice: Advice) -> Option<String> {
    Some(match advice {
        Advice::Nothing => return None,
        Advice::Expires(seconds) => match seconds / DAY {
            0 => "Your password expires within a day. Change it soon.".to_owned(),
            1 => "Your password expires in 1 day. Change it soon.".to_owned(),
            days => format!("Your password expires in {days} days. Change it soon."),
        },
        Advice::GraceLogins(0) => {
            "Your password has expired, and this was the last sign-in with it. Change it now."
                .to_owned()
        }
        Advice::GraceLogins(1) => {
            "Your password has expired. You can sign in with it once more. Change it now."
                .to_owned()
        }
        Advice::GraceLogins(left) => format!(
            "Your password has expired. You can sign in with it {left} more times. Change it now."
        ),
        Advice::MustChange => "You have to change your password now.".to_owned(),
    })
}

/// Both texts, where there are two.
pub(super) fn together(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one} {other}")),
        (one, other) => one.or(other),
    }
}
