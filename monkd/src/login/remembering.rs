//! A login that was typed before: its code is remembered where the policy says so.
//!
//! Mail programs open several connections at once with one string. Whoever comes second finds its
//! code used before the first has written down that it is to be remembered, and so looks again.

use std::time::{Duration, Instant};

use monk_core::credential::CredentialId;
use monk_core::remember::{self, Circle, Occasion, may_remember};
use monk_terms::verdict::Refusal;

use super::case::{Case, Mode};
use super::ending::Stop;
use super::facts;
use super::input::{Apart, FirstString, SecondPart};
use super::proven::SecondFactor;
use super::target::Target;
use crate::audit;
use crate::deadline::Deadline;
use crate::remembered::Entry;

/// How often somebody whose code was used a moment ago looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// Longest time to write down what is remembered.
const KEEP_TIME: Duration = Duration::from_secs(2);

/// What would have to be the same again, if this login may be remembered: the user typed
/// password and code in one string, and the program says where from.
pub(super) fn entry(
    case: &Case<'_>,
    first: &FirstString,
    apart: &Apart,
    target: &Target,
) -> Option<Entry> {
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
    Some(Entry {
        user: account.id.clone(),
        recalled_as: std::iter::once(own).chain(recalled).collect(),
        kept_as: std::iter::once(own).chain(kept).collect(),
        witness: remember::witness(&target.set, key),
        seconds,
        longest: shared.longest,
    })
}

/// The credential whose code opened this before, if that still counts. If the file cannot be read,
/// nothing is remembered.
pub(super) async fn recall(
    case: &Case<'_>,
    entry: Option<&Entry>,
    deadline: Deadline,
) -> Option<CredentialId> {
    let entry = entry?;
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

/// Forgets a string whose password is wrong by now.
pub(super) async fn forget(case: &Case<'_>, entry: Entry, deadline: Deadline) {
    if case.mode == Mode::Forecast {
        return;
    }
    if let Err(outage) = case.engine.remembered.forget(entry, deadline).await {
        audit::warn(&format!("a remembered login is not forgotten: {outage}"));
    }
}

/// What a code has proven: a right one is written down, and a used one may have been right a moment
/// ago, in the same string.
pub(super) async fn keep_or_look_again(
    case: &Case<'_>,
    entry: Option<Entry>,
    proven: Result<SecondFactor, Stop>,
    moment_of_refusal: Instant,
    deadline: Deadline,
) -> Result<SecondFactor, Stop> {
    let Some(entry) = entry.filter(|_| case.mode != Mode::Forecast) else { return proven };
    match &proven {
        Ok(second_factor) => {
            let code = second_factor.as_code().filter(|&(grant, _)| may_remember(grant));
            let Some((_, credential)) = code else { return proven };
            let keep_by = Deadline::after(KEEP_TIME);
            let kept = case.engine.remembered.keep(entry, credential.clone(), keep_by).await;
            if let Err(outage) = kept {
                audit::warn(&format!("a login is not remembered: {outage}"));
            }
            proven
        }
        Err(Stop::Refused(Refusal::ReplayedCode, _)) => {
            let found = look_again(case, &entry, moment_of_refusal, deadline).await;
            found.map_or(proven, |credential| Ok(SecondFactor::remembered(credential)))
        }
        Err(_) => proven,
    }
}

/// Looks until just before the moment of every refusal, so that time tells nothing.
async fn look_again(
    case: &Case<'_>,
    entry: &Entry,
    moment_of_refusal: Instant,
    deadline: Deadline,
) -> Option<CredentialId> {
    let end = moment_of_refusal.checked_sub(PAUSE)?;
    loop {
        if let Some(credential) = recall(case, Some(entry), deadline).await {
            return Some(credential);
        }
        if Instant::now() + PAUSE >= end {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
