//! What each address does.

mod app_passwords;
mod approve;
mod backup_codes;
mod changes;
mod email;
mod invitations;
mod login_code;
mod methods;
mod passkeys;
mod password;
mod people;
mod phones;
mod profile;
mod proof;
mod sign_in;
mod tickets;

use crate::guard::Binding;
use crate::pages::sign_in::Why;
use crate::visit::{Answer, Trouble, Visit};

use self::people::Act;
use self::sign_in::Screen;

/// What the forms of an address are bound to.
#[must_use]
pub fn binding(path: &str) -> Binding {
    match path {
        "/sign-in" | "/invitation" | "/passkey" | "/passkey/options" | "/profile" => {
            Binding::Browser
        }
        _ => Binding::State,
    }
}

/// Whether the form of an address changes what a user has.
#[must_use]
pub fn is_change(path: &str) -> bool {
    binding(path) == Binding::State && !path.starts_with("/second-step") && path != "/sign-out"
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
        ["approve"] => approve::show(visit).await,
        ["login-code"] => login_code::show(visit).await,
        ["people"] => people::show(visit).await,
        ["people", "user"] => people::show_person(visit).await,
        ["people", "reset"] => people::show_act(visit, Act::Reset).await,
        ["people", "disable"] => people::show_act(visit, Act::Disable).await,
        ["people", "enable"] => people::show_act(visit, Act::Enable).await,
        ["people", "invite"] => invitations::show(visit).await,
        ["people", "invitations"] => invitations::progress(visit).await,
        ["phones", "add"] => phones::show_add(visit).await,
        ["phones", id, "confirm"] => phones::show_confirm(visit, id).await,
        ["passkeys", "new"] => passkeys::show_new(visit).await,
        ["backup-codes", "new"] => backup_codes::show_new(visit).await,
        ["app-passwords", "new"] => app_passwords::show_new(visit).await,
        ["app-passwords", id, "state"] => app_passwords::state(visit, id).await,
        ["profile"] => Ok(profile::show(visit)),
        ["password"] => password::show(visit).await,
        ["email", "new"] => email::show_new(visit).await,
        ["email", "confirm"] => email::show_confirm(visit).await,
        [kind, id, "rename"] => changes::show_rename(visit, kind, id).await,
        [kind, id, "remove"] => changes::show_remove(visit, kind, id).await,
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
        ["approve"] => approve::answer(visit).await,
        ["login-code"] => login_code::make(visit).await,
        ["login-code", "ticket"] => tickets::make(visit).await,
        ["login-code", "withdraw", what] => tickets::withdraw(visit, what).await,
        ["people", "reset"] => people::act(visit, Act::Reset).await,
        ["people", "disable"] => people::act(visit, Act::Disable).await,
        ["people", "enable"] => people::act(visit, Act::Enable).await,
        ["people", "invite"] => invitations::send(visit).await,
        ["people", "invite", "check"] => invitations::check(visit).await,
        ["people", "invitations", "stop"] => invitations::stop(visit).await,
        ["sign-out"] => sign_in::sign_out(visit).await,
        ["phones", "add"] => phones::add(visit).await,
        ["phones", id, "confirm"] => phones::confirm(visit, id).await,
        ["passkey", "options"] => passkeys::options(visit).await,
        ["passkey"] => passkeys::sign_in(visit).await,
        ["proof", "options"] => passkeys::proof_options(visit).await,
        ["passkeys", "options"] => passkeys::new_options(visit).await,
        ["passkeys", "new"] => passkeys::new(visit).await,
        ["backup-codes", "new"] => backup_codes::new(visit).await,
        ["backup-codes", "download"] => backup_codes::download(visit).await,
        ["backup-codes", "saved"] => backup_codes::saved(visit).await,
        ["app-passwords", "new"] => app_passwords::new(visit).await,
        ["profile"] => profile::download(visit).await,
        ["password"] => password::change(visit).await,
        ["email", "new"] => email::new(visit).await,
        ["email", "again"] => email::again(visit).await,
        ["email", "confirm"] => email::confirm(visit).await,
        [kind, id, "rename"] => changes::rename(visit, kind, id).await,
        [kind, id, "remove"] => changes::remove(visit, kind, id).await,
        _ => Err(Trouble::NotFound),
    }
}

/// Answers a POST whose form was too old: from before a sign-in in another window, or from a browser without cookies.
#[must_use]
pub fn stale(visit: &Visit<'_>, path: &str) -> Option<Answer> {
    match path {
        "/invitation" => Some(sign_in::show_invitation(visit, Some(Why::Stale))),
        "/profile" => Some(profile::stale(visit)),
        "/sign-in" | "/passkey" | "/second-step" | "/second-step/email" => {
            Some(sign_in::show(visit, Some(Why::Stale)))
        }
        _ => None,
    }
}
