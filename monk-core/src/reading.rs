//! How the one string comes apart.
//!
//! It is read in this order, and at most one password comes out of it, so an attempt never costs
//! more than one password check:
//!
//! | typed | meaning |
//! |---|---|
//! | an app password of the user | that app password, alone |
//! | `PASSWORD;CODE` | split at the last `;`, where what follows has the shape of one of the user's own codes |
//! | `PASSWORD;email` | a request to send a code, where one can be sent |
//! | `PASSWORDCODE` | where the separator is optional and the last digits are the user's current code |
//! | the shape of an app password | an app password that is none of the user's, never a password |
//! | `PASSWORD` | a password alone |
//!
//! Whether a string is an app password of the user is found out first ([`Input::named_app_password`]), because
//! comparing takes a hash.

use crate::code::{self, Context};
use crate::credential::{Credential, CredentialSet, Stored};
use crate::factors::app_password::{AppPassword, AppPasswordRecord};
use crate::factors::shapes::{Code, Shapes};
use crate::policy::Separator;
use crate::typed::{Password, Typed};
use monk_terms::proof::Proof;
use monk_terms::verdict::BadInput;

/// What stands between password and code.
const SEPARATOR: char = ';';
/// What is typed in place of a code to have one sent.
const EMAIL_WORD: &str = "email";
/// Digits that a device may show, longest first: `PASSWORDCODE` is tried with both.
const DIGITS: [usize; 2] = [8, 6];

/// What was typed, taken apart.
pub enum Reading {
    /// It has the shape of an app password, and is none of the user's. No directory gets to see it: a
    /// phone with a revoked app password must not lock the account there.
    NotAnAppPassword,
    /// A password, and perhaps a code.
    Password {
        /// The one password that may be checked.
        password: Password,
        /// The code typed with it.
        code: Option<Code>,
        /// Whether the last digits were compared with the user's current codes, and are none: a guess
        /// at a code, unless the whole is the password.
        missed_code: bool,
    },
    /// A password, and the wish to be sent a code.
    EmailRequest {
        /// The one password that may be checked.
        password: Password,
    },
}

/// A string that holds a password or is an app password, parsed as far as that goes without knowing
/// whose it is.
pub struct Input {
    text: Typed,
    app_password: Option<AppPassword>,
}

impl Input {
    /// Parses what was typed.
    #[must_use]
    pub fn new(text: Typed) -> Self {
        let app_password = AppPassword::from_typed(text.as_str());
        Self { text, app_password }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &Typed {
        &self.text
    }

    /// What the string may turn out to prove.
    #[must_use]
    pub fn claims(&self, separator: Separator) -> &'static [Proof] {
        match (&self.app_password, separator) {
            (Some(_), Separator::Required) => &[Proof::AppPassword],
            // `PASSWORDCODE` may have the same shape.
            (Some(_), Separator::Optional) => &Proof::ALL,
            (None, _) => &[Proof::Password, Proof::Code],
        }
    }

    /// The string as an app password, if it has the shape of one.
    #[must_use]
    pub fn app_password(&self) -> Option<&AppPassword> {
        self.app_password.as_ref()
    }

    /// The app password of the user that the string names, still to be compared.
    #[must_use]
    pub fn named_app_password<'a>(&'a self, set: &'a CredentialSet) -> Option<Named<'a>> {
        let candidate = self.app_password.as_ref()?;
        let (stored, record) =
            set.all_of::<AppPasswordRecord>().find(|(_, one)| one.is_named_by(candidate))?;
        Some(Named { candidate, stored, record })
    }
}

/// An app password of the user that a string names, not compared yet.
pub struct Named<'a> {
    /// What was typed.
    pub candidate: &'a AppPassword,
    /// The credential as it is stored.
    pub stored: &'a Stored<Credential>,
    /// What it is to be compared with.
    pub record: &'a AppPasswordRecord,
}

/// Reads a string that is no app password of the user.
///
/// # Errors
/// [`BadInput::Empty`] when the password in front of a code is empty.
pub fn read(
    input: &Input,
    shapes: Shapes,
    separator: Separator,
    context: Context<'_>,
) -> Result<Reading, BadInput> {
    let text = input.text.as_str();
    let some = |text| Password::new(text).ok_or(BadInput::Empty);
    if let Some((head, tail)) = text.rsplit_once(SEPARATOR) {
        if let Some(code) = Code::of_shape(tail, shapes) {
            let password = some(head)?;
            return Ok(Reading::Password { password, code: Some(code), missed_code: false });
        }
        if asks_for_email(tail, shapes) {
            return Ok(Reading::EmailRequest { password: some(head)? });
        }
    }
    let mut missed_code = false;
    if separator == Separator::Optional {
        for (head, digits) in possible_codes(text, shapes) {
            if code::is_current_totp(digits, context) {
                let (password, code) = (some(head)?, Code::of_shape(digits, shapes));
                return Ok(Reading::Password { password, code, missed_code: false });
            }
            missed_code = true;
        }
    }
    if input.app_password.is_some() {
        return Ok(Reading::NotAnAppPassword);
    }
    Ok(Reading::Password { password: some(text)?, code: None, missed_code })
}

/// Whether a string ends in what looks like a code, of whatever kind: somebody may have typed one for
/// whom there is none.
#[must_use]
pub fn seems_to_have_a_code(typed: &Typed) -> bool {
    let tail = typed.as_str().rsplit_once(SEPARATOR).map(|(_, tail)| tail);
    tail.is_some_and(|tail| Code::of_shape(tail, Shapes::ALL).is_some())
}

/// What was typed where monk checks no password: a code, or a password for another module with a
/// code behind it.
pub struct CodeReading {
    /// The password that another module checks.
    pub password: Option<Password>,
    /// The code.
    pub code: Option<Code>,
    /// Whether a code is to be sent.
    pub wants_email: bool,
}

/// Whether this is the word with which a user asks for a code by mail.
#[must_use]
pub fn asks_for_email(text: &str, shapes: Shapes) -> bool {
    shapes.can_email && text.trim().eq_ignore_ascii_case(EMAIL_WORD)
}

/// Reads a string where monk asks for the second factor alone.
#[must_use]
pub fn read_code(typed: &Typed, shapes: Shapes) -> CodeReading {
    let text = typed.as_str();
    if let Some(code) = Code::of_shape(text, shapes) {
        return CodeReading { password: None, code: Some(code), wants_email: false };
    }
    if let Some((head, tail)) = text.rsplit_once(SEPARATOR) {
        let (code, wants_email) = (Code::of_shape(tail, shapes), asks_for_email(tail, shapes));
        if code.is_some() || wants_email {
            return CodeReading { password: Password::new(head), code, wants_email };
        }
    }
    CodeReading { password: Password::new(text), code: None, wants_email: false }
}

/// Where password and code could meet without a separator: digits of the number that a device of the
/// user shows, longest first.
fn possible_codes(text: &str, shapes: Shapes) -> impl Iterator<Item = (&str, &str)> {
    DIGITS.into_iter().filter_map(move |count| {
        let (head, digits) = text.split_at_checked(text.len().checked_sub(count)?)?;
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        (all_digits && Code::of_shape(digits, shapes).is_some()).then_some((head, digits))
    })
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
