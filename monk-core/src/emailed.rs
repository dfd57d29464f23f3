//! The record of the codes that were sent to a user by mail, and its changes.
//!
//! The state is one *use* record with a fixed id, so that a host without the right to enrol can write it
//! and the whole fleet sees it. A wrong try is written down before it is answered, and each write takes
//! the place of the very text that was read: so nobody gets more than
//! [`MAX_TRIES`](crate::factors::email::MAX_TRIES) guesses at a code, however many hosts and connections
//! guess at once. A new code takes the place of the old one and does not forget how many were sent.

use monk_terms::verdict::{Grant, Refusal};

use crate::code::{Accepted, Context};
use crate::credential::{Credential, CredentialId, CredentialSet, Stored, Use, UseSwap};
use crate::factors::email::{Aim, EmailRecord, Emailed, EmailedCode, Guess, Limits};
use crate::factors::shapes::{Code, EMAILED_DIGITS};
use crate::keys::Owner;
use crate::mac::Author;
use crate::random::Random;

/// The credential of a user who has none, but is sent codes: it keeps the place for the record in
/// an LDAP entry, and is no factor. Every host writes the same text.
#[must_use]
pub fn placeholder(author: Author<'_>) -> String {
    let record = EmailRecord { address: None, pending: false };
    Credential::new(CredentialId::emailed(), "", 0, record).to_record(author)
}

/// Whether this only keeps the place for emailed codes: nobody has enrolled it.
#[must_use]
pub fn is_placeholder(credential: &Credential) -> bool {
    credential.factor.get().is_some_and(|record: &EmailRecord| record.address.is_none())
}

/// The address that the user has confirmed.
#[must_use]
pub fn confirmed_address(set: &CredentialSet) -> Option<&str> {
    let mut confirmed = set.all_of::<EmailRecord>().filter(|(_, record)| record.is_confirmed());
    confirmed.next()?.1.address.as_deref()
}

/// Whether the last code was sent for a login, whatever became of it: a used one is no part of the
/// password either.
#[must_use]
pub fn can_open_a_login(set: &CredentialSet) -> bool {
    set.emailed().0.is_for(Aim::Login)
}

/// The next write for a user of whom nothing is kept yet; none where a send can be counted.
///
/// First comes an empty record, the same text on every host, so that of two hosts that begin at once
/// one meets a conflict, and both go on from the same text. A host that is late can write it again,
/// though, when others have gone on already. So nothing is ever counted on it: its place is taken by a
/// unique text, and a host that still holds a swap of the empty one can add another
/// beginning with it, and no send.
#[must_use]
pub fn beginning(
    set: &CredentialSet,
    author: Author<'_>,
    random: &mut dyn Random,
) -> Option<UseSwap> {
    let (merged, texts) = set.emailed();
    if texts.is_empty() {
        return Some(swap(set, &[], Emailed::default(), 0, author));
    }
    is_beginning(&texts).then(|| swap(set, &texts, merged.begun(random), 0, author))
}

/// Whether all of these are first records. Hosts with different primary keys write different ones.
fn is_beginning(texts: &[&Stored<Use>]) -> bool {
    let first = Emailed::default().into();
    texts.iter().all(|stored| stored.value.spent == first)
}

/// A code to be sent, once the swap is written.
pub struct Plan {
    /// The write that must come first.
    pub swap: UseSwap,
    /// What is sent then.
    pub code: EmailedCode,
    /// What takes it back, should sending fail.
    pub sent: u64,
}

/// Makes a new code. It takes the place of the one before.
///
/// # Errors
/// [`Refusal::TooManySends`] within an hour of too many others, and [`Refusal::UnusableFactor`]
/// where a record of use cannot be read (it could be the one that counts), or where there still is a
/// [`beginning`] to be made.
pub fn plan(
    aim: Aim<'_>,
    limits: Limits,
    context: Context<'_>,
    random: &mut dyn Random,
) -> Result<Plan, Refusal> {
    let (mut state, texts) = counted(limits, context)?;
    let sent = context.now;
    let code = state.renew(aim, limits.valid, sent, (owner(context), context.keys), random);
    Ok(Plan { swap: swap_in(context, &texts, state), code, sent })
}

