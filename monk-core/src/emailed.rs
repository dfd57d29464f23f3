//! Codes that are sent by mail: six digits, one use, five wrong tries, a few an hour.
//!
//! ```text
//!            sent                    right: opens one login
//!  nothing ────────▶ outstanding ───────────────────────────▶ used
//!                     │  ▲   │ wrong, five times      too late
//!                     └──┘   └──────────────▶ dead  ◀───────────
//!                     wrong
//! ```
//!
//! The state is one *use* record with the fixed id [`STATE`], so that a host without the right to
//! enrol can write it and the whole fleet sees it. A wrong try is written down before it is
//! answered, and each write takes the place of the very text that was read: so nobody gets more
//! than [`MAX_TRIES`] guesses at a code, however many hosts and connections guess at once. A new
//! code takes the place of the old one and does not forget how many were sent.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use crate::address::{EmailRecord, confirmed_address, is_placeholder, masked, placeholder};
use crate::code::{Accepted, Code, Context, EMAILED_DIGITS, is_ahead};
use crate::credential::{CredentialId, CredentialSet, Spent, Stored, Use, UseSwap};
use crate::hash::{Cost, HashError, Hashes};
use crate::keys::Owner;
use crate::mac::Author;
use crate::random::Random;
use monk_terms::verdict::{Grant, Refusal};

/// The id of the one record of use in which a user's emailed codes are kept.
pub const STATE: &str = "email";

/// Wrong tries that end a code. With six digits, five of them find it once in 200 000 times.
pub const MAX_TRIES: u8 = 5;

/// The time in which sends are counted, in seconds.
pub const HOUR: u64 = 3600;

/// Most sends an hour that can be set: the times of all of them stand in one record.
pub const MAX_SENDS: usize = 60;

/// What is kept of the codes that were sent to one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Emailed {
    /// The last code, whatever became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Outstanding>,
    /// When codes were sent within the last hour, in seconds since 1970.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<u64>,
    /// When a code last opened a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<u64>,
    /// Random: see [`beginning`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
}

/// A code that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outstanding {
    /// Its hash.
    hash: Hashes,
    /// When it was sent, in seconds since 1970.
    sent: u64,
    /// When it ends, in seconds since 1970.
    expires: u64,
    /// Wrong tries so far.
    #[serde(default)]
    tries: u8,
    /// Whether it has done what it was for.
    #[serde(default)]
    used: bool,
    /// The address that it confirms. Such a code opens no login: nobody knows yet whose address
    /// that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirms: Option<CredentialId>,
}

/// What a code is to be sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim<'a> {
    /// A login.
    Login,
    /// To see whether mail to the address of this credential arrives.
    Confirmation(&'a CredentialId),
}

/// The limits that the settings give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds that a code is good.
    pub valid: u64,
    /// Codes that may be sent to one user in an hour.
    pub sends_per_hour: usize,
}

/// A code to be sent. No `Debug`; wiped when dropped.
pub struct EmailedCode(Zeroizing<String>);

impl EmailedCode {
    /// Six digits, each of the million equally likely.
    #[must_use]
    fn generate(random: &mut dyn Random) -> Self {
        const CODES: u32 = 10_u32.pow(EMAILED_DIGITS as u32);
        // What is above the highest multiple of a million would make low codes likelier.
        const FAIR: u32 = u32::MAX - u32::MAX % CODES;
        let number = loop {
            let mut bytes = Zeroizing::new([0; 4]);
            random.fill(&mut *bytes);
            let number = u32::from_le_bytes(*bytes);
            if number < FAIR {
                break number % CODES;
            }
        };
        Self(Zeroizing::new(format!("{number:0width$}", width = EMAILED_DIGITS)))
    }

