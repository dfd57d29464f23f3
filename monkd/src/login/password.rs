//! The first factor: whether the password is right, and whether the account is open to it.

use monk_core::closed::Way;
use monk_core::typed::Password;
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};

use super::case::{Case, Mode};
use super::ending::Stop;
use super::facts::{self, Heard, unknown};
use super::input::{Apart, FirstPart, SecondPart};
use super::proven::FirstFactor;
use super::target::Target;
use super::trial::Trial;
use crate::deadline::Deadline;
use crate::directory::{Advice, Answer};
use crate::throttle::Print;

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
            (Grant::CheckedElsewhere, password.as_ref(), Said::Right(Advice::Nothing))
        }
        FirstPart::ToCheck(password) => {
            let answer = ask_directory(case, password, apart, target, trial, deadline).await?;
            let goes_on = match (closed, answer) {
                (None, Said::Right(_)) => {
                    trial.password_is_right();
                    true
                }
                (None, Said::OldAndNotProved(_)) if has_it_changed(case, target) => {
                    trial.password_is_not_proved();
                    true
                }
                _ => false,
            };
            if goes_on && !matches!(apart.second, SecondPart::Code(_)) {
                // What was compared with codes is the end of a password.
                trial.guesses_not(Proof::Code);
            }
            (Grant::Password, Some(password), answer)
        }
    };
    // The state comes first: of the password of a closed account, nobody hears anything.
    let advice = match closed.map_or(answer, Said::Refused) {
        Said::Right(advice) => advice.with(target.state()),
        Said::OldAndNotProved(refusal) if !has_it_changed(case, target) => return Ok(Err(refusal)),
        Said::OldAndNotProved(_) => Advice::MustChange,
        Said::Refused(refusal) => return Ok(Err(refusal)),
    };
    let advice = match target.password_end(case) {
        Some(seconds) if advice == Advice::Nothing => Advice::Expires(seconds),
        _ => advice,
    };
    if case.mode == Mode::Proof && advice.wants_a_new_password() {
        return Ok(Err(Refusal::MustChange));
    }
    let forward = password.and_then(|password| case.forwarded(password));
    Ok(Ok(FirstFactor::new(grant, forward, advice)))
}

/// What the directory says of a password.
#[derive(Clone, Copy)]
enum Said {
    Right(Advice),
    Refused(Refusal),
    /// It takes this password no more until it is changed, and says so of the right one alone. That is not relied
    /// on: the password stays a guess until the change, in which the directory compares the old one itself.
    OldAndNotProved(Refusal),
}

/// Whether this login can only end in a change of the password, so that nothing rests on what was said of the old
/// one: by its own nature, or because the account rule, which asks for a change as long as the entry says that one
/// is needed, follows for certain.
fn has_it_changed(case: &Case<'_>, target: &Target) -> bool {
    match case.mode {
        Mode::NewPassword(_) => true,
        Mode::Proof | Mode::SelfTest => false,
        Mode::Real | Mode::Rehearsal | Mode::Forecast => {
            case.caller.is_root()
                && case.policy.change_expired_password
                && target.state().wants_a_new_password()
        }
    }
}

fn way(case: &Case<'_>, first: &FirstPart) -> Way {
    match first {
        _ if case.mode == Mode::Proof => Way::OwnFactors,
        FirstPart::Elsewhere(_) => Way::SecondFactorAlone,
        FirstPart::ToCheck(_) => Way::Password,
    }
}

/// What the directory says of the password. Asks once, for strangers too.
async fn ask_directory(
    case: &Case<'_>,
    password: &Password,
    apart: &Apart,
    target: &Target,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<Said, Stop> {
    if !trial.may_ask_directory(deadline).await? {
        return Err(Refusal::Throttled.into());
    }
    let print = trial.guesses_password(password);
    if target.is_local() {
        // The directory has no say, and may be down.
        return Ok(Said::Refused(apart.if_wrong));
    }
    if matches!(case.mode, Mode::NewPassword(proving) if proving.right_password == Some(print)) {
        return Ok(Said::Right(Advice::Nothing));
    }
    let known = case.known().map(|known| facts::last(&known.passwords, |one| *one == print));
    let heard = match known {
        Some(heard) => heard.ok_or_else(unknown)?,
        None => hear(case, (password, print), target, trial, deadline).await?,
    };
    if let Some(mut notes) = case.notes() {
        notes.passwords.push((print, heard));
    }
    match heard {
        Heard::RefusedAgain => Ok(Said::Refused(match apart.if_wrong {
            Refusal::WrongPassword => Refusal::WrongPasswordAgain,
            other => other,
        })),
        Heard::Answer(Answer::Right(advice)) => Ok(Said::Right(advice)),
        Heard::Answer(Answer::Wrong) => {
            // Of a closed account, the directory has refused nothing: it may be the right one once that is open.
            if target.whose_password().is_some() || target.account.is_none() {
                trial.was_refused(print);
            }
            // A directory that takes no old password may say nothing else of it.
            let is_to_change = matches!(case.mode, Mode::NewPassword(_));
            let state = target.state().refusal().filter(|_| !is_to_change);
            Ok(Said::Refused(state.unwrap_or(apart.if_wrong)))
        }
        Heard::Answer(Answer::Closed(
            refusal @ (Refusal::MustChange | Refusal::PasswordExpired),
        )) if case.engine.directory.changes_expired_passwords() => {
            Ok(Said::OldAndNotProved(refusal))
        }
        // It may not have looked at the password: this stays a guess.
        Heard::Answer(Answer::Closed(refusal)) => Ok(Said::Refused(refusal)),
    }
}

/// Asks the directory about the password, unless it has refused the same a moment ago.
async fn hear(
    case: &Case<'_>,
    (password, print): (&Password, Print),
    target: &Target,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<Heard, Stop> {
    if trial.is_refused_again(print)? {
        return Ok(Heard::RefusedAgain);
    }
    let account = target.whose_password();
    if account.is_some() {
        trial.sends_password();
    }
    Ok(Heard::Answer(case.engine.directory.check_password(account, password, deadline).await?))
}