/// Counts a mail without a code in it, such as a test.
///
/// # Errors
/// As [`plan`].
pub fn count_only(limits: Limits, context: Context<'_>) -> Result<UseSwap, Refusal> {
    let (state, texts) = counted(limits, context)?;
    Ok(swap_in(context, &texts, state))
}

fn counted(limits: Limits, context: Context<'_>) -> Result<(Emailed, Vec<&Stored<Use>>), Refusal> {
    let (mut state, texts) = context.set.emailed();
    if context.set.unreadable_uses > 0 || is_beginning(&texts) {
        return Err(Refusal::UnusableFactor);
    }
    state.count(limits, context.now)?;
    Ok((state, texts))
}

/// The write that gives a send back, because it failed: the user should not have to wait for an
/// hour because the mail server was down.
///
/// Only for a code at which nobody has guessed yet, and the code is dead then. Otherwise somebody
/// who knows the password could guess at one code after another while the mail server is down.
#[must_use]
pub fn give_back(sent: u64, set: &CredentialSet, now: u64, author: Author<'_>) -> Option<UseSwap> {
    let (mut state, texts) = set.emailed();
    state.take_back(sent).filter(|()| set.unreadable_uses == 0)?;
    Some(swap(set, &texts, state, now, author))
}

/// The write that ends the code that is outstanding, because its address goes.
#[must_use]
pub fn forget(set: &CredentialSet, now: u64, author: Author<'_>) -> Option<UseSwap> {
    let (mut state, texts) = set.emailed();
    state.code.take()?;
    Some(swap(set, &texts, state, now, author))
}

/// What became of a code that was typed.
#[derive(Debug)]
pub enum Checked {
    /// It is not one that was sent, and there is no sent code at which this could be a guess.
    NotOurs,
    /// It is the one, and unused. It opens nothing until the swap is written.
    Right(Accepted),
    /// It is wrong, and no more may be said than that before the swap is written.
    Wrong(UseSwap),
    /// It was sent, and is good for nothing any more, or not here.
    Refused(Refusal),
}

/// Checks what was typed against the code that was sent. Computes one hash, a cheap one.
#[must_use]
pub fn check(typed: &Code, aim: Aim<'_>, context: Context<'_>) -> Checked {
    let Some(digits) = typed.digits(EMAILED_DIGITS) else { return Checked::NotOurs };
    let (mut state, texts) = context.set.emailed();
    if !state.is_for(aim) {
        return Checked::NotOurs;
    }
    if context.set.unreadable_uses > 0 {
        return Checked::Refused(Refusal::UnusableFactor);
    }
    match state.guess(digits, aim, context.now, owner(context), context.keys) {
        Guess::NotOurs => Checked::NotOurs,
        Guess::Refused(refusal) => Checked::Refused(refusal),
        Guess::Wrong => Checked::Wrong(swap_in(context, &texts, state)),
        Guess::Right => Checked::Right(Accepted {
            confirms: false,
            grant: Grant::EmailedCode,
            credential: CredentialId::emailed(),
            swap: swap_in(context, &texts, state),
        }),
    }
}

fn owner(context: Context<'_>) -> Owner<'_> {
    Owner { user: context.user, credential: CredentialId::EMAILED }
}

fn swap_in(context: Context<'_>, texts: &[&Stored<Use>], state: Emailed) -> UseSwap {
    swap(context.set, texts, state, context.now, context.author())
}

fn swap(
    set: &CredentialSet,
    texts: &[&Stored<Use>],
    state: Emailed,
    now: u64,
    author: Author<'_>,
) -> UseSwap {
    set.swap(texts, Use::new(CredentialId::emailed(), now, state), author)
}

#[cfg(test)]
#[path = "emailed_tests.rs"]
mod tests;