    /// The six digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What the record says, and the texts that a change of it takes the place of.
///
/// There is one text as a rule: see [`beginning`]. Should replicas have been merged all the same, sends add up, and
/// the newest code is the code.
#[must_use]
pub fn state(set: &CredentialSet) -> (Emailed, Vec<&Stored<Use>>) {
    let mut merged = Emailed::default();
    let mut texts = Vec::new();
    for stored in &set.uses {
        let Spent::Emailed(one) = &stored.value.spent else { continue };
        if stored.value.id.as_str() != STATE {
            continue;
        }
        texts.push(stored);
        merged.sent.extend(&one.sent);
        merged.opened = merged.opened.max(one.opened);
        if one.begun > merged.begun {
            merged.begun.clone_from(&one.begun);
        }
        let newest = |code: &Outstanding| (code.sent, code.used, code.tries);
        if one.code.as_ref().map(newest) > merged.code.as_ref().map(newest) {
            merged.code.clone_from(&one.code);
        }
    }
    merged.sent.sort_unstable();
    (merged, texts)
}

/// Whether the last code was sent for a login, whatever became of it: a used one is no part of the
/// password either.
#[must_use]
pub fn can_open_a_login(set: &CredentialSet) -> bool {
    state(set).0.code.is_some_and(|code| code.confirms.is_none())
}

/// The next write for a user of whom nothing is kept yet; none where a send can be counted.
///
/// First comes an empty record, the same text whoever writes it, so that of two hosts that begin at once
/// one meets a conflict, and both go on from the same text. A host that is late can write it again,
/// though, when others have gone on already. So nothing is ever counted on it: its place is taken by a
/// text of which there is no second, and whoever still holds a swap of the empty one can add another
/// beginning with it, and no send.
#[must_use]
pub fn beginning(
    set: &CredentialSet,
    author: Author<'_>,
    random: &mut dyn Random,
) -> Option<UseSwap> {
    let (merged, texts) = state(set);
    if texts.is_empty() {
        return Some(swap(set, &[], Emailed::default(), 0, author));
    }
    is_beginning(&texts).then(|| {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let begun = Emailed { begun: Some(HEXLOWER.encode(&bytes)), ..merged };
        swap(set, &texts, begun, 0, author)
    })
}

/// Whether all of these are first records. Hosts with different primary keys write different ones.
fn is_beginning(texts: &[&Stored<Use>]) -> bool {
    let first = Spent::Emailed(Emailed::default());
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
    let code = EmailedCode::generate(random);
    let hash = Hashes::new(&[code.expose()], owner(context), Cost::LOW, context.keys, random);
    let now = context.now;
    state.code = Some(Outstanding {
        hash,
        sent: now,
        expires: now.saturating_add(limits.valid),
        tries: 0,
        used: false,
        confirms: match aim {
            Aim::Login => None,
            Aim::Confirmation(id) => Some(id.clone()),
        },
    });
    Ok(Plan { swap: swap_in(context, &texts, state), code, sent: now })
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
    if context.set.unreadable_uses > 0 {
        return Err(Refusal::UnusableFactor);
    }
    let (mut state, texts) = state(context.set);
    if is_beginning(&texts) {
        return Err(Refusal::UnusableFactor);
    }
    // Times ahead, of a host whose clock is, count as well, but for an hour and not until they come.
    state.sent.retain(|&at| at.abs_diff(context.now) < HOUR);
    if state.sent.len() >= limits.sends_per_hour {
        return Err(Refusal::TooManySends);
    }
    state.sent.push(context.now);
    Ok((state, texts))
}

/// The write that gives a send back, because it failed: the user should not have to wait for an
/// hour because the mail server was down.
///
/// Only for a code at which nobody has guessed yet, and the code is dead then. Otherwise who knows
/// the password could guess at one code after the other while the mail server is down.
#[must_use]
pub fn give_back(sent: u64, set: &CredentialSet, now: u64, author: Author<'_>) -> Option<UseSwap> {
    let (mut state, texts) = state(set);
    let untouched = |code: &Outstanding| code.sent == sent && code.tries == 0 && !code.used;
    if set.unreadable_uses > 0 || !state.code.as_ref().is_some_and(untouched) {
        return None;
    }
    state.code = None;
    let position = state.sent.iter().rposition(|&at| at == sent)?;
    state.sent.remove(position);
    Some(swap(set, &texts, state, now, author))
}

/// The write that ends the code that is outstanding, because its address goes.
#[must_use]
pub fn forget(set: &CredentialSet, now: u64, author: Author<'_>) -> Option<UseSwap> {
    let (state, texts) = state(set);
    state.code.as_ref()?;
    Some(swap(set, &texts, Emailed { code: None, ..state }, now, author))
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
    let Some(digits) = typed.digits().filter(|digits| digits.len() == EMAILED_DIGITS) else {
        return Checked::NotOurs;
    };
    let (mut state, texts) = state(context.set);
    let Some(code) = &mut state.code else { return Checked::NotOurs };
    let aimed = match aim {
        Aim::Login => code.confirms.is_none(),
        Aim::Confirmation(id) => code.confirms.as_ref() == Some(id),
    };
    if !aimed {
        return Checked::NotOurs;
    }
    if context.set.unreadable_uses > 0 {
        return Checked::Refused(Refusal::UnusableFactor);
    }
    // It is computed while others wait, and all that we write are cheap.
    let found = match code.hash.is_cheap() {
        true => code.hash.position(digits, owner(context), context.keys),
        false => Err(HashError::Malformed),
    };
    let Ok(found) = found else {
        return Checked::Refused(Refusal::UnusableFactor);
    };
    let refusal = match code {
        Outstanding { used: true, .. } => Some(Refusal::ReplayedCode),
        Outstanding { tries: MAX_TRIES.., .. } => Some(Refusal::TooManyTries),
        Outstanding { expires, .. } if *expires <= context.now => Some(Refusal::ExpiredCode),
        Outstanding { sent, .. } if is_ahead(*sent, context.now) => Some(Refusal::ExpiredCode),
        _ => None,
    };
    match (found.is_some(), refusal) {
        (true, Some(refusal)) => Checked::Refused(refusal),
        (false, Some(_)) => Checked::NotOurs,
        (true, None) => {
            code.used = true;
            if aim == Aim::Login {
                state.opened = Some(context.now);
            }
            Checked::Right(Accepted {
                grant: Grant::EmailedCode,
                credential: CredentialId::emailed(),
                swap: swap_in(context, &texts, state),
            })
        }
        (false, None) => {
            code.tries += 1;
            Checked::Wrong(swap_in(context, &texts, state))
        }
    }
}

fn owner(context: Context<'_>) -> Owner<'_> {
    Owner { user: context.user, credential: STATE }
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
    let used = Use::new(CredentialId::emailed(), now, Spent::Emailed(state));
    set.swap(texts, used, author)
}

#[cfg(test)]
#[path = "emailed_tests.rs"]
mod tests;
