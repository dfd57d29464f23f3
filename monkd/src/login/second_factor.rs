//! The second factor: what the policy asks for, the code, and the record that it was used, last and
//! mandatory.

use std::sync::Arc;

use monk_core::credential::CredentialSet;
use monk_core::mac::Author;
use monk_core::policy::Demand;
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::approval;
use super::case::{Case, Mode};
use super::codes::{self, Judgement};
use super::dialogue::{Ask, Dialogue};
use super::ending::Stop;
use super::input::{ReadCode, TypedCode};
use super::proven::SecondFactor;
use super::remembering::{self, Memory};
use super::target::Target;
use super::trial::Trial;
use crate::directory::{Account, Swapped};
use crate::notices;
use crate::outage::Outage;

/// How often a login reads again after somebody else changed the same record. Each round, one of
/// the competitors has succeeded; a user has few of them, an attacker gets no further.
const MAX_ROUNDS: usize = 8;

/// What stands for the second factor: a code, or the policy's word that none is asked.
pub(super) async fn prove<A: Ask>(
    case: &Case<'_>,
    (code, if_missing): (TypedCode, Refusal),
    target: Target,
    memory: Option<&Memory>,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<SecondFactor, Stop> {
    match (target.demand(case), code) {
        (Demand::Refuse(refusal), _) => Err(refusal.into()),
        (_, TypedCode::Malformed) => {
            trial.guesses(Proof::Code, dialogue.print());
            Err(Refusal::WrongCode.into())
        }
        (demand, TypedCode::Nothing) => {
            SecondFactor::not_asked(&demand).ok_or_else(|| if_missing.into())
        }
        // A forecast: the screen has not been shown, and nobody knows what would have been typed.
        (demand, TypedCode::NotAsked) => SecondFactor::not_asked(&demand).ok_or(Stop::AsksForCode),
        (demand, TypedCode::NotApproved(stop)) => SecondFactor::not_asked(&demand).ok_or(stop),
        (_, TypedCode::Approved(id)) => {
            let account = target.account.ok_or(Refusal::UnknownUser)?;
            match case.mode {
                // It was spent, or the login was refused for it.
                Mode::Forecast => Ok(SecondFactor::approval()),
                _ => approval::spend(case, &id, &account, dialogue, trial).await,
            }
        }
        (Demand::Nothing | Demand::NothingUntil(_) | Demand::Code, TypedCode::Code(code)) => {
            let account = target.account.ok_or(Refusal::UnknownUser)?;
            spend(case, code, (&account, target.set), memory, dialogue, trial).await
        }
    }
}

/// Verifies the code and spends it. A code that is right, or was right before, is nobody's guess. Nothing is granted unless the use is on record, and no guess at
/// an emailed code is answered unless it is counted.
async fn spend<A: Ask>(
    case: &Case<'_>,
    ReadCode { code, mut accepted }: ReadCode,
    (account, mut set): (&Account, Arc<CredentialSet>),
    memory: Option<&Memory>,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<SecondFactor, Stop> {
    let (store, deadline) = (&case.engine.store, dialogue.deadline());
    for _ in 0..MAX_ROUNDS {
        let Judgement { told, swap, confirms } = match accepted.take() {
            Some(accepted) => accepted.into(),
            None => {
                trial.guesses_not(Proof::Code);
                trial.guesses(Proof::Code, dialogue.print());
                codes::judge(case, &code, &account.id, &set, deadline).await?
            }
        };
        match &told {
            Ok(_) => trial.guesses_not(Proof::Code),
            Err(rejected) if rejected.refusal.is_replay() => {
                trial.was_replay();
                // Another host was faster, with the same string.
                let opened = memory.and_then(|memory| remembering::opened_elsewhere(memory, &set));
                if let Some(credential) = opened {
                    return Ok(SecondFactor::remembered(credential));
                }
            }
            Err(_) => {}
        }
        let told = told.map_err(|wrong| Stop::Refused(wrong.refusal, wrong.credential));
        // The code of a letter opens nothing without the password: not where a key took its place, and not where nobody
        // has proved the old one.
        if confirms && trial.right_password().is_none() {
            return Err(Refusal::NotEnrolled.into());
        }
        // A wrong one is counted in a rehearsed change, too.
        let writes = case.mode.spends() || (told.is_err() && case.mode.is_rehearsed_change());
        let Some(swap) = swap.filter(|_| writes) else { return told };
        let swap = match told.as_ref().ok().and_then(SecondFactor::as_code) {
            Some((grant, _)) => {
                dialogue.still_wanted()?;
                let author = Author { user: &account.id, keys: &case.engine.keys };
                remembering::opening(memory, grant, swap, author)
            }
            None => swap,
        };
        match store.spend(account, &swap, deadline).await? {
            Swapped::Done => {
                if confirms && let Ok(Some((_, device))) = told.as_ref().map(SecondFactor::as_code)
                {
                    notices::tell_of_device(case.engine, account, (&set, device), case.login);
                }
                return told;
            }
            // Somebody was faster. With the same code, the next round finds a replay.
            Swapped::Conflict => set = Arc::new(store.load(account, deadline).await?),
        }
    }
    Err(Outage::Contention.into())
}
