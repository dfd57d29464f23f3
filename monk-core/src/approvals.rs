//! The record of the logins that ask a user for an approval on the portal's page, and its changes.
//!
//! The state is one *use* record with a fixed id, so that a host without the right to enrol can write it and the whole
//! fleet sees it: the host where somebody logs in asks, the portal's host answers. Each write takes the place of the very
//! text that was read, so that of two answers one counts. Only the login that has made a request knows its id before the
//! page does, and only that login spends it.

use monk_terms::verdict::Refusal;

use crate::code::Context;
use crate::credential::{CredentialId, CredentialSet, Stored, Use, UseSwap};
use crate::factors::approval::{Answered, Approvals, Asker, Request};
use crate::mac::Author;
use crate::random::Random;

/// The next write for a user of whom nothing is kept yet; none where a request can be made.
///
/// As with [`emailed::beginning`](crate::emailed::beginning), the first record is the same text on every host, so that of
/// two hosts that begin at once one meets a conflict.
#[must_use]
pub fn beginning(
    set: &CredentialSet,
    author: Author<'_>,
    random: &mut dyn Random,
) -> Option<UseSwap> {
    let (merged, texts) = set.approvals();
    if texts.is_empty() {
        return Some(swap(set, &[], Approvals::default(), 0, author));
    }
    is_beginning(&texts).then(|| swap(set, &texts, merged.begun(random), 0, author))
}

/// Whether all of these are first records. Hosts with different primary keys write different ones.
fn is_beginning(texts: &[&Stored<Use>]) -> bool {
    let first = Approvals::default().into();
    texts.iter().all(|stored| stored.value.spent == first)
}

/// A request to be made.
#[derive(Debug)]
pub struct Plan {
    /// The write that must come first.
    pub swap: UseSwap,
    /// What the request is called.
    pub id: String,
    /// The number that the terminal shows.
    pub number: u8,
}

/// Makes a request.
///
/// # Errors
/// [`Refusal`] where another one is open, while nobody can ask, and where there still is a [`beginning`] to be made.
pub fn ask(asker: Asker, context: Context<'_>, random: &mut dyn Random) -> Result<Plan, Refusal> {
    let (mut state, texts) = readable(context)?;
    let number = state.ask(asker, context.now, (context.user, context.keys), random)?;
    let id = state.request.as_ref().map(|request| request.id.clone()).unwrap_or_default();
    Ok(Plan { swap: swap_in(context, &texts, state), id, number })
}

/// The request that waits for an answer.
#[must_use]
pub fn waiting(set: &CredentialSet, now: u64) -> Option<Request> {
    set.approvals().0.request.filter(|request| request.is_open(now))
}

/// The last request, whatever became of it.
#[must_use]
pub fn last(set: &CredentialSet, id: &str) -> Option<Request> {
    set.approvals().0.request.filter(|request| request.id == id)
}

/// What an answer of the page brings about, once the swap is written.
///
/// # Errors
/// [`Refusal`] where the request is not open any more, or cannot be checked here; nothing is to be written then.
pub fn answer(
    id: &str,
    number: Option<u8>,
    context: Context<'_>,
) -> Result<(Answered, UseSwap), Refusal> {
    let (mut state, texts) = readable(context)?;
    let answered = state.answer(id, number, context.now, (context.user, context.keys))?;
    Ok((answered, swap_in(context, &texts, state)))
}

/// Whether a request was approved; nothing is spent by that.
///
/// # Errors
/// [`Refusal`] where it never will be.
pub fn is_approved(id: &str, context: Context<'_>) -> Result<bool, Refusal> {
    readable(context)?.0.is_approved(id, context.now)
}

/// The write that spends an approval. The login goes on once it is done.
///
/// # Errors
/// [`Refusal`] where the request is not approved, or not any more.
pub fn spend(id: &str, context: Context<'_>) -> Result<UseSwap, Refusal> {
    let (mut state, texts) = readable(context)?;
    state.spend(id, context.now)?;
    Ok(swap_in(context, &texts, state))
}

/// The write that ends a request because its login is over; none where it has ended already.
#[must_use]
pub fn withdraw(id: &str, context: Context<'_>) -> Option<UseSwap> {
    let (mut state, texts) = readable(context).ok()?;
    state.withdraw(id)?;
    Some(swap_in(context, &texts, state))
}

/// The state, and the texts that a change of it takes the place of. A record that cannot be read could be the one that
/// counts.
fn readable(context: Context<'_>) -> Result<(Approvals, Vec<&Stored<Use>>), Refusal> {
    let (state, texts) = context.set.approvals();
    match context.set.unreadable_uses > 0 || is_beginning(&texts) {
        true => Err(Refusal::UnusableFactor),
        false => Ok((state, texts)),
    }
}

fn swap_in(context: Context<'_>, texts: &[&Stored<Use>], state: Approvals) -> UseSwap {
    swap(context.set, texts, state, context.now, context.author())
}

fn swap(
    set: &CredentialSet,
    texts: &[&Stored<Use>],
    state: Approvals,
    now: u64,
    author: Author<'_>,
) -> UseSwap {
    set.swap(texts, Use::new(CredentialId::approvals(), now, state), author)
}

#[cfg(test)]
#[path = "approvals_tests.rs"]
mod tests;
