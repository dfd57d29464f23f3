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
//! | `PASSWORD` | a password alone |

use crate::app_password::{self, AppPassword, AppPasswordRecord};
use crate::code::{self, Code, Context, Shapes};
use crate::credential::{Credential, CredentialSet, Stored};
use crate::hash::HashError;
use crate::keys::Owner;
use crate::policy::Separator;
use crate::typed::{BadInput, Password, Typed};

/// What stands between password and code.
const SEPARATOR: char = ';';
/// What is typed in place of a code to have one sent.
const EMAIL_WORD: &str = "email";
/// Digits that a device may show, longest first: `PASSWORDCODE` is tried with both.
const DIGITS: [usize; 2] = [8, 6];

/// What was typed, taken apart.
pub enum Reading<'a> {
    /// An app password of the user, verified; whether it opens this service is still to be asked.
    AppPassword {
        /// Which.
        credential: &'a Credential,
        /// Its scope and end.
        record: &'a AppPasswordRecord,
    },
    /// The user's app password by its first group, which this host cannot compare.
    UnusableAppPassword(&'a Credential),
    /// A password, and perhaps a code.
    Password {
        /// The one password that may be checked.
        password: Password,
        /// The code typed with it.
        code: Option<Code>,
    },
    /// A password, and the wish to be sent a code.
    EmailRequest {
        /// The one password that may be checked.
        password: Password,
    },
}

/// An app password of the user that a string names, not compared yet.
pub struct Named<'a> {
    /// What was typed.
    pub typed: AppPassword,
    /// The credential as it is stored.
    pub stored: &'a Stored<Credential>,
    /// What it is to be compared with.
    pub record: &'a AppPasswordRecord,
}

/// The app password that a string names. Comparing it takes a hash; what has come of that is
/// `compared` in [`read`].
#[must_use]
pub fn named_app_password<'a>(typed: &Typed, set: &'a CredentialSet) -> Option<Named<'a>> {
    let typed = AppPassword::from_typed(typed.as_str())?;
    let (stored, record) = app_password::find(&typed, set)?;
    Some(Named { typed, stored, record })
}

/// Reads a string that contains a password. `compared` is whether it is the app password that it
/// names, where that was found out before.
///
/// # Errors
/// [`BadInput::Empty`] when the password in front of a code is empty.
pub fn read<'a>(
    typed: &Typed,
    shapes: Shapes,
    separator: Separator,
    context: Context<'a>,
    compared: Option<Result<bool, HashError>>,
) -> Result<Reading<'a>, BadInput> {
    let text = typed.as_str();
    if let Some(reading) = read_app_password(typed, context, compared) {
        return Ok(reading);
    }
    if let Some((head, tail)) = text.rsplit_once(SEPARATOR) {
        if let Some(code) = Code::of_shape(tail, shapes) {
            let password = Password::new(head).ok_or(BadInput::Empty)?;
            return Ok(Reading::Password { password, code: Some(code) });
        }
        if asks_for_email(tail, shapes) {
            let password = Password::new(head).ok_or(BadInput::Empty)?;
            return Ok(Reading::EmailRequest { password });
        }
    }
    if separator == Separator::Optional
        && let Some((head, digits)) = split_current_code(text, shapes, context)
    {
        let password = Password::new(head).ok_or(BadInput::Empty)?;
        return Ok(Reading::Password { password, code: Code::of_shape(digits, shapes) });
    }
    let password = Password::new(text).ok_or(BadInput::Empty)?;
    Ok(Reading::Password { password, code: None })
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

fn read_app_password<'a>(
    typed: &Typed,
    context: Context<'a>,
    compared: Option<Result<bool, HashError>>,
) -> Option<Reading<'a>> {
    let Named { typed, stored, record } = named_app_password(typed, context.set)?;
    let credential = &stored.value;
    let owner = Owner { user: context.user, credential: credential.id.as_str() };
    match compared.unwrap_or_else(|| record.verify(&typed, owner, context.keys)) {
        Ok(true) => Some(Reading::AppPassword { credential, record }),
        // By chance (1 in a million) a password begins like an app password: read on.
        Ok(false) => None,
        Err(HashError::UnknownKey(_) | HashError::Malformed) => {
            Some(Reading::UnusableAppPassword(credential))
        }
    }
}

/// Password and code without a separator, if the text ends in the user's current code.
fn split_current_code<'t>(
    text: &'t str,
    shapes: Shapes,
    context: Context<'_>,
) -> Option<(&'t str, &'t str)> {
    DIGITS.into_iter().find_map(|count| {
        let (head, digits) = text.split_at_checked(text.len().checked_sub(count)?)?;
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        (all_digits
            && Code::of_shape(digits, shapes).is_some()
            && code::is_current_totp(digits, context))
        .then_some((head, digits))
    })
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
