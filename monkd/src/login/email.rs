//! A login that asks for a code by mail.
//!
//! `PASSWORD;email` is refused once the code is on record, and the mail is sent after that answer.
//! On a second screen the word `email` is an answer like any other: it leads to a third one, at
//! the same moment and with the same words whether or not the password was right and the user
//! exists; only then nothing is sent.

use std::sync::Arc;

use lettre::Address;
use monk_core::credential::CredentialSet;
use monk_core::factors::email::{self, Aim};
use monk_core::factors::shapes::{Code, Shapes};
use monk_core::typed::Typed;
use monk_terms::verdict::Refusal;

use super::session::{Session, Target, Typing};
use super::{Ask, Mode, Stop};
use crate::mail::Letter;
use crate::sent_codes;

impl<A: Ask> Session<'_, A> {
    /// The shapes that codes of this user have in this service.
    pub(super) fn shapes(&self, set: &CredentialSet) -> Shapes {
        set.shapes().with_mail(self.mailer().is_some())
    }

    /// Where a code for this user would go.
    pub(super) fn address_of(&self, target: &Target) -> Option<Address> {
        self.mailer()?.address_of(target.account.as_deref()?, &target.set)
    }

    /// Records that a code is sent. The login ends with that, one way or the other.
    pub(super) async fn request_code(&mut self, target: &Target) -> Stop {
        match self.record_code(target).await {
            Ok(Some(letter)) => Stop::Sent(Box::new(letter)),
            Ok(None) => Refusal::CodeSent.into(),
            Err(stop) => stop,
        }
    }

    /// The screen after the word `email`: the code is on its way, if it may be.
    ///
    /// `failed`: the login is lost already, and nobody is to see that here.
    pub(super) async fn emailed_screen(
        &mut self,
        target: &mut Target,
        failed: bool,
    ) -> Result<Typing, Stop> {
        let mut unsent = None;
        if !failed {
            match self.record_code(target).await {
                // Sent while the user looks at the screen.
                Ok(Some(letter)) => self.underway = Some(tokio::spawn(letter.deliver())),
                Ok(None) => {}
                Err(Stop::HungUp) => return Err(Stop::HungUp),
                Err(stop) => unsent = Some(stop),
            }
        }
        // Recording takes longer than not recording.
        self.same_moment().await;
        let prompt = format!("Code sent to {}: ", self.shown_address(target));
        let answer = self.show(&prompt).await?;
        if let Some(stop) = unsent {
            return Err(stop);
        }
        if let (false, Some(account)) = (failed, &target.account) {
            // With the code that is on record now.
            target.set = Arc::new(self.engine.store.load(account, self.deadline).await?);
        }
        let Some(answer) = answer else { return Ok(Typing::Nothing) };
        let text = Typed::new(answer.expose()).ok();
        let shapes = self.shapes(&target.set);
        Ok(Typing::of_screen(text.and_then(|text| Code::of_shape(text.as_str(), shapes))))
    }

    /// Records a send; nothing is to be sent where this is a rehearsal.
    async fn record_code(&mut self, target: &Target) -> Result<Option<Letter>, Stop> {
        let (Some(mailer), Some(account)) = (self.mailer().cloned(), target.account.clone()) else {
            return Err(Refusal::NoAddress.into());
        };
        let to = self.address_of(target).ok_or(Refusal::NoAddress)?;
        if self.mode == Mode::Rehearsal {
            return Ok(None);
        }
        self.still_wanted()?;
        let aim = (Aim::Login, mailer.settings.limits);
        let set = Arc::clone(&target.set);
        let recorded = sent_codes::record(self.engine, &account, set, aim, self.deadline).await??;
        Ok(Some(Letter {
            to,
            recorded,
            account,
            service: self.login.service.clone(),
            address: self.login.address.clone(),
            mailer,
            store: Arc::clone(&self.engine.store),
            keys: Arc::clone(&self.engine.keys),
        }))
    }

    /// The address that is shown: the user's own, or one that could be a user's.
    ///
    /// What is made up depends on the name alone, so that it is the same every time: most
    /// addresses begin like their users' names.
    fn shown_address(&self, target: &Target) -> String {
        if let Some(address) = self.address_of(target) {
            return email::masked(address.as_ref());
        }
        let domain = self.mailer().map_or("", |mailer| mailer.settings.from.domain());
        let name = self.login.user.rsplit_once('@').map_or(&*self.login.user, |(name, _)| name);
        let first = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('m');
        email::masked(&format!("{}@{domain}", first.to_lowercase()))
    }
}
