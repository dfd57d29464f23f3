//! The record that a code is sent. It comes first: a code that is not on record opens nothing,
//! and a send that is not counted could be repeated without end.

use std::sync::Arc;

use monk_core::code::Context;
use monk_core::credential::{Change, CredentialSet, Unregistered, UseSwap};
use monk_core::emailed::{self, Plan};
use monk_core::factors::Door;
use monk_core::factors::email::{Aim, Limits};
use monk_core::mac::Author;
use monk_terms::verdict::Refusal;

use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::{Account, Swapped};
use crate::engine::Engine;
use crate::mail::Recorded;
use crate::outage::Outage;

/// How often a record is written again after somebody else changed it.
const MAX_ROUNDS: usize = 8;

/// Makes a code for `account` and records that it is sent.
///
/// # Errors
/// [`Outage`] when it could not be recorded; a [`Refusal`] inside when it may not be sent.
pub async fn record(
    engine: &Engine,
    account: &Account,
    set: Arc<CredentialSet>,
    (aim, limits): (Aim<'_>, Limits),
    deadline: Deadline,
) -> Result<Result<Recorded, Refusal>, Outage> {
    let plan = |context: Context<'_>| {
        emailed::plan(aim, limits, context, &mut SystemRandom)
            .map(|Plan { swap, code, sent }| (swap, Recorded { code, sent }))
    };
    write(engine, account, set, deadline, plan).await
}

/// Counts a test mail.
///
/// # Errors
/// As [`record`].
pub async fn count_test(
    engine: &Engine,
    account: &Account,
    set: Arc<CredentialSet>,
    limits: Limits,
    deadline: Deadline,
) -> Result<Result<(), Refusal>, Outage> {
    let count = |context: Context<'_>| emailed::count_only(limits, context).map(|swap| (swap, ()));
    write(engine, account, set, deadline, count).await
}

async fn write<T>(
    engine: &Engine,
    account: &Account,
    mut set: Arc<CredentialSet>,
    deadline: Deadline,
    plan: impl Fn(Context<'_>) -> Result<(UseSwap, T), Refusal>,
) -> Result<Result<T, Refusal>, Outage> {
    for _ in 0..MAX_ROUNDS {
        let author = Author { user: &account.id, keys: &engine.keys };
        let beginning = emailed::beginning(&set, author, &mut SystemRandom);
        if let Some(swap) = beginning.filter(|_| set.unreadable_uses == 0) {
            begin(engine, account, &set, swap, deadline).await?;
        } else {
            let now = clock::now();
            let (user, keys) = (&account.id, &engine.keys);
            let context =
                Context { user, set: &set, keys, now, door: Door::Login, may_confirm: false };
            let (swap, made) = match plan(context) {
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

/// Makes a beginning: whether this or another host has written it, all go on from there.
///
/// A user who has nothing enrolled gets the place for it as well: an LDAP entry keeps no uses
/// without a credential.
async fn begin(
    engine: &Engine,
    account: &Account,
    set: &CredentialSet,
    swap: UseSwap,
    deadline: Deadline,
) -> Result<Swapped, Outage> {
    let has_place = !set.credentials.is_empty() || set.unreadable_credentials > 0;
    if has_place || !swap.remove.is_empty() {
        return engine.store.spend(account, &swap, deadline).await;
    }
    let author = Author { user: &account.id, keys: &engine.keys };
    let change = Change {
        add_credentials: vec![emailed::placeholder(author)],
        add_uses: vec![swap.add],
        ..Change::default()
    };
    match set.planned(change, clock::now(), author, &mut SystemRandom) {
        Ok(change) => engine.store.change(account, &change, deadline).await,
        Err(Unregistered) => Ok(Swapped::Conflict),
    }
}
