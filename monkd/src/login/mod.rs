//! A login, from the string that was typed to the line in the audit.
//!
//! [`run`] frames it: the limits of time before, the audit and the moment of the answer after. The
//! steps in between stand in `decide`, in their order:
//!
//! | step | what comes out | file |
//! |---|---|---|
//! | `pam_sm_authenticate` describes the login and asks the engine | a request on the socket | `pam_monk/src/authenticate.rs` |
//! | the conversation takes the request, and whose it is from the kernel | `Login`, [`Caller`] | `conversation.rs` |
//! | what stays the same: policy, mode, time | `Case` | `case.rs` |
//! | limits: bad names, and programs that may not be believed | or a refusal | `case.rs` |
//! | the string, given or asked for | `FirstString` | `dialogue.rs`, `input.rs` |
//! | one search for the user | `Found` | `engine.rs` |
//! | whether the attempt is looked at now | `Target`; under way in `Trial` | `target.rs`, `trial.rs` |
//! | an app password that is right opens alone | `RightAppPassword` | `app_password.rs` |
//! | so does a ticket of the portal, once it is spent | `Granted` | `ticket.rs` |
//! | the string comes apart | `Apart` | `apart.rs` |
//! | a code that opened the same before is looked up | a credential | `remembering.rs` |
//! | one password check | `FirstFactor`, or a refusal | `password.rs` |
//! | the second screen, for everybody | `TypedCode` | `code_screen.rs`, `email.rs`, `approval.rs` |
//! | the groups | `Member` | `proven.rs` |
//! | the policy's demand, the code, the record that it was used | `SecondFactor` | `second_factor.rs`, `codes.rs` |
//! | the grant | `Granted`, or `Stop` | `proven.rs`, `ending.rs` |
//! | what was guessed and missed is counted | | `trial.rs` |
//! | the same steps once more, where another policy is to come | `Forecast` | `forecast.rs`, `facts.rs` |
//! | a login of the past, with what the log says of it | `Forecast` | `replay.rs` |
//! | the audit line, and the answer at its moment | [`Verdict`] | here, `ending.rs` |
//!
//! Every refusal is answered at the same moment after the last thing that was typed, whatever it
//! was that failed, and a wrong password is found out before a code is looked at. All texts stand in
//! `prompts.rs`.

mod apart;
mod app_password;
mod approval;
mod case;
mod code_screen;
mod codes;
mod dialogue;
mod email;
mod ending;
mod facts;
mod forecast;
mod input;
mod password;
mod prompts;
mod proven;
mod remembering;
pub mod replay;
mod second_factor;
mod target;
mod ticket;
mod trial;

use std::time::{Duration, Instant};

use monk_core::credential::CredentialId;
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;
use monk_wire::Login;

pub use case::{Mode, Proving, check_name};
pub use dialogue::{Ask, HungUp};
pub use ending::{Note, Verdict};
pub use prompts::password_notice;
pub use trial::subject;

use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::engine::Engine;
use crate::recent_refusals::Refused;
use crate::{clock, tally};
use case::Case;
use dialogue::Dialogue;
use ending::{Granted, Stop};
use input::{SecondPart, TypedCode};
use proven::{Member, SecondFactor};
use target::Target;
use trial::Trial;

/// Carries out one login, or rehearses it.
pub async fn run(
    engine: &Engine,
    caller: Caller,
    login: &Login,
    mode: Mode,
    ask: &mut impl Ask,
) -> Verdict {
    let started = Instant::now();
    let case = Case::new(engine, caller, login, mode);
    let (mut dialogue, mut trial) = (Dialogue::new(&case, ask), Trial::new(&case));
    let outcome = match case.check_limits() {
        Err(refusal) => Err(refusal.into()),
        Ok(()) => {
            let outcome = decide(&case, &mut dialogue, &mut trial).await;
            code_screen::show_to_refused(&case, &outcome, &mut dialogue, &mut trial).await;
            outcome
        }
    };
    trial.end(&outcome).await;
    let mut verdict = Verdict::new(outcome, dialogue.hung_up(), dialogue.sending.take());
    verdict.right_password = trial.right_password();
    verdict.how = dialogue.how();
    let took = started.elapsed().saturating_sub(dialogue.waited());
    if mode.is_in_earnest() {
        let moment = dialogue.moment_of_refusal();
        let time = forecast_time(&verdict.ending, case.refusal_delay(), moment);
        verdict.forecast = forecast::of(&case, &verdict.ending, time, dialogue.deadline()).await;
        record(&case, &verdict, trial.is_known, took);
        if let Ending::Refused(reason) = verdict.ending {
            if let Some(user) = &trial.user {
                let (service, address) = (login.service.clone(), login.address.clone());
                let credential = verdict.credential.as_ref().map(|id| id.as_str().to_owned());
                let (at, detail) = (clock::now(), trial.detail);
                let refused = Refused { at, service, address, reason, credential, detail };
                engine.portal.refusals.note(user, refused);
            }
            tokio::time::sleep_until(dialogue.moment_of_refusal().into()).await;
        }
    }
    verdict
}

