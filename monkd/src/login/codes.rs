//! What the rules of `monk-core` say of codes, in the terms of a login.

use std::sync::Arc;

use monk_core::code::{self, Accepted, Context, Rejected};
use monk_core::credential::{CredentialId, CredentialSet, UseSwap};
use monk_core::emailed::{self, Checked};
use monk_core::factors::email::Aim;
use monk_core::factors::shapes::{Code, Shapes};
use monk_core::reading;
use monk_core::typed::Typed;

use super::case::{Case, Mode};
use super::facts;
use super::input::{ReadCode, TypedCode};
use super::proven::SecondFactor;
use crate::clock;
use crate::deadline::Deadline;
use crate::hashing;
use crate::outage::Outage;

/// What a code turned out to be.
pub(super) struct Judgement {
    pub(super) told: Result<SecondFactor, Rejected>,
    /// What must be written before anybody is told: the use of a right code, or a guess at one that
    /// was sent.
    pub(super) swap: Option<UseSwap>,
    /// Whether it confirms a device that was handed out.
    pub(super) confirms: bool,
}

impl From<Accepted> for Judgement {
    fn from(Accepted { grant, credential, confirms, swap }: Accepted) -> Self {
        Self { told: Ok(SecondFactor::code(grant, credential)), swap: Some(swap), confirms }
    }
}

/// The shapes that codes of this user have in this service.
pub(super) fn shapes(case: &Case<'_>, set: &CredentialSet) -> Shapes {
    match case.past() {
        // What was typed stands for a code that the user had then.
        Some(_) => Shapes::ALL,
        None => {
            let shapes = set.shapes_now(clock::now(), case.may_confirm());
            shapes.with_mail(case.mailer().is_some())
        }
    }
}

/// What a code is checked against.
pub(super) fn context<'a>(
    case: &'a Case<'_>,
    user: &'a str,
    set: &'a CredentialSet,
) -> Context<'a> {
    Context {
        user,
        set,
        keys: &case.engine.keys,
        now: clock::now(),
        door: case.mode.door(),
        may_confirm: case.may_confirm(),
    }
}

/// The code that was typed on a screen for one.
pub(super) fn of_screen(case: &Case<'_>, text: Option<&Typed>, set: &CredentialSet) -> TypedCode {
    let code = text.and_then(|text| Code::of_shape(text.as_str(), shapes(case, set)));
    code.map_or(TypedCode::Malformed, |code| TypedCode::Code(ReadCode::new(code)))
}

/// Whether the answer on a screen asks for a code by mail.
pub(super) fn asks_for_email(case: &Case<'_>, text: Option<&Typed>, set: &CredentialSet) -> bool {
    text.is_some_and(|text| reading::asks_for_email(text.as_str(), shapes(case, set)))
}

/// Whether guesses at codes have to be counted on the record of one that was sent.
pub(super) fn has_emailed_code(set: &CredentialSet) -> bool {
    emailed::can_open_a_login(set)
}

/// Compares the code with those of devices and backup codes: off the event loop where that takes a
/// hash.
pub(super) async fn verify(
    case: &Case<'_>,
    code: &Arc<Code>,
    user: &str,
    set: &Arc<CredentialSet>,
    deadline: Deadline,
) -> Result<Result<Accepted, Rejected>, Outage> {
    let is_it = |one: &Arc<Code>| one.is_same_as(code);
    if let Some(known) = case.known().and_then(|known| facts::last(&known.verified, is_it)) {
        return Ok(known);
    }
    let result = match code.costs_a_hash(set.shapes()) {
        _ if case.past().is_some() => return Err(facts::UNKNOWN),
        false => code::verify(code, context(case, user, set)),
        // Nobody computes it for a forecast: what it costs is for those who log in.
        true if case.mode == Mode::Forecast => return Err(facts::UNKNOWN),
        true => {
            let (now, door, may_confirm) = (clock::now(), case.mode.door(), case.may_confirm());
            let (code, user, set) = (Arc::clone(code), user.to_owned(), Arc::clone(set));
            let keys = Arc::clone(&case.engine.keys);
            let verify = move || {
                code::verify(
                    &code,
                    Context { user: &user, set: &set, keys: &keys, now, door, may_confirm },
                )
            };
            hashing::run(deadline, verify).await?
        }
    };
    if let Some(mut notes) = case.notes() {
        notes.verified.push((Arc::clone(code), result.clone()));
    }
    Ok(result)
}

/// What the code turns out to be. A forecast knows what it turned out to be.
pub(super) async fn judge(
    case: &Case<'_>,
    code: &Arc<Code>,
    user: &str,
    set: &Arc<CredentialSet>,
    deadline: Deadline,
) -> Result<Judgement, Outage> {
    let is_it = |one: &Arc<Code>| one.is_same_as(code);
    if let Some(told) = case.known().and_then(|known| facts::last(&known.judged, is_it)) {
        let told = told.map(|(grant, credential)| SecondFactor::code(grant, credential));
        return Ok(Judgement { told, swap: None, confirms: false });
    }
    let judgement = tried(case, code, user, set, deadline).await?;
    note(case, code, &judgement);
    Ok(judgement)
}

/// Notes what a code has turned out to be, for a forecast.
pub(super) fn note(case: &Case<'_>, code: &Arc<Code>, judgement: &Judgement) {
    let Some(mut notes) = case.notes() else { return };
    let told = match &judgement.told {
        Ok(second_factor) => match second_factor.as_code() {
            Some((grant, credential)) => Ok((grant, credential.clone())),
            None => return,
        },
        Err(rejected) => Err(rejected.clone()),
    };
    notes.judged.push((Arc::clone(code), told));
}

/// Tries the code as one of a device or a backup code, and then as one that was sent.
async fn tried(
    case: &Case<'_>,
    code: &Arc<Code>,
    user: &str,
    set: &Arc<CredentialSet>,
    deadline: Deadline,
) -> Result<Judgement, Outage> {
    let rejected = match verify(case, code, user, set, deadline).await? {
        Ok(accepted) => return Ok(accepted.into()),
        Err(rejected) => rejected,
    };
    if case.mailer().is_none() || rejected.refusal.is_replay() {
        return Ok(Judgement { told: Err(rejected), swap: None, confirms: false });
    }
    let (rejected, swap) = match emailed::check(code, Aim::Login, context(case, user, set)) {
        Checked::Right(accepted) => return Ok(accepted.into()),
        Checked::Wrong(swap) => (rejected, Some(swap)),
        Checked::NotOurs => (rejected, None),
        Checked::Refused(refusal) => {
            (Rejected { refusal, credential: Some(CredentialId::emailed()) }, None)
        }
    };
    Ok(Judgement { told: Err(rejected), swap, confirms: false })
}
