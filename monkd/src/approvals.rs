//! Logins that ask for an approval on the portal's page: their record, in the home of the user's credentials.
//!
//! The host where somebody logs in and the portal's host may be different ones: all that they share is the record. What
//! is in it, and when it changes, is decided in [`monk_core::approvals`].

use std::sync::Arc;

use monk_core::approvals::{self, Plan};
use monk_core::code::Context;
use monk_core::credential::{CredentialSet, UseSwap};
use monk_core::factors::Door;
use monk_core::factors::approval::{Answered, Asker};
use monk_core::mac::Author;
use monk_terms::verdict::Refusal;

use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::{Account, Swapped};
use crate::engine::Engine;
use crate::outage::Outage;

/// How often a record is written again after somebody else changed it.
const MAX_ROUNDS: usize = 8;

/// A login that waits for its approval.
pub(crate) struct Asked {
    /// What the request is called.
    pub id: String,
    /// The number that the terminal shows.
    pub number: u8,
}

/// What this host calls itself, for the page.
pub(crate) fn own_name() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.unwrap_or_default()
}

/// Makes a request.
///
/// # Errors
/// [`Outage`] when it could not be recorded; a [`Refusal`] inside when it may not be made.
pub(crate) async fn ask(
    engine: &Engine,
    account: &Account,
    set: Arc<CredentialSet>,
    asker: &Asker,
    deadline: Deadline,
) -> Result<Result<Asked, Refusal>, Outage> {
    let plan = |context: Context<'_>| {
        let plan = approvals::ask(asker.clone(), context, &mut SystemRandom)?;
        let Plan { swap, id, number } = plan;
        Ok((swap, Asked { id, number }))
    };
    write(engine, account, Some(set), deadline, plan).await
}

/// Whether a request was approved; nothing is spent by that.
///
/// # Errors
/// [`Outage`] when nobody can tell; a [`Refusal`] inside where it never will be.
pub(crate) async fn is_approved(
    engine: &Engine,
    account: &Account,
    id: &str,
    deadline: Deadline,
) -> Result<Result<bool, Refusal>, Outage> {
    let set = engine.store.load(account, deadline).await?;
    Ok(approvals::is_approved(id, context(engine, account, &set)))
}

/// Spends an approval: the login may go on once this is done.
///
/// # Errors
/// [`Outage`] when that is not certainly on record; a [`Refusal`] inside where it is not approved, or not any more.
pub(crate) async fn spend(
    engine: &Engine,
    account: &Account,
    id: &str,
    deadline: Deadline,
) -> Result<Result<(), Refusal>, Outage> {
    let plan = |context: Context<'_>| approvals::spend(id, context).map(|swap| (swap, ()));
    write(engine, account, None, deadline, plan).await
}

/// Notes an answer of the page: a number, or none for "That's not me".
///
/// # Errors
/// [`Outage`] when it is not certainly on record; a [`Refusal`] inside where nobody can answer that request any more.
pub(crate) async fn answer(
    engine: &Engine,
    account: &Account,
    (id, number): (&str, Option<u8>),
    deadline: Deadline,
) -> Result<Result<Answered, Refusal>, Outage> {
    let plan = |context: Context<'_>| {
        approvals::answer(id, number, context).map(|(answered, swap)| (swap, answered))
    };
    write(engine, account, None, deadline, plan).await
}

/// Ends a request whose login is over. Where that cannot be written, its two minutes end it.
///
/// # Errors
/// [`Outage`] when it could not be written.
pub(crate) async fn withdraw(
    engine: &Engine,
    account: &Account,
    id: &str,
    deadline: Deadline,
) -> Result<(), Outage> {
    for _ in 0..MAX_ROUNDS {
        let set = engine.store.load(account, deadline).await?;
        let Some(swap) = approvals::withdraw(id, context(engine, account, &set)) else {
            return Ok(());
        };
        if engine.store.spend(account, &swap, deadline).await? == Swapped::Done {
            return Ok(());
        }
    }
    Err(Outage::Contention)
}

/// Plans a change and writes it, until nobody else was faster. `set` is what was read already.
async fn write<T>(
    engine: &Engine,
    account: &Account,
    set: Option<Arc<CredentialSet>>,
    deadline: Deadline,
    plan: impl Fn(Context<'_>) -> Result<(UseSwap, T), Refusal>,
) -> Result<Result<T, Refusal>, Outage> {
    let mut set = match set {
        Some(set) => set,
        None => Arc::new(engine.store.load(account, deadline).await?),
    };
    for _ in 0..MAX_ROUNDS {
        let author = Author { user: &account.id, keys: &engine.keys };
        let beginning = approvals::beginning(&set, author, &mut SystemRandom);
        if let Some(swap) = beginning.filter(|_| set.unreadable_uses == 0) {
            // Whether this or another host has written it, all go on from there.
            let _either = engine.store.spend(account, &swap, deadline).await?;
        } else {
            let (swap, made) = match plan(context(engine, account, &set)) {
                Ok(planned) => planned,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if engine.store.spend(account, &swap, deadline).await? == Swapped::Done {
                return Ok(Ok(made));
            }
        }
        set = Arc::new(engine.store.load(account, deadline).await?);
    }
    Err(Outage::Contention)
}

fn context<'a>(engine: &'a Engine, account: &'a Account, set: &'a CredentialSet) -> Context<'a> {
    let (user, keys) = (&account.id, &engine.keys);
    Context { user, set, keys, now: clock::now(), door: Door::Login, may_confirm: false }
}
