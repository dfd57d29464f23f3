//! A first string that is a ticket of the portal: whether it is right, whether the service takes it, and the record
//! that it was used, last and mandatory.
//!
//! It stands for the whole login, so everything that closes a login is looked at here: the state of the account, the
//! policy of the service as it is now, the service that the ticket was taken for, the passkey behind it, its end, the
//! groups. Where another module checks the password there is none to hand on, and a ticket opens nothing.

use std::sync::Arc;

use monk_core::closed::Way;
use monk_core::credential::{CredentialId, CredentialSet};
use monk_core::factors::app_password::AppPassword;
use monk_core::keys::Owner;
use monk_core::mac::Author;
use monk_core::policy::PortalTicket;
use monk_core::reading;
use monk_core::ticket::NamedTicket;
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};

use super::case::Case;
use super::dialogue::{Ask, Dialogue};
use super::ending::{Granted, Stop};
use super::facts::{self, unknown};
use super::input::FirstString;
use super::proven::{FirstFactor, Member};
use super::target::Target;
use super::trial::Trial;
use crate::deadline::Deadline;
use crate::directory::{Account, Advice, Swapped};
use crate::outage::Outage;
use crate::{clock, hashing};

/// How often a login reads again after somebody else has changed the same record. A competitor with the same ticket
/// has succeeded then, and the next round finds that.
const MAX_ROUNDS: usize = 8;

/// The login with a ticket of the user, if the string is one.
pub(super) async fn redeem<A: Ask>(
    case: &Case<'_>,
    first: &FirstString,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<Option<Granted>, Stop> {
    let Some(text) = first.text() else { return Ok(None) };
    if let Some(id) = case.past().and_then(|past| past.ticket) {
        let FirstString::ToCheck(_) = first else {
            return Err(refused(Refusal::TicketNotAllowed, &id));
        };
        let member = allowed(case, &id, target, dialogue.deadline()).await?;
        return Ok(Some(member.granted_alone(id, None)));
    }
    if let Some(named) = misplaced(first, text.as_str(), &target.set) {
        return Err(refused(Refusal::TicketNotAllowed, named.id()));
    }
    let FirstString::ToCheck(input) = first else { return Ok(None) };
    let Some(typed) = input.app_password() else { return Ok(None) };
    let Some(named) = NamedTicket::of(typed, &target.set) else { return Ok(None) };
    if !is_right(case, typed, &named, target.id(), dialogue, trial).await? {
        return Ok(None);
    }
    let id = named.id();
    let member = allowed(case, id, target, dialogue.deadline()).await?;
    let account = target.account.as_deref().ok_or(Refusal::UnknownUser)?;
    spend(case, typed, account, Arc::clone(&target.set), dialogue).await?;
    Ok(Some(member.granted_alone(id.clone(), None)))
}

/// Whether a ticket that is right opens this service to this user.
async fn allowed(
    case: &Case<'_>,
    id: &CredentialId,
    target: &Target,
    deadline: Deadline,
) -> Result<Member, Stop> {
    if let Some(refusal) = target.closed_to(Way::Ticket, case) {
        return Err(refused(refusal, id));
    }
    // As the policy is now, and not as it was when the ticket was taken. It proves nothing to the portal.
    if case.mode.is_proof() || case.policy.portal_ticket != PortalTicket::Allowed {
        return Err(refused(Refusal::TicketNotAllowed, id));
    }
    let first_factor = FirstFactor::new(Grant::PortalTicket, None, Advice::Nothing);
    Member::of(first_factor, case, target, deadline).await.map_err(|stop| stop.about(id))
}

/// A ticket that would be taken for a password: where another module checks it, and with a code behind it. It goes to
/// nobody, and is not compared either.
fn misplaced<'a>(
    first: &FirstString,
    text: &str,
    set: &'a CredentialSet,
) -> Option<NamedTicket<'a>> {
    let in_front = reading::heads(text);
    let alone = matches!(first, FirstString::SecondFactorAlone(_)).then_some(text);
    let typed = alone.into_iter().chain(in_front).filter_map(AppPassword::from_typed);
    typed.filter_map(|typed| NamedTicket::of(&typed, set)).next()
}

/// Whether the string is the ticket that it names. Until that is known, it is a guess.
async fn is_right<A: Ask>(
    case: &Case<'_>,
    typed: &AppPassword,
    named: &NamedTicket<'_>,
    user: &str,
    dialogue: &Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<bool, Stop> {
    let print = dialogue.print();
    if let Some(known) = case.known() {
        return facts::last(&known.compared, |one| *one == print).ok_or_else(unknown);
    }
    trial.guesses(Proof::AppPassword, print);
    // All that monk writes are cheap, and others wait meanwhile.
    if !named.record.hash.is_cheap() {
        return Err(refused(Refusal::UnusableFactor, named.id()));
    }
    let verify = {
        let (typed, record, id) = (typed.clone(), named.record.clone(), named.id().clone());
        let (user, keys) = (user.to_owned(), Arc::clone(&case.engine.keys));
        move || record.verify(&typed, Owner { user: &user, credential: id.as_str() }, &keys)
    };
    let result = hashing::run_cheap(dialogue.deadline(), verify).await?;
    let is_right = result.map_err(|_| refused(Refusal::UnusableFactor, named.id()))?;
    if let Some(mut notes) = case.notes() {
        notes.compared.push((print, is_right));
    }
    // A wrong one is counted where the string comes apart, as an app password that nobody has.
    trial.guesses_not(Proof::AppPassword);
    Ok(is_right)
}

/// Spends it. Nothing is granted unless that is on record.
async fn spend<A: Ask>(
    case: &Case<'_>,
    typed: &AppPassword,
    account: &Account,
    mut set: Arc<CredentialSet>,
    dialogue: &mut Dialogue<'_, A>,
) -> Result<(), Stop> {
    let (store, deadline) = (&case.engine.store, dialogue.deadline());
    let author = Author { user: &account.id, keys: &case.engine.keys };
    for _ in 0..MAX_ROUNDS {
        // It may have been replaced, withdrawn or reset since it was read first.
        let named = NamedTicket::of(typed, &set).ok_or(Refusal::WrongAppPassword)?;
        let swap = named.spent_for(&case.login.service, &set, author, clock::now());
        let swap = swap.map_err(|refusal| refused(refusal, named.id()))?;
        if !case.mode.spends() {
            return Ok(());
        }
        dialogue.still_wanted()?;
        match store.spend(account, &swap, deadline).await? {
            Swapped::Done => return Ok(()),
            Swapped::Conflict => set = Arc::new(store.load(account, deadline).await?),
        }
    }
    Err(Outage::Contention.into())
}

fn refused(refusal: Refusal, ticket: &CredentialId) -> Stop {
    Stop::Refused(refusal, Some(ticket.clone()))
}
