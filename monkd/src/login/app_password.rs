//! A first string that is an app password: whether it is right, and what it opens.

use std::sync::Arc;

use monk_core::closed::Way;
use monk_core::credential::{Credential, Use};
use monk_core::factors::app_password::{AppPasswordRecord, LastUse};
use monk_core::keys::Owner;
use monk_core::mac::Author;
use monk_core::reading::{Input, Named};
use monk_terms::account_state::AccountState;
use monk_terms::proof::Proof;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::portal::RefusalDetail;

use super::case::Case;
use super::ending::{Granted, Note, Stop};
use super::facts::{self, unknown};
use super::input::FirstString;
use super::proven::{FirstFactor, Member};
use super::target::Target;
use super::trial::Trial;
use crate::compared_app_passwords::ComparedAppPasswords;
use crate::deadline::Deadline;
use crate::directory::Advice;
use crate::settings::app_passwords::LastUseInterval;
use crate::{clock, hashing};

/// An app password that is right.
pub(super) struct RightAppPassword<'a> {
    credential: &'a Credential,
    record: &'a AppPasswordRecord,
}

/// The app password of the user that the string is, if it is one.
pub(super) async fn recognise<'a>(
    case: &Case<'_>,
    first: &'a FirstString,
    target: &'a Target,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<Option<RightAppPassword<'a>>, Stop> {
    let FirstString::ToCheck(input) = first else { return Ok(None) };
    let Some(named) = input.named_app_password(&target.set) else { return Ok(None) };
    let is_right = is_right(case, &named, target.id(), trial, deadline).await?;
    let (credential, record) = (&named.stored.value, named.record);
    Ok(is_right.then_some(RightAppPassword { credential, record }))
}

/// Whether the string is the app password that it names. One that was not right before is compared
/// off the event loop: records choose their own cost.
async fn is_right(
    case: &Case<'_>,
    named: &Named<'_>,
    user: &str,
    trial: &mut Trial<'_>,
    deadline: Deadline,
) -> Result<bool, Stop> {
    let (keys, compared) = (&case.engine.keys, &case.engine.compared);
    let print = ComparedAppPasswords::print(named, user, keys);
    if compared.contains(&print) {
        return Ok(true);
    }
    let id = &named.stored.value.id;
    let is_cheap = named.record.hash.is_cheap();
    let verify = {
        let (candidate, id, record) = (named.candidate.clone(), id.clone(), named.record.clone());
        let (user, keys) = (user.to_owned(), Arc::clone(keys));
        move || record.verify(&candidate, Owner { user: &user, credential: id.as_str() }, &keys)
    };
    if let Some(known) = case.known() {
        return facts::last(&known.compared, |one| *one == print).ok_or_else(unknown);
    }
    trial.guesses(Proof::AppPassword, print);
    let result = match is_cheap {
        true => hashing::run_cheap(deadline, verify).await?,
        false => hashing::run(deadline, verify).await?,
    };
    let is_right = result.map_err(|_| Stop::Refused(Refusal::UnusableFactor, Some(id.clone())))?;
    trial.guesses_not(Proof::AppPassword);
    if is_right {
        compared.add(print);
    }
    if let Some(mut notes) = case.notes() {
        notes.compared.push((print, is_right));
    }
    Ok(is_right)
}

/// What its owner may know of a string that looks like an app password and is none: whether it is a new one with a
/// typing mistake, or an old one.
pub(super) fn detail(case: &Case<'_>, input: &Input, target: &Target) -> Option<RefusalDetail> {
    let typed = input.app_password()?;
    let mut all = target.set.all_of::<AppPasswordRecord>().map(|(_, record)| record);
    if input.named_app_password(&target.set).is_some() {
        return Some(RefusalDetail::Mistyped);
    }
    if case.engine.portal.removed.contains(target.id(), typed.public(), clock::now()) {
        return Some(RefusalDetail::Removed);
    }
    all.any(|record| record.is_nearly_named_by(typed)).then_some(RefusalDetail::Mistyped)
}

impl RightAppPassword<'_> {
    /// The login with it: what is left is its end, its scope and the user's group.
    pub(super) async fn open(
        &self,
        case: &Case<'_>,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Granted, Stop> {
        let (login, id) = (case.login, &self.credential.id);
        let is_in_scope = || self.record.scope.opens(&login.service, login.address.as_deref());
        let refusal = match target.closed_to(Way::AppPassword, case) {
            Some(refusal) => Some(refusal),
            None if case.mode.is_proof() => Some(Refusal::AppPasswordScope),
            None if self.record.has_expired(clock::now()) => Some(Refusal::AppPasswordExpired),
            None => (!is_in_scope()).then_some(Refusal::AppPasswordScope),
        };
        if let Some(refusal) = refusal {
            return Err(Stop::Refused(refusal, Some(id.clone())));
        }
        // Whatever is wrong with the password: this login is not one with it.
        let first_factor = FirstFactor::new(Grant::AppPassword, None, Advice::Nothing);
        let member = Member::of(first_factor, case, target, deadline).await;
        let member = member.map_err(|stop| stop.about(id))?;
        let is_in_spite = target.state() != AccountState::Enabled;
        let note = self.last_use(case, target);
        Ok(Granted { is_in_spite, ..member.granted_alone(id.clone(), note) })
    }

    /// The record of its use, unless there is a recent one.
    fn last_use(&self, case: &Case<'_>, target: &Target) -> Option<Note> {
        let account = target.account.clone()?;
        let (id, now) = (&self.credential.id, clock::now());
        let before: Vec<_> = target.set.uses_of(id).collect();
        let interval = case.engine.settings.app_passwords.last_use_interval;
        if interval == LastUseInterval::Never
            || before.iter().any(|stored| !interval.is_over(stored.value.at, now))
        {
            return None;
        }
        let spent = LastUse::new(&case.login.service, case.login.address.as_deref());
        let author = Author { user: &account.id, keys: &case.engine.keys };
        let swap = target.set.swap(&before, Use::new(id.clone(), now, spent), author);
        Some(Note::LastUse { account, swap })
    }
}
