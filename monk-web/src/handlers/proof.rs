//! A fresh proof, before a change.

use monk_terms::kind::Kind;
use monk_wire::portal::{Overview, PortalAsk, PortalReply};
use monk_wire::{Reply, Secret};

use crate::engine::NoAnswer;
use crate::pages::Note;
use crate::pages::proof::Proof;
use crate::texts::Texts;
use crate::visit::{Trouble, Visit};

/// Seconds that a proof must be fresh for at least when a page is shown, so that there is time to fill it in.
pub const ENOUGH: u32 = 60;

/// What a page asks for, by how fresh the last proof is.
pub fn needed(overview: &Overview) -> Proof {
    if overview.fresh_seconds >= ENOUGH { Proof::Fresh } else { asked(overview) }
}

/// The same before a change about somebody else, which takes a proof of its own.
pub fn needed_for_others(overview: &Overview) -> Proof {
    if overview.fresh_for_others >= ENOUGH { Proof::Fresh } else { asked(overview) }
}

/// What a page asks for once a proof is needed.
pub fn asked(overview: &Overview) -> Proof {
    let is_there = |kinds: &[Kind]| {
        let mut all = overview.status.credentials.iter();
        all.any(|one| !one.pending && kinds.contains(&one.kind))
    };
    let has_passkey = is_there(&[Kind::Passkey]);
    if is_there(&[Kind::Totp, Kind::BackupCodes, Kind::Email]) {
        if has_passkey { Proof::PasskeyOrCode } else { Proof::PasswordAndCode }
    } else if has_passkey {
        Proof::Passkey
    } else if is_there(&[Kind::EnrolmentCode]) {
        Proof::PasswordAndSetUpCode
    } else {
        Proof::Password
    }
}

/// Whether what stands in the form proves who somebody is. A form without these fields is one of a fresh proof; the
/// engine knows whether it is.
pub async fn is_given(visit: &Visit<'_>) -> Result<bool, Trouble> {
    let (step, answer) = (visit.form.secret("proof_step"), visit.form.secret("proof_answer"));
    if !answer.expose().is_empty() {
        return is_proven(&visit.ask(PortalAsk::ProvePasskey { step, answer }).await?);
    }
    let typed = visit.form.secret("password");
    if typed.expose().is_empty() {
        return Ok(true);
    }
    let reply = visit.ask(PortalAsk::Prove { typed }).await?;
    let Reply::Portal(PortalReply::Screen { step }) = reply else { return is_proven(&reply) };
    let typed = Secret::new(visit.form.text("proof").trim().as_bytes());
    let reply = visit.ask(PortalAsk::Answer { step, typed }).await?;
    match reply {
        // The word for a code by mail, for which there is no page here.
        Reply::Portal(PortalReply::Screen { .. }) => Ok(false),
        reply => is_proven(&reply),
    }
}

fn is_proven(reply: &Reply) -> Result<bool, Trouble> {
    match reply {
        Reply::Portal(PortalReply::Proven) => Ok(true),
        Reply::Portal(PortalReply::Refused) => Ok(false),
        _ => Err(NoAnswer::Unexpected.into()),
    }
}

/// What is said where it does not.
pub fn note(texts: &'static Texts) -> Note<'static> {
    Note::bad(texts.common.not_proven, texts.common.not_proven_why)
}
