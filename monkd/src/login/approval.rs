//! A login that is approved on the portal's page.
//!
//! Where the service allows it, an empty answer on the screen for a code leads to another one, which shows the address of
//! the page and a number. Everybody gets there: with a right password or a wrong one, known or not, with a passkey or
//! without one. Only then no login waits on the page, and nothing will come. The screen is shown [`LOOKS`] times, and each
//! time an Enter is answered at the same moment, unless the login is approved by then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use monk_core::credential::CredentialId;
use monk_core::factors::approval::{self, Asker, LIFE};
use monk_core::factors::passkey::PasskeyRecord;
use monk_core::fingerprint::Fingerprint;
use monk_core::policy::Demand;
use monk_core::typed::Typed;
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::case::Case;
use super::dialogue::{Ask, Dialogue};
use super::ending::Stop;
use super::input::{FirstString, TypedCode};
use super::proven::SecondFactor;
use super::target::Target;
use super::trial::Trial;
use super::{codes, prompts};
use crate::approvals::{self, Asked};
use crate::audit;
use crate::clock::SystemRandom;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::throttle::Print;

/// How often the screen is shown. People press Enter before they have chosen a number, and modules of older releases show
/// eight screens.
const LOOKS: usize = 3;

/// How long after an Enter the record is looked at. All of them together have to end within the time that the program
/// gives to a login.
const LOOK: Duration = Duration::from_millis(1500);

/// Pause between two looks. A directory is asked six times for an Enter that comes too early.
const PAUSE: Duration = Duration::from_millis(250);

/// Longest time to end a request whose login is over.
const WITHDRAW_TIME: Duration = Duration::from_secs(2);

/// What somebody did on the screen.
enum Came {
    /// The login was approved.
    Approved,
    /// It was not, and nobody waits any more.
    Nothing(Refusal),
    /// A code was typed in its place.
    Other(TypedCode),
}

