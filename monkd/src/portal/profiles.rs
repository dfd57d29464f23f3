//! A mail account for a phone: kept for its owner, and given to the phone that has the link.

use std::sync::Arc;
use std::time::Instant;

use monk_core::closed::{Way, why_closed};
use monk_core::credential::CredentialSet;
use monk_core::factors::app_password::{AppPassword, AppPasswordRecord};
use monk_core::keys::Owner;
use monk_wire::portal::{PortalReply, Profile};
use monk_wire::{Reply, Secret};

use super::{Question, SignedIn};
use crate::engine::Found;
use crate::manage::app_passwords::mail_program;
use crate::outage::Outage;
use crate::portal_state::profiles::{TIME, Whose};
use crate::{audit, clock, hashing};

impl Question<'_> {
    /// Keeps an app password of the session's user behind a link. Only what is right is kept: a session that
    /// somebody has taken over leads no phone to an account of theirs.
    pub(super) async fn keep_profile(
        &self,
        who: &SignedIn,
        credential: &str,
        password: &Secret,
    ) -> Reply {
        let typed = password.expose_str().and_then(AppPassword::from_typed);
        let record = record_of(&who.set, credential);
        let (Some(typed), Some(record)) = (typed, record) else { return gone() };
        match self.is_right(who, credential, record.clone(), typed).await {
            Ok(true) => {}
            Ok(false) => return gone(),
            Err(outage) => return Reply::Failed(outage.into()),
        }
        let account = &who.account;
        let whose = Whose {
            user: account.name.clone(),
            id: account.id.clone(),
            credential: credential.to_owned(),
        };
        let link = self.engine.portal.profiles.keep(whose, password.expose(), Instant::now());
        let until = clock::now() + TIME.as_secs();
        Reply::Portal(PortalReply::ProfileKept { link, until })
    }

    async fn is_right(
        &self,
        who: &SignedIn,
        credential: &str,
        record: AppPasswordRecord,
        typed: AppPassword,
    ) -> Result<bool, Outage> {
        let keys = Arc::clone(&self.engine.keys);
        let (user, credential) = (who.account.id.clone(), credential.to_owned());
        let is_cheap = record.hash.is_cheap();
        let verify =
            move || record.verify(&typed, Owner { user: &user, credential: &credential }, &keys);
        let result = match is_cheap {
            true => hashing::run_cheap(self.deadline, verify).await?,
            false => hashing::run(self.deadline, verify).await?,
        };
        Ok(result.unwrap_or(false))
    }

    /// Gives it to a holder of the link, once. While the directory does not answer, nothing is consumed.
    pub(super) async fn take_profile(&self, link: &Secret) -> Reply {
        let profiles = &self.engine.portal.profiles;
        let Some(whose) = profiles.whose(link, Instant::now()) else { return gone() };
        let (account, set) = match self.engine.find(&whose.user, self.deadline).await {
            Ok(Found::One(account, set)) if account.id == whose.id => (account, set),
            Ok(_) => return gone(),
            Err(outage) => return Reply::Failed(outage.into()),
        };
        let Some(password) = profiles.take(link, Instant::now()) else { return gone() };
        let is_closed = why_closed(account.state, Way::OwnFactors, &[]).is_some();
        let Some(record) = record_of(&set, &whose.credential).filter(|_| !is_closed) else {
            return gone();
        };
        let enrolment = &self.engine.settings.enrolment;
        let mail = mail_program(enrolment, &account, &record.scope.services);
        let (Some(mail), Some(email)) = (mail, account.mail.clone()) else { return gone() };
        audit::info(&format!(
            "portal: the profile of app password {:?} of {:?} goes to {:?}",
            whose.credential,
            whose.user,
            self.address().unwrap_or_default()
        ));
        let credential = whose.credential;
        let profile = Profile { credential, password, mail, email };
        Reply::Portal(PortalReply::Profile(Box::new(profile)))
    }
}

/// The record of an app password that has not been removed.
fn record_of<'a>(set: &'a CredentialSet, credential: &str) -> Option<&'a AppPasswordRecord> {
    let mut all = set.all_of::<AppPasswordRecord>();
    all.find(|(stored, _)| stored.value.id.as_str() == credential).map(|(_, record)| record)
}

/// There is no such app password, or nothing behind the link any more.
fn gone() -> Reply {
    Reply::Portal(PortalReply::NoProfile)
}
