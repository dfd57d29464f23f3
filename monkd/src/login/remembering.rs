//! A login that was typed before: its code is remembered where the policy says so.
//!
//! Mail programs open several connections at once with one string. Whoever comes second finds its
//! code used before the first has written down that it is to be remembered, and so looks again.

use std::time::{Duration, Instant};

use monk_core::credential::{CredentialId, CredentialSet, UseSwap};
use monk_core::mac::Author;
use monk_core::policy::RememberHosts;
use monk_core::remember::{self, Circle, Occasion, may_remember};
use monk_terms::verdict::{Grant, Refusal};

use super::case::{Case, Mode};
use super::ending::Stop;
use super::facts;
use super::input::{Apart, FirstString, SecondPart};
use super::proven::SecondFactor;
use super::target::Target;
use crate::deadline::Deadline;
use crate::remembered::Entry;
use crate::{audit, clock};

/// How often somebody whose code was used a moment ago looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// Longest time to write down what is remembered.
const KEEP_TIME: Duration = Duration::from_secs(2);

/// What is looked for, and what is written down, if this login may be remembered.
pub(super) struct Memory {
    /// In the file of this host.
    entry: Entry,
    /// In the records of the user, where other hosts look, too.
    prints: Option<Prints>,
}

/// Fingerprints in the records of use.
struct Prints {
    recalled: Vec<String>,
    kept: Vec<String>,
}

/// What would have to be the same again, if this login may be remembered: the user typed
/// password and code in one string, and the program says where from.
pub(super) fn memory(
    case: &Case<'_>,
    first: &FirstString,
    apart: &Apart,
    target: &Target,
) -> Option<Memory> {
    let seconds = case.policy.remember;
    let (FirstString::ToCheck(input), SecondPart::Code(_)) = (first, &apart.second) else {
        return None;
    };
    if seconds == 0 || !matches!(case.mode, Mode::Real | Mode::Forecast) {
        return None;
    }
    let (account, key) = (target.account.as_deref()?, case.engine.keys.primary());
    let occasion = Occasion {
        user: &account.id,
        circle: match &case.policy.remember_group {
            Some(group) => Circle::Group(group),
            None => Circle::Service(&case.login.service),
        },
        address: case.login.address.as_deref()?,
        uid: case.caller.uid,
        typed: input.text().as_str().as_bytes(),
    };
    let shared = case.engine.settings.shared_memory(&case.policy);
    let own = occasion.fingerprint(key);
    let anywhere = occasion.fingerprint_anywhere(key);
    let kept = anywhere.filter(|_| shared.has_web_mail);
    let recalled = anywhere.filter(|_| case.policy.is_web_mail(Some(occasion.address)));
    let entry = Entry {
        user: account.id.clone(),
        recalled_as: std::iter::once(own).chain(recalled).collect(),
        kept_as: std::iter::once(own).chain(kept).collect(),
        witness: remember::witness(&target.set, key),
        seconds,
        longest: shared.longest,
    };
    let print = |fingerprint: &[u8; _]| remember::print(*fingerprint, entry.witness, key);
    let prints = (case.policy.remember_hosts == RememberHosts::All).then(|| Prints {
        recalled: entry.recalled_as.iter().map(print).collect(),
        kept: entry.kept_as.iter().map(print).collect(),
    });
    Some(Memory { entry, prints })
}

/// The credential whose code opened this before, if that still counts. If the file cannot be read,
/// nothing is remembered.
pub(super) async fn recall(
    case: &Case<'_>,
    memory: Option<&Memory>,
    set: &CredentialSet,
    deadline: Deadline,
) -> Option<CredentialId> {
    let memory = memory?;
    if let Some(past) = case.past() {
        return past.remembered;
    }
    match recall_here(case, memory, deadline).await {
        Some(credential) => Some(credential),
        None => opened_elsewhere(memory, set),
    }
}

