//! The second screen, which asks for a code.

use std::sync::Arc;

use monk_core::policy::{Demand, Mfa};
use monk_core::typed::Typed;
use monk_terms::how::Second;
use monk_terms::verdict::Refusal;
use monk_wire::Secret;

use super::case::{Case, Mode};
use super::dialogue::{Ask, Dialogue};
use super::ending::{Granted, Stop};
use super::facts::Shown;
use super::input::{FirstString, ReadCode, SecondPart, TypedCode};
use super::target::Target;
use super::trial::Trial;
use super::{approval, codes, email};

/// The code: the one in the first string, or else the one that is typed on the screen, where one is
/// wanted and can be shown.
///
/// Where the service always asks for a code, it is asked of everybody, whether or not the user exists
/// and the password is right: the screen tells nothing. Where it asks only those who have enrolled, it
/// is asked after a right password.
///
/// `is_lost`: the login is refused already, and the screen must not show it.
pub(super) async fn typed_or_asked<A: Ask>(
    case: &Case<'_>,
    (first, second): (&FirstString, SecondPart),
    is_lost: bool,
    target: &mut Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<TypedCode, Stop> {
    match second {
        SecondPart::Code(code) => return Ok(TypedCode::Code(code)),
        SecondPart::EmailRequest => return Ok(TypedCode::Nothing),
        SecondPart::Nothing => {}
    }
    let code = asked(case, first, is_lost, target, dialogue, trial).await;
    if let Ok(TypedCode::Code(_) | TypedCode::Malformed) = code {
        dialogue.note_screen(Second::Screen);
    }
    code
}

/// The code that is typed on the screen, where one is wanted and can be shown.
async fn asked<A: Ask>(
    case: &Case<'_>,
    first: &FirstString,
    is_lost: bool,
    target: &mut Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<TypedCode, Stop> {
    // Where nothing has been typed yet, this is the first screen, which is always possible.
    let is_possible = first.text().is_none() || case.can_show_code_screen();
    let is_wanted = match case.policy.mfa {
        Mfa::Off => false,
        Mfa::Required => true,
        Mfa::WhenEnrolled => !is_lost && target.demand(case) == Demand::Code,
    };
    if !is_possible || !is_wanted {
        return Ok(TypedCode::Nothing);
    }
    let (offers_grace, approvals) = (case.offers_grace(), case.approvals());
    if first.text().is_some() && case.policy.mfa == Mfa::Required {
        dialogue.same_moment().await;
    }
    let known = case.known().map(|mut known| std::mem::take(&mut known.shown));
    let answer = match known {
        Some(shown) => match of_forecast(case, first, shown) {
            Ok(answer) => answer,
            Err(code) => return Ok(code),
        },
        None => {
            let answer = dialogue.ask_code(trial).await?;
            let is_empty = answer.as_ref().is_some_and(|answer| answer.expose().is_empty());
            dialogue.note_screen(if is_empty { Second::Enter } else { Second::Again });
            answer
        }
    };
    let Some(answer) = answer else { return Ok(TypedCode::Nothing) };
    let is_lost = is_lost || trial.is_shut();
    let answer = answer.expose();
    if let Some(origin) = approvals.filter(|_| answer.is_empty()) {
        if case.mode == Mode::Forecast {
            return Ok(TypedCode::NotAsked);
        }
        // Boxed, because it is rare.
        let screens = approval::screen(case, (origin, first), is_lost, target, dialogue, trial);
        return noted(case, Box::pin(screens).await);
    }
    if offers_grace && answer.is_empty() {
        return Ok(TypedCode::Nothing);
    }
    // Programs that cannot show a screen answer every prompt with the password again.
    if first.text().is_some_and(|text| text.as_str().as_bytes() == answer) {
        return Ok(TypedCode::Nothing);
    }
    let text = Typed::new(answer).ok();
    if codes::asks_for_email(case, text.as_ref(), &target.set) {
        if case.mode == Mode::Forecast {
            return Ok(TypedCode::NotAsked);
        }
        // Boxed, because it is rare.
        return noted(case, Box::pin(email::screen(case, is_lost, target, dialogue, trial)).await);
    }
    Ok(codes::of_screen(case, text.as_ref(), &target.set))
}

/// What a forecast knows of the screen: the answer, or the code that came of it in the end.
fn of_forecast(
    case: &Case<'_>,
    first: &FirstString,
    mut shown: Vec<Shown>,
) -> Result<Option<Secret>, TypedCode> {
    match shown.pop() {
        Some(Shown::Answered(answer)) => Ok(answer),
        Some(Shown::Code(code)) => Err(TypedCode::Code(ReadCode { code, accepted: None })),
        Some(Shown::Approved(id)) if case.approvals().is_some() => Err(TypedCode::Approved(id)),
        Some(Shown::NotApproved(refusal)) if case.approvals().is_some() => {
            Err(TypedCode::NotApproved(refusal.into()))
        }
        // The first screen is always shown: what comes of it is not known.
        None if first.text().is_some() && !case.is_believed_to_show_screens() => {
            Err(TypedCode::Nothing)
        }
        None | Some(Shown::Approved(_) | Shown::NotApproved(_)) => Err(TypedCode::NotAsked),
    }
}

/// The code of a further screen, noted for a forecast.
fn noted(case: &Case<'_>, code: Result<TypedCode, Stop>) -> Result<TypedCode, Stop> {
    let Some(mut notes) = case.notes() else { return code };
    match &code {
        Ok(TypedCode::Code(read)) => notes.shown.push(Shown::Code(Arc::clone(&read.code))),
        Ok(TypedCode::Approved(id)) => notes.shown.push(Shown::Approved(id.clone())),
        Ok(TypedCode::NotApproved(Stop::Refused(why, _))) | Err(Stop::Refused(why, _)) => {
            notes.shown.push(Shown::NotApproved(*why));
        }
        _ => {}
    }
    drop(notes);
    code
}

/// Shows the screen for a code to somebody who is refused already and has not seen it, where
/// everybody else does: strangers, whose strings hold no code that could be recognised, must not
/// be the only ones. (sshd puts other text in the place of what a stranger has typed.)
///
/// What is typed there never grants a login; guesses count even if the person hangs up.
pub(super) async fn show_to_refused<A: Ask>(
    case: &Case<'_>,
    outcome: &Result<Granted, Stop>,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) {
    // A code is missing where one was asked for in vain, as in a program that cannot ask.
    let is_refused =
        matches!(outcome, Err(Stop::Refused(refusal, _)) if *refusal != Refusal::CodeMissing);
    let others_see_it = case.asks_password()
        && case.mode == Mode::Real
        && case.policy.mfa == Mfa::Required
        && case.can_show_code_screen();
    // A module that may not ask says that nothing was typed.
    let may_ask = case.login.typed.as_ref().is_none_or(|typed| !typed.expose().is_empty());
    if is_refused && others_see_it && may_ask && !dialogue.has_shown_code_screen() {
        dialogue.same_moment().await;
        let answer = dialogue.ask_code(trial).await;
        let is_empty = matches!(answer, Ok(Some(answer)) if answer.expose().is_empty());
        if let Some(origin) = case.approvals().filter(|_| is_empty) {
            Box::pin(approval::show_to_refused(case, origin, dialogue, trial)).await;
        }
    }
}