/// The screens after an empty answer.
///
/// `is_lost`: the login is refused already, and the screen must not show it.
pub(super) async fn screen<A: Ask>(
    case: &Case<'_>,
    (origin, first): (&str, &FirstString),
    is_lost: bool,
    target: &mut Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<TypedCode, Stop> {
    let made = match is_lost {
        true => Err(Refusal::NotApproved.into()),
        false => request(case, target, dialogue).await,
    };
    let request = match (&made, &target.account) {
        (Ok(asked), Some(account)) => Some((&**account, asked)),
        _ => None,
    };
    let came = wait(case, (origin, first), (is_lost, target, request), dialogue, trial).await;
    if let Some((account, asked)) = request
        && (trial.is_shut() || !matches!(came, Ok(Came::Approved)))
    {
        withdraw(case, account, &asked.id).await;
        if !matches!(came, Ok(Came::Other(TypedCode::Code(_) | TypedCode::Malformed))) {
            // Somebody who knows the password could ask again and again, and hang up each time.
            trial.goes_on(dialogue.deadline()).await;
            trial.guesses(Proof::Code, print(case, &asked.id));
        }
    }
    match (came?, made) {
        (Came::Approved, Ok(asked)) => Ok(TypedCode::Approved(asked.id)),
        (Came::Other(code), _) => Ok(code),
        (Came::Nothing(_), Err(Stop::Refused(why, credential))) => {
            Ok(TypedCode::NotApproved(Stop::Refused(why, credential)))
        }
        (Came::Approved | Came::Nothing(_), Err(stop)) => Err(stop),
        (Came::Nothing(why), Ok(_)) => Ok(TypedCode::NotApproved(why.into())),
    }
}

/// The same screens for somebody who is refused already: whatever is typed there, nothing comes of it.
pub(super) async fn show_to_refused<A: Ask>(
    case: &Case<'_>,
    origin: &str,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) {
    let nobody = Target::refused();
    let first = FirstString::SecondFactorAlone(None);
    // What somebody types there was refused before.
    let _ = wait(case, (origin, &first), (true, &nobody, None), dialogue, trial).await;
}

/// Puts the login on the page, for a user who can approve it.
async fn request<A: Ask>(
    case: &Case<'_>,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
) -> Result<Asked, Stop> {
    let account = target.account.as_deref().ok_or(Refusal::UnknownUser)?;
    if target.set.all_of::<PasskeyRecord>().next().is_none() {
        return Err(Refusal::NoPasskey.into());
    }
    let (engine, login, deadline) = (case.engine, case.login, dialogue.deadline());
    let groups = &case.policy.groups;
    // The user is not to be bothered with a login that is refused in any case.
    if !groups.is_empty() && !engine.directory.is_in_group(account, groups, deadline).await? {
        return Err(Refusal::NotInGroup.into());
    }
    dialogue.still_wanted()?;
    let asker = Asker {
        service: login.service.clone(),
        host: approvals::own_name(),
        address: login.address.clone(),
        terminal: audit::screen(login.terminal.as_deref()).map(str::to_owned),
    };
    let set = Arc::clone(&target.set);
    Ok(approvals::ask(engine, account, set, &asker, deadline).await??)
}

/// Shows the screens, and looks after each Enter.
async fn wait<A: Ask>(
    case: &Case<'_>,
    (origin, first): (&str, &FirstString),
    (is_lost, target, request): (bool, &Target, Option<(&Account, &Asked)>),
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<Came, Stop> {
    let number = request.map_or_else(any_number, |(_, asked)| asked.number);
    let (begun, mut why) = (Instant::now(), Refusal::NotApproved);
    for look in 0..LOOKS {
        // Recording takes longer than not recording.
        dialogue.same_moment().await;
        let answer = dialogue.ask(&prompts::approval(origin, number, look > 0), trial).await?;
        let Some(answer) = answer else { return Ok(Came::Nothing(Refusal::CodeMissing)) };
        let typed = answer.expose();
        if !typed.is_empty() {
            // Programs that cannot show a screen answer every prompt with the password again.
            let is_again = first.text().is_some_and(|text| text.as_str().as_bytes() == typed);
            let text = Typed::new(typed).ok();
            return Ok(Came::Other(match is_again {
                true => TypedCode::Nothing,
                false => codes::of_screen(case, text.as_ref(), &target.set),
            }));
        }
        let is_lost = is_lost || trial.is_shut();
        if !is_lost && matches!(target.demand(case), Demand::Nothing | Demand::NothingUntil(_)) {
            return Ok(Came::Other(TypedCode::Nothing));
        }
        if begun.elapsed() >= Duration::from_secs(LIFE) {
            break;
        }
        let until = dialogue.last_input() + LOOK;
        // Others of the same user are looked at meanwhile.
        trial.pause().await;
        if let Some((account, asked)) = request
            && !is_lost
            && why == Refusal::NotApproved
        {
            let looked = look_until(case, account, asked, until, dialogue.deadline()).await;
            if looked.is_err() {
                // Strangers, for whom nothing is looked up, hear nothing before that moment.
                dialogue.goes_on_at(until).await;
            }
            match looked? {
                Ok(true) => {
                    trial.resume(dialogue.deadline()).await?;
                    return Ok(Came::Approved);
                }
                Ok(false) => {}
                Err(refusal) => why = refusal,
            }
        }
        dialogue.goes_on_at(until).await;
        trial.resume(dialogue.deadline()).await?;
    }
    Ok(Came::Nothing(why))
}

/// Whether the login is approved before a moment, or refused for ever.
async fn look_until(
    case: &Case<'_>,
    account: &Account,
    asked: &Asked,
    until: Instant,
    deadline: Deadline,
) -> Result<Result<bool, Refusal>, Stop> {
    loop {
        match approvals::is_approved(case.engine, account, &asked.id, deadline).await? {
            Ok(false) if Instant::now() + PAUSE < until => tokio::time::sleep(PAUSE).await,
            other => return Ok(other),
        }
    }
}

/// Spends the approval of a login. Nothing is granted unless that is on record.
pub(super) async fn spend<A: Ask>(
    case: &Case<'_>,
    id: &str,
    account: &Account,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<SecondFactor, Stop> {
    if let Err(stop) = dialogue.still_wanted() {
        withdraw(case, account, id).await;
        return Err(stop);
    }
    match approvals::spend(case.engine, account, id, dialogue.deadline()).await? {
        Ok(()) => Ok(SecondFactor::approval()),
        Err(refusal) => {
            trial.guesses(Proof::Code, print(case, id));
            Err(Stop::Refused(refusal, Some(CredentialId::approvals())))
        }
    }
}

async fn withdraw(case: &Case<'_>, account: &Account, id: &str) {
    let deadline = Deadline::after(WITHDRAW_TIME);
    if let Err(outage) = approvals::withdraw(case.engine, account, id, deadline).await {
        audit::warn(&format!("a login that is over still waits on the portal's page: {outage}"));
    }
}

/// A number for a screen on which nothing depends.
fn any_number() -> u8 {
    approval::any_number(&mut SystemRandom)
}

/// What stands for a request among guesses.
fn print(case: &Case<'_>, id: &str) -> Print {
    let mut print = Fingerprint::new(case.engine.keys.primary());
    print.add(b"approval");
    print.add(id.as_bytes());
    print.finish()
}
