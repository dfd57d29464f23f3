//! A login that was typed before: its code is remembered where the policy says so.
//!
//! Mail programs open several connections at once with one string. Whoever comes second finds its
//! code used before the first has written down that it is to be remembered, and so looks again.

use std::time::{Duration, Instant};

use monk_core::credential::CredentialId;
use monk_core::remember::{self, may_remember};
use monk_core::typed::Typed;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Secret;

use super::session::{Session, Target};
use super::{Ask, Caller, Granted, Mode, Stop};
use crate::audit;
use crate::deadline::Deadline;
use crate::remember::Occasion;

/// How often somebody whose code was used a moment ago looks again.
const PAUSE: Duration = Duration::from_millis(20);

/// Longest time to write down what is remembered.
const KEEP_TIME: Duration = Duration::from_secs(2);

/// A login whose code was accepted before.
pub(super) struct Recalled {
    pub occasion: Occasion,
    pub credential: CredentialId,
}

impl<A: Ask> Session<'_, A> {
    /// What would have to be the same again, if this login may be remembered: the user typed
    /// password and code in one string, and the program says where from.
    pub(super) fn occasion(
        &self,
        caller: Caller,
        typed: &Typed,
        target: &Target,
    ) -> Option<Occasion> {
        let seconds = self.policy.remember;
        if seconds == 0 || self.mode != Mode::Real {
            return None;
        }
        let (account, key) = (target.account.as_deref()?, self.engine.keys.primary());
        let occasion = remember::Occasion {
            user: &account.id,
            service: &self.login.service,
            address: self.login.address.as_deref()?,
            uid: caller.uid,
            typed: typed.as_str().as_bytes(),
        };
        Some(Occasion {
            user: account.id.clone(),
            fingerprint: occasion.fingerprint(key),
            witness: remember::witness(&target.set, key),
            seconds,
        })
    }

    /// Whether this opened before, and still counts. Who cannot remember has forgotten.
    pub(super) async fn recall(&self, occasion: Option<&Occasion>) -> Option<Recalled> {
        let occasion = occasion?;
        match self.engine.remembered.recall(occasion.clone(), self.deadline).await {
            Ok(credential) => {
                credential.map(|credential| Recalled { occasion: occasion.clone(), credential })
            }
            Err(outage) => {
                audit::warn(&format!("nothing is remembered: {outage}"));
                None
            }
        }
    }

    /// Forgets a string whose password is wrong by now.
    pub(super) async fn forget(&self, recalled: Recalled) {
        if let Err(outage) = self.engine.remembered.forget(recalled.occasion, self.deadline).await {
            audit::warn(&format!("a remembered login is not forgotten: {outage}"));
        }
    }

    /// The end of a login with a code, remembered: it is written down, or found to be so already.
    pub(super) async fn remembering(
        &self,
        occasion: Option<Occasion>,
        forward: Option<Secret>,
        result: Result<Granted, Stop>,
    ) -> Result<Granted, Stop> {
        let Some(occasion) = occasion else { return result };
        match &result {
            Ok(granted) if may_remember(granted.grant) => {
                self.keep(occasion, granted).await;
                result
            }
            Err(Stop::Refused(Refusal::ReplayedCode, _)) => {
                match self.look_again(&occasion).await {
                    Some(recalled) => Ok(remembered(recalled.credential, forward)),
                    None => result,
                }
            }
            _ => result,
        }
    }

    async fn keep(&self, occasion: Occasion, granted: &Granted) {
        let Some(credential) = granted.credential.clone() else { return };
        let deadline = Deadline::after(KEEP_TIME);
        if let Err(outage) = self.engine.remembered.keep(occasion, credential, deadline).await {
            audit::warn(&format!("a login is not remembered: {outage}"));
        }
    }

    /// Looks until just before the moment of every refusal, so that time tells nothing.
    async fn look_again(&self, occasion: &Occasion) -> Option<Recalled> {
        let floor = Duration::from_millis(self.engine.settings.engine.refusal_ms);
        let end = (self.last_input() + floor).checked_sub(PAUSE)?;
        loop {
            if let Some(recalled) = self.recall(Some(occasion)).await {
                return Some(recalled);
            }
            if Instant::now() + PAUSE >= end {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A login whose code is remembered.
pub(super) fn remembered(credential: CredentialId, forward: Option<Secret>) -> Granted {
    Granted {
        grant: Grant::Remembered,
        credential: Some(credential),
        forward,
        note: None,
        notice: None,
    }
}