/// How long a forecast may take. A refusal does not wait for one: when it is answered would tell what was found right.
fn forecast_time(ending: &Ending, delay: Duration, moment_of_refusal: Instant) -> Duration {
    match ending {
        Ending::Refused(_) if !delay.is_zero() => {
            let left = moment_of_refusal.saturating_duration_since(Instant::now());
            forecast::LONGEST.min(left.saturating_sub(forecast::MARGIN))
        }
        _ => forecast::LONGEST,
    }
}

/// The steps of a login.
async fn decide<A: Ask>(
    case: &Case<'_>,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<Granted, Stop> {
    let first = dialogue.first_string().await?;
    let found = case.find(dialogue.deadline()).await?;
    let claims = first.claims(case.policy.separator);
    let mut target = Target::admitted(found, claims, trial, dialogue.deadline()).await?;

    let app_password =
        app_password::recognise(case, &first, &target, trial, dialogue.deadline()).await?;
    if let Some(app_password) = app_password {
        return app_password.open(case, &target, dialogue.deadline()).await;
    }

    // Boxed, as all that is rare: what a future may become is moved about with it.
    let ticket = ticket::redeem(case, &first, &target, dialogue, trial);
    if let Some(granted) = Box::pin(ticket).await? {
        return Ok(granted);
    }

    let apart = apart::take_apart(case, &first, &target, dialogue, trial).await?;
    dialogue.note_code(&first, &apart);
    let memory = remembering::memory(case, &first, &apart, &target);
    let recalled =
        remembering::recall(case, memory.as_ref(), &target.set, dialogue.deadline()).await;
    let checked = password::check(case, &apart, &target, trial, dialogue.deadline()).await?;

    // Before anybody hears whether the password was right: the screen tells nothing.
    let wants_email = matches!(apart.second, SecondPart::EmailRequest);
    let (strings, is_lost) = ((&first, apart.second), checked.is_err());
    let code =
        code_screen::typed_or_asked(case, strings, is_lost, &mut target, dialogue, trial).await;
    // Somebody has to wait since a screen was shown: everybody sees those that follow, and nothing comes of them.
    let code = if trial.is_shut() { Err(Refusal::Throttled.into()) } else { code };
    let first_factor = match checked {
        Ok(first_factor) => first_factor,
        Err(refusal) => {
            if let (Some(memory), Some(_)) = (memory, recalled) {
                // Boxed, as the ticket.
                Box::pin(remembering::forget(case, memory, &target, dialogue.deadline())).await;
            }
            return Err(refused(refusal, code, case, dialogue, trial));
        }
    };
    if wants_email {
        // Boxed, as the ticket.
        return Err(Box::pin(email::request(case, &target, dialogue)).await);
    }
    let (code, deadline) = (code?, dialogue.deadline());

    let member = Member::of(first_factor, case, &target, deadline).await?;
    if let Some(credential) = recalled {
        return Ok(member.granted(SecondFactor::remembered(credential)));
    }
    let proven = second_factor::prove(
        case,
        (code, apart.if_missing),
        target,
        memory.as_ref(),
        dialogue,
        trial,
    )
    .await;
    let until = dialogue.moment_of_refusal();
    let proven = remembering::keep_or_look_again(case, memory, proven, until, deadline).await?;
    Ok(member.granted(proven))
}

/// The end of a login that has no first factor, after the screen that everybody sees.
fn refused<A: Ask>(
    refusal: Refusal,
    code: Result<TypedCode, Stop>,
    case: &Case<'_>,
    dialogue: &Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Stop {
    match code {
        // A person who hangs up at the screen, or has to wait from now on, is refused for the password
        // all the same.
        _ if case.asks_password() => {}
        Ok(
            TypedCode::Nothing
            | TypedCode::NotAsked
            | TypedCode::Approved(_)
            | TypedCode::NotApproved(_),
        ) => {}
        Ok(TypedCode::Malformed | TypedCode::Code(_)) => {
            trial.guesses(Proof::Code, dialogue.print());
        }
        Err(stop) => return stop,
    }
    refusal.into()
}

fn record(case: &Case<'_>, verdict: &Verdict, is_known: bool, took: Duration) {
    let login = case.login;
    let service = case.engine.settings.counted_as(&login.service);
    tally::login(service, verdict.ending.labels(case.mode.event()), took);
    audit::record(&audit::Line {
        event: case.mode.event(),
        user: &case.engine.shown(&login.user, is_known),
        service: &login.service,
        terminal: login.terminal.as_deref(),
        by: audit::by(case.caller, login.person),
        address: login.address.as_deref(),
        ending: &verdict.ending,
        credential: verdict.credential.as_ref().map(CredentialId::as_str),
        password: verdict.advice,
        how: verdict.how.filter(|_| case.mode == Mode::Real && verdict.depends_on_policy()),
        would: verdict.forecast,
        took,
    });
}

#[cfg(test)]
mod tests;