async fn recall_here(case: &Case<'_>, memory: &Memory, deadline: Deadline) -> Option<CredentialId> {
    let entry = &memory.entry;
    let known = case.known().and_then(|known| facts::last(&known.recalled, |one| one == entry));
    if let Some(known) = known {
        return known;
    }
    let remembered = &case.engine.remembered;
    let recalled = match case.mode {
        Mode::Forecast => remembered.look(entry.clone(), deadline).await,
        _ => remembered.recall(entry.clone(), deadline).await,
    };
    match recalled {
        Ok(credential) => {
            if let Some(mut notes) = case.notes() {
                notes.recalled.push((entry.clone(), credential.clone()));
            }
            credential
        }
        Err(outage) => {
            audit::warn(&format!("nothing is remembered: {outage}"));
            None
        }
    }
}

/// The credential whose code opened this before, as its record of use says: at any host.
pub(super) fn opened_elsewhere(memory: &Memory, set: &CredentialSet) -> Option<CredentialId> {
    let (now, seconds) = (clock::now(), memory.entry.seconds);
    // A clock that was set back would open again what was over.
    if set.is_used_after(now.saturating_add(remember::MAX_AHEAD)) {
        return None;
    }
    let mut opened = set.opened(&memory.prints.as_ref()?.recalled);
    let found = opened.find(|(_, opening)| remember::still_counts_here(opening.at, now, seconds));
    found.map(|(credential, _)| credential.clone())
}

/// The swap that spends a code, with what the code goes on opening at other hosts.
pub(super) fn opening(
    memory: Option<&Memory>,
    grant: Grant,
    swap: UseSwap,
    author: Author<'_>,
) -> UseSwap {
    let prints = memory.and_then(|memory| memory.prints.as_ref());
    match prints.filter(|_| may_remember(grant)) {
        Some(prints) => swap.opening(&prints.kept, author),
        None => swap,
    }
}

/// Forgets a string whose password is wrong by now, here and in the user's records.
pub(super) async fn forget(case: &Case<'_>, memory: Memory, target: &Target, deadline: Deadline) {
    if case.mode == Mode::Forecast {
        return;
    }
    let Memory { entry, prints } = memory;
    let mut forgotten = case.engine.remembered.forget(entry, deadline).await;
    if let (Some(Prints { recalled, mut kept }), Some(account)) = (prints, &target.account) {
        kept.extend(recalled);
        let author = Author { user: &account.id, keys: &case.engine.keys };
        for swap in target.set.closing(&kept, author) {
            // Somebody who was faster has spent another code: what is still open then ends with its time.
            let closed = case.engine.store.spend(account, &swap, deadline).await;
            forgotten = forgotten.and(closed.map(|_| ()));
        }
    }
    if let Err(outage) = forgotten {
        audit::warn(&format!("a remembered login is not forgotten: {outage}"));
    }
}

/// What a code has proven: a right one is written down, and a used one may have been right a moment
/// ago, in the same string.
pub(super) async fn keep_or_look_again(
    case: &Case<'_>,
    memory: Option<Memory>,
    proven: Result<SecondFactor, Stop>,
    moment_of_refusal: Instant,
    deadline: Deadline,
) -> Result<SecondFactor, Stop> {
    let Some(memory) = memory.filter(|_| case.mode != Mode::Forecast) else { return proven };
    match &proven {
        Ok(second_factor) => {
            let code = second_factor.as_code().filter(|&(grant, _)| may_remember(grant));
            let Some((_, credential)) = code else { return proven };
            let keep_by = Deadline::after(KEEP_TIME);
            let kept = case.engine.remembered.keep(memory.entry, credential.clone(), keep_by).await;
            if let Err(outage) = kept {
                audit::warn(&format!("a login is not remembered: {outage}"));
            }
            proven
        }
        Err(Stop::Refused(Refusal::ReplayedCode, _)) => {
            let found = look_again(case, &memory, moment_of_refusal, deadline).await;
            found.map_or(proven, |credential| Ok(SecondFactor::remembered(credential)))
        }
        Err(_) => proven,
    }
}

/// Looks until just before the moment of every refusal, so that time tells nothing.
async fn look_again(
    case: &Case<'_>,
    memory: &Memory,
    moment_of_refusal: Instant,
    deadline: Deadline,
) -> Option<CredentialId> {
    let end = moment_of_refusal.checked_sub(PAUSE)?;
    loop {
        if let Some(credential) = recall_here(case, memory, deadline).await {
            return Some(credential);
        }
        if Instant::now() + PAUSE >= end {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
