//! What each address does.

mod methods;
mod sign_in;

use crate::guard::Binding;
use crate::pages::sign_in::Why;
use crate::visit::{Answer, Trouble, Visit};

use self::sign_in::Screen;

/// What the forms of an address are bound to.
#[must_use]
pub fn binding(path: &str) -> Binding {
    match path {
        "/sign-in" | "/invitation" => Binding::Browser,
        _ => Binding::State,
    }
}

/// Answers a GET, which changes nothing.
///
/// # Errors
/// [`Trouble`].
pub async fn get(visit: &mut Visit<'_>, path: &[&str]) -> Result<Answer, Trouble> {
    match path {
        [] => Ok(Answer::see("/methods")),
        ["sign-in"] => Ok(sign_in::show(visit, None)),
        ["invitation"] => Ok(sign_in::show_invitation(visit, None)),
        ["second-step"] => Ok(sign_in::show_second(visit, Screen::Phone)),
        ["second-step", "backup"] => Ok(sign_in::show_second(visit, Screen::Backup)),
        ["second-step", "email"] => Ok(sign_in::show_second(visit, Screen::Email)),
        ["signed-out"] => Ok(sign_in::show_signed_out(visit)),
        ["methods"] => methods::show(visit).await,
        _ => Err(Trouble::NotFound),
    }
}

/// Answers a POST, whose form was checked.
///
/// # Errors
/// [`Trouble`].
pub async fn post(visit: &mut Visit<'_>, path: &[&str]) -> Result<Answer, Trouble> {
    match path {
        ["sign-in"] => sign_in::send(visit).await,
        ["invitation"] => sign_in::send_invitation(visit).await,
        ["second-step"] => sign_in::send_second(visit).await,
        ["second-step", "email"] => sign_in::send_email(visit).await,
        ["sign-out"] => sign_in::sign_out(visit).await,
        _ => Err(Trouble::NotFound),
    }
}

/// Answers a POST whose form was too old: from before a sign-in in another window, or from a browser without cookies.
#[must_use]
pub fn stale(visit: &Visit<'_>, path: &str) -> Option<Answer> {
    match path {
        "/invitation" => Some(sign_in::show_invitation(visit, Some(Why::Stale))),
        "/sign-in" | "/second-step" | "/second-step/email" => {
            Some(sign_in::show(visit, Some(Why::Stale)))
        }
        _ => None,
    }
}
