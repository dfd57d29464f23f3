//! The first factor: whether the password is right.

use monk_core::typed::Password;
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};

use super::case::Case;
use super::ending::Stop;
use super::input::{Apart, FirstPart, SecondPart};
use super::proven::FirstFactor;
use super::target::Target;
use super::trial::Trial;
use crate::deadline::Deadline;
use crate::directory::Answer;

/// The first factor, or why there is none: what follows looks the same in either case.
pub(super) async fn check(
    case: &Case<'_>,
    apart: &Apart,
    target: &Target,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<Result<FirstFactor, Refusal>, Stop> {
    let (grant, password, refusal) = match &apart.first {
        FirstPart::Elsewhere(password) => {
            (Grant::CheckedElsewhere, password.as_ref(), target.refusal())
        }
        FirstPart::ToCheck(password) => {
            let wrong = ask_directory(case, password, apart, target, trial, deadline).await?;
            // Nobody by that name has no password to be wrong; a disabled account's must be right
            // before anybody hears that it is disabled.
            let refusal = match target.refusal() {
                Some(_) if target.stranger().is_none() => wrong.or(target.refusal()),
                other => other.or(wrong),
            };
            (Grant::Password, Some(password), refusal)
        }
    };
    let forward = || password.and_then(|password| case.forwarded(password));
    Ok(refusal.map_or_else(|| Ok(FirstFactor::new(grant, forward())), Err))
}

/// Why the password is not right, if so. Asks the directory once, for strangers too.
async fn ask_directory(
    case: &Case<'_>,
    password: &Password,
    apart: &Apart,
    target: &Target,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<Option<Refusal>, Stop> {
    let print = trial.guesses_password(password);
    if target.refusal() == Some(Refusal::LocalAccount) {
        // The directory has no say, and may be down.
        return Ok(Some(apart.if_wrong));
    }
    if trial.is_refused_again(print)? {
        return Ok(Some(match apart.if_wrong {
            Refusal::WrongPassword => Refusal::WrongPasswordAgain,
            other => other,
        }));
    }
    let account = target.account.as_deref();
    match case.engine.directory.check_password(account, password, deadline).await? {
        Answer::Right(_) => {
            trial.password_is_right();
            if !matches!(apart.second, SecondPart::Code(_)) {
                // What was compared with codes is the end of a password.
                trial.guesses_not(Proof::Code);
            }
            Ok(None)
        }
        Answer::Wrong => {
            trial.was_refused(print);
            Ok(Some(apart.if_wrong))
        }
        Answer::Closed(refusal) => Ok(Some(refusal)),
    }
}
