//! The first factor: whether the password is right, and whether the account is open to it.

use monk_core::closed::Way;
use monk_core::typed::Password;
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};

use super::case::{Case, Mode};
use super::ending::Stop;
use super::input::{Apart, FirstPart, SecondPart};
use super::proven::FirstFactor;
use super::target::Target;
use super::trial::Trial;
use crate::deadline::Deadline;
use crate::directory::{Advice, Answer};

/// The first factor, or why there is none: what follows looks the same in either case.
pub(super) async fn check(
    case: &Case<'_>,
    apart: &Apart,
    target: &Target,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<Result<FirstFactor, Refusal>, Stop> {
    let closed = target.closed_to(way(case, &apart.first), case);
    let (grant, password, answer) = match &apart.first {
        FirstPart::Elsewhere(password) => {
            (Grant::CheckedElsewhere, password.as_ref(), Ok(Advice::Nothing))
        }
        FirstPart::ToCheck(password) => {
            let answer = ask_directory(case, password, apart, target, trial, deadline).await?;
            if let (Ok(_), None) = (answer, closed) {
                trial.password_is_right();
                if !matches!(apart.second, SecondPart::Code(_)) {
                    // What was compared with codes is the end of a password.
                    trial.guesses_not(Proof::Code);
                }
            }
            (Grant::Password, Some(password), answer)
        }
    };
    // The state comes first: of the password of a closed account, nobody hears anything.
    let advice = match closed.map_or(answer, Err) {
        Ok(advice) => advice.with(target.state()),
        // So said the directory of this very password. It stays a guess until the change, which asks the
        // directory about it once more.
        Err(Refusal::MustChange | Refusal::PasswordExpired)
            if closed.is_none() && is_about_to_change(case) =>
        {
            Advice::MustChange
        }
        Err(refusal) => return Ok(Err(refusal)),
    };
    if case.mode == Mode::Proof && advice.wants_a_new_password() {
        return Ok(Err(Refusal::MustChange));
    }
    let forward = password.and_then(|password| case.forwarded(password));
    Ok(Ok(FirstFactor::new(grant, forward, advice)))
}

/// Whether the password is to be changed.
fn is_about_to_change(case: &Case<'_>) -> bool {
    matches!(case.mode, Mode::NewPassword(_))
}

fn way(case: &Case<'_>, first: &FirstPart) -> Way {
    match first {
        _ if case.mode == Mode::Proof => Way::OwnFactors,
        FirstPart::Elsewhere(_) => Way::SecondFactorAlone,
        FirstPart::ToCheck(_) => Way::Password,
    }
}

/// What the directory says of the password, or why it is not right. Asks once, for strangers too.
async fn ask_directory(
    case: &Case<'_>,
    password: &Password,
    apart: &Apart,
    target: &Target,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<Result<Advice, Refusal>, Stop> {
    if !trial.may_ask_directory(deadline).await? {
        return Err(Refusal::Throttled.into());
    }
    let print = trial.guesses_password(password);
    if target.is_local() {
        // The directory has no say, and may be down.
        return Ok(Err(apart.if_wrong));
    }
    if trial.is_refused_again(print)? {
        return Ok(Err(match apart.if_wrong {
            Refusal::WrongPassword => Refusal::WrongPasswordAgain,
            other => other,
        }));
    }
    let account = target.whose_password();
    if account.is_some() {
        trial.sends_password();
    }
    match case.engine.directory.check_password(account, password, deadline).await? {
        Answer::Right(advice) => Ok(Ok(advice)),
        Answer::Wrong => {
            // Of a closed account, the directory has refused nothing: it may be the right one once that is open.
            if account.is_some() || target.account.is_none() {
                trial.was_refused(print);
            }
            // A directory that takes no old password may say nothing else of it. Where one is to be changed, it
            // has to say more than that: see `check`.
            let state = target.state().refusal().filter(|_| !is_about_to_change(case));
            Ok(Err(state.unwrap_or(apart.if_wrong)))
        }
        // It may not have looked at the password: this stays a guess.
        Answer::Closed(refusal) => Ok(Err(refusal)),
    }
}
