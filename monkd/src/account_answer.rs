//! What a program hears of an account, under any policy.

use monk_core::closed::{Forgivable, Way, why_closed};
use monk_core::policy::Policy;
use monk_terms::account_state::AccountState;
use monk_terms::forecast::Forecast;
use monk_terms::verdict::Refusal;

use crate::clock;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::{Engine, Found};
use crate::outage::Outage;
use crate::recent_grants::Standing;

/// What the directory says of the user.
pub enum Answer {
    /// The user is let in, and may have to be told that the password ends in so many seconds.
    Open {
        /// Seconds, if the user is to be told.
        password_ends: Option<u32>,
    },
    /// The user is kept out.
    Closed(Refusal),
}

/// The account of a user, or why it is nobody's.
pub fn as_account(found: Found) -> Result<Box<Account>, Refusal> {
    match found {
        Found::One(account, _) => Ok(account),
        Found::None => Err(Refusal::UnknownUser),
        Found::Local => Err(Refusal::LocalAccount),
        Found::Several => Err(Refusal::AmbiguousUser),
    }
}

/// What a program would hear of a user that was found, under any policy. It is about nobody whom monk has just let in.
///
/// # Errors
/// [`Outage`] where the directory does not say in which groups the user is.
pub async fn replayed(
    engine: &Engine,
    policy: &Policy,
    found: &Found,
    deadline: Deadline,
) -> Result<Forecast, Outage> {
    let found = as_account(found.clone());
    Ok(match answer(engine, policy, &found, None, deadline).await? {
        Answer::Open { .. } => Forecast::Granted,
        Answer::Closed(refusal) => Forecast::Refused(refusal),
    })
}

/// Whether the user is let in, under a policy.
///
/// # Errors
/// [`Outage`] where the directory does not say in which groups the user is.
pub async fn answer(
    engine: &Engine,
    policy: &Policy,
    found: &Result<Box<Account>, Refusal>,
    last: Option<Standing>,
    deadline: Deadline,
) -> Result<Answer, Outage> {
    let account = match found {
        Ok(account) => account,
        Err(refusal) => return Ok(Answer::Closed(*refusal)),
    };
    let closed = closed(account, last, &policy.app_passwords_despite);
    let is_about_the_password = closed.is_some() && account.state < AccountState::Locked;
    let groups = &policy.groups;
    // Who was let in by a key has been asked for no group yet. Who is in none needs no new password either.
    if !groups.is_empty()
        && (closed.is_none() || is_about_the_password)
        && !engine.directory.is_in_group(account, groups, deadline).await?
    {
        return Ok(Answer::Closed(Refusal::NotInGroup));
    }
    let end = account.password_end;
    let password_ends = end.and_then(|end| end.to_be_told(clock::now(), policy.password_warning));
    Ok(closed.map_or(Answer::Open { password_ends }, Answer::Closed))
}

/// Why the account is closed, after a login that meant `last`.
fn closed(account: &Account, last: Option<Standing>, despite: &[Forgivable]) -> Option<Refusal> {
    let is_open_in_spite = || why_closed(account.state, Way::AppPassword, despite).is_none();
    match why_closed(account.state, Way::Account, &[]) {
        // The login was one with an app password that stays open in this state.
        Some(_) if last == Some(Standing::InSpite) && is_open_in_spite() => None,
        // The directory has said so at the login alone.
        None if last == Some(Standing::NewPassword) => Some(Refusal::MustChange),
        closed => closed,
    }
}
