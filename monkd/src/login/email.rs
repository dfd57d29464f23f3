//! A login that asks for a code by mail.
//!
//! `PASSWORD;email` is refused once the code is on record, and the mail is sent after that answer.
//! On a second screen the word `email` is an answer like any other: it leads to a third one, at
//! the same moment and with the same words whether or not the password was right and the user
//! exists; only then nothing is sent. There, the word once more has another code sent, as far as the limits
//! of the settings go, and only the newest one opens.

use std::sync::Arc;

use monk_core::factors::email::{self, Aim};
use monk_core::typed::Typed;
use monk_terms::verdict::Refusal;

use super::case::Case;
use super::dialogue::{Ask, Dialogue};
use super::ending::Stop;
use super::input::TypedCode;
use super::target::Target;
use super::trial::Trial;
use super::{codes, prompts};
use crate::audit::occasion::kept;
use crate::mail::Letter;
use crate::sent_codes;

/// Screens for an emailed code in one login: the word `email` once more leads to the next. How many mails are sent
/// is for the limits of the settings.
const MOST_SCREENS: usize = 10;

/// Records that a code is sent. The login ends with that, one way or the other.
pub(super) async fn request<A: Ask>(
    case: &Case<'_>,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
) -> Stop {
    if let Some(refusal) = case.known().and_then(|known| known.sent) {
        return refusal.into();
    }
    let stop = match record(case, target, dialogue).await {
        Ok(Some(letter)) => Stop::Sent(Box::new(letter)),
        Ok(None) => Refusal::CodeSent.into(),
        Err(stop) => stop,
    };
    if let Some(mut notes) = case.notes() {
        notes.sent = match &stop {
            Stop::Sent(_) => Some(Refusal::CodeSent),
            Stop::Refused(refusal, _) => Some(*refusal),
            _ => None,
        };
    }
    stop
}

/// The screen after the word `email`: the code is on its way, if it may be.
///
/// `is_lost`: the login is refused already, and the screen must not show it.
pub(super) async fn screen<A: Ask>(
    case: &Case<'_>,
    is_lost: bool,
    target: &mut Target,
    dialogue: &mut Dialogue<'_, A>,
    trial: &mut Trial<'_>,
) -> Result<TypedCode, Stop> {
    let (mut unsent, mut is_sent) = (None, false);
    let prompt = prompts::emailed_code(&shown_address(case, target));
    let mut left = MOST_SCREENS;
    let answer = loop {
        if !is_lost && !trial.is_shut() {
            match record(case, target, dialogue).await {
                // Sent while the user looks at the screen.
                Ok(letter) => {
                    is_sent = true;
                    if let Some(letter) = letter {
                        dialogue.sending = Some(tokio::spawn(kept(letter.deliver())));
                    }
                }
                Err(Stop::HungUp) => return Err(Stop::HungUp),
                Err(stop) => unsent = Some(stop),
            }
        }
        // Recording takes longer than not recording.
        dialogue.same_moment().await;
        let answer = dialogue.ask(&prompt, trial).await?;
        left -= 1;
        let text = answer.as_ref().and_then(|answer| Typed::new(answer.expose()).ok());
        if left == 0 || !codes::asks_for_email(case, text.as_ref(), &target.set) {
            break answer;
        }
        if is_sent {
            // The record of the send before is read with it. If that fails, the screen comes all the same.
            let _told_by_the_next_record = target.reload(case, dialogue.deadline()).await;
        }
    };
    // One that was sent before is still good.
    if let Some(stop) = unsent.filter(|_| !is_sent) {
        return Err(stop);
    }
    if !is_lost && !trial.is_shut() {
        // With the code that is on record now.
        target.reload(case, dialogue.deadline()).await?;
    }
    let Some(answer) = answer else { return Ok(TypedCode::Nothing) };
    Ok(codes::of_screen(case, Typed::new(answer.expose()).ok().as_ref(), &target.set))
}

/// Records a send; nothing is to be sent where this is a rehearsal.
async fn record<A: Ask>(
    case: &Case<'_>,
    target: &Target,
    dialogue: &mut Dialogue<'_, A>,
) -> Result<Option<Letter>, Stop> {
    let (engine, login) = (case.engine, case.login);
    let (Some(mailer), Some(account)) = (case.mailer().cloned(), target.account.clone()) else {
        return Err(Refusal::NoAddress.into());
    };
    let to = target.address(case).ok_or(Refusal::NoAddress)?;
    if !case.mode.spends() {
        return Ok(None);
    }
    dialogue.still_wanted()?;
    let (aim, set) = ((Aim::Login, mailer.settings.limits), Arc::clone(&target.set));
    let recorded = sent_codes::record(engine, &account, set, aim, dialogue.deadline()).await??;
    Ok(Some(Letter {
        to,
        recorded,
        account,
        service: login.service.clone(),
        address: login.address.clone(),
        mailer,
        store: Arc::clone(&engine.store),
        keys: Arc::clone(&engine.keys),
    }))
}

/// The address that is shown: the user's own, or one that could be a user's.
///
/// What is made up depends on the name alone, so that it is the same every time: most
/// addresses begin like their users' names.
fn shown_address(case: &Case<'_>, target: &Target) -> String {
    if let Some(address) = target.address(case) {
        return email::masked(address.as_ref());
    }
    let (user, domain) =
        (&case.login.user, case.mailer().map_or("", |mailer| mailer.settings.from.domain()));
    let name = user.rsplit_once('@').map_or(&**user, |(name, _)| name);
    let first = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('m');
    email::masked(&format!("{}@{domain}", first.to_lowercase()))
}
