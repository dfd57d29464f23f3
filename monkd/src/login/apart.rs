//! Where the first string comes apart.

use monk_core::closed::Way;
use monk_core::factors::shapes::Code;
use monk_core::policy::PasswordCheck;
use monk_core::reading::{self, Input, Reading};
use monk_core::typed::{Password, Typed};
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::case::Case;
use super::dialogue::{Ask, Dialogue};
use super::ending::Stop;
use super::input::{Apart, FirstPart, FirstString, ReadCode, SecondPart};
use super::target::Target;
use super::trial::Trial;
use super::{app_password, codes};

/// Takes apart a string that is no app password of the user.
pub(super) async fn take_apart<A: Ask>(
    case: &Case<'_>,
    first: &FirstString,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<Apart, Stop> {
    match first {
        FirstString::ToCheck(input) => with_password(case, input, target, dialogue, trial).await,
        FirstString::SecondFactorAlone(Some(text)) => {
            second_factor_alone(case, text, target, dialogue, trial).await
        }
        FirstString::SecondFactorAlone(None) => {
            Ok(Apart::new(FirstPart::Elsewhere(None), SecondPart::Nothing))
        }
    }
}

async fn with_password<A: Ask>(
    case: &Case<'_>,
    input: &Input,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<Apart, Stop> {
    let (text, set) = (input.text(), &target.set);
    let context = codes::context(case, target.id(), set);
    let read = reading::read(input, codes::shapes(case, set), case.policy.separator, context);
    let (password, second, if_wrong) = match read.map_err(Refusal::BadInput)? {
        Reading::NotAnAppPassword => {
            trial.guesses(Proof::AppPassword, dialogue.print());
            trial.detail = app_password::detail(case, input, target);
            let closed = target.closed_to(Way::AppPassword, case);
            return Err(closed.unwrap_or(Refusal::WrongAppPassword).into());
        }
        Reading::EmailRequest { password } => {
            (password, SecondPart::EmailRequest, Refusal::WrongPassword)
        }
        Reading::Password { password, code: Some(code), .. } => {
            match split(case, code, target, dialogue, trial).await? {
                Ok(code) => (password, SecondPart::Code(code), Refusal::WrongPassword),
                // Of the code that is certain; of the password in front of it nothing is known.
                Err(refusal) => (whole(text, password), SecondPart::Nothing, refusal),
            }
        }
        Reading::Password { password, code: None, missed_code } => {
            if missed_code {
                trial.guesses(Proof::Code, dialogue.print());
            }
            let if_wrong = match reading::seems_to_have_a_code(text) {
                true if set.unreadable_credentials > 0 => Refusal::UnusableFactor,
                true => Refusal::UnexpectedCode,
                false => Refusal::WrongPassword,
            };
            (password, SecondPart::Nothing, if_wrong)
        }
    };
    if case.policy.password == PasswordCheck::AppPasswordsOnly {
        trial.guesses_password(&password);
        let closed = target.closed_to(Way::AppPassword, case);
        return Err(closed.unwrap_or(Refusal::AppPasswordNeeded).into());
    }
    Ok(Apart { if_wrong, ..Apart::new(FirstPart::ToCheck(password), second) })
}

async fn second_factor_alone<A: Ask>(
    case: &Case<'_>,
    text: &Typed,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<Apart, Stop> {
    let read = reading::read_code(text, codes::shapes(case, &target.set));
    let (password, second) = match (read.password, read.code) {
        (Some(password), Some(code)) => match split(case, code, target, dialogue, trial).await? {
            Ok(code) => (Some(password), SecondPart::Code(code)),
            Err(_) => {
                let first = FirstPart::Elsewhere(Some(whole(text, password)));
                // What looked like a wrong code was one, as far as anybody can tell.
                let if_missing = Refusal::WrongCode;
                return Ok(Apart { if_missing, ..Apart::new(first, SecondPart::Nothing) });
            }
        },
        (password, Some(code)) => (password, SecondPart::Code(ReadCode::new(code))),
        (password, None) if read.wants_email => (password, SecondPart::EmailRequest),
        (password, None) => (password, SecondPart::Nothing),
    };
    Ok(Apart::new(FirstPart::Elsewhere(password), second))
}

/// Whether a string that ends like a code of the user's is split there; if not, why the end is no code.
///
/// Where the login goes on without a code in the string, what looks like a wrong one may be the end of
/// the password. Only one password may be checked, so the code decides: unless it is one of the user's,
/// used or not, the whole string is the password. A guess at an emailed code has to be counted on its
/// record, so while there is such a code the string is split.
async fn split<A: Ask>(
    case: &Case<'_>,
    code: Code,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<Result<ReadCode, Refusal>, Stop> {
    let mut read = ReadCode::new(code);
    if !target.goes_on_without_code(case) || codes::has_emailed_code(&target.set) {
        return Ok(Ok(read));
    }
    trial.guesses(Proof::Code, dialogue.print());
    let (id, set, deadline) = (target.id(), &target.set, dialogue.deadline());
    match codes::verify(case, &read.code, id, set, deadline).await? {
        Ok(accepted) => read.accepted = Some(accepted),
        Err(rejected)
            if matches!(rejected.refusal, Refusal::WrongCode | Refusal::UnusableFactor) =>
        {
            return Ok(Err(rejected.refusal));
        }
        // It is looked at again, and counted, after the password.
        Err(_) => {}
    }
    trial.guesses_not(Proof::Code);
    Ok(Ok(read))
}

/// The whole string as the password.
fn whole(text: &Typed, head: Password) -> Password {
    Password::new(text.as_str()).unwrap_or(head)
}
