//! The user whom a login is about.

use std::sync::Arc;

use lettre::Address;
use monk_core::credential::CredentialSet;
use monk_core::policy::{Demand, Standing};
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::case::Case;
use super::ending::Stop;
use super::trial::Trial;
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::Found;
use crate::outage::Outage;

/// The user in question. There is none without a search and the throttle's word on it.
pub(super) struct Target {
    /// Nobody, where the name is unknown or ambiguous.
    pub(super) account: Option<Box<Account>>,
    /// The user's credentials; none for nobody.
    pub(super) set: Arc<CredentialSet>,
    /// Private, so that a target comes from [`Target::admitted`] alone.
    refusal: Option<Refusal>,
}

impl Target {
    /// The user, if attempts are looked at now. Otherwise nobody: what follows is the same work as
    /// for a stranger, and ends as it does for one.
    pub(super) async fn admitted(
        found: Found,
        claims: &'static [Proof],
        trial: &mut Trial<'_>,
        deadline: Deadline,
    ) -> Result<Self, Stop> {
        let target = match found {
            Found::One(account, set) => {
                let refusal = account.state.refusal();
                Self { account: Some(account), set: Arc::new(set), refusal }
            }
            Found::None => Self::nobody(Refusal::UnknownUser),
            Found::Local => Self::nobody(Refusal::LocalAccount),
            Found::Several => Self::nobody(Refusal::AmbiguousUser),
        };
        let is_admitted = trial.begin(target.account.as_deref(), claims, deadline).await?;
        Ok(if is_admitted || target.account.is_none() {
            target
        } else {
            Self::nobody(Refusal::Throttled)
        })
    }

    fn nobody(refusal: Refusal) -> Self {
        Self { account: None, set: Arc::default(), refusal: Some(refusal) }
    }

    /// The stable id that seals and hashes are bound to.
    pub(super) fn id(&self) -> &str {
        self.account.as_ref().map_or("", |account| &account.id)
    }

    /// Why nobody by this name gets in, whatever is typed.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Why nothing that is typed under this name is compared with anything.
    pub(super) fn stranger(&self) -> Option<Refusal> {
        self.refusal.filter(|_| self.account.is_none())
    }

    /// What the policy asks of the user now.
    pub(super) fn demand(&self, case: &Case<'_>) -> Demand {
        let standing = Standing {
            set: &self.set,
            can_be_sent: self.address(case).is_some(),
            created: self.account.as_ref().and_then(|account| account.created),
        };
        case.policy.demand(standing, clock::now())
    }

    /// Whether a login goes on after a password alone: it is enough, or a screen for the code follows.
    pub(super) fn goes_on_without_code(&self, case: &Case<'_>) -> bool {
        match self.demand(case) {
            Demand::Nothing | Demand::NothingUntil(_) => true,
            Demand::Code => case.can_show_code_screen(),
            Demand::Refuse(_) => false,
        }
    }

    /// Where a code for this user would go.
    pub(super) fn address(&self, case: &Case<'_>) -> Option<Address> {
        case.mailer()?.address_of(self.account.as_deref()?, &self.set)
    }

    /// Reads the credentials again, with what was written in the meantime.
    pub(super) async fn reload(&mut self, case: &Case<'_>, by: Deadline) -> Result<(), Outage> {
        if let Some(account) = &self.account {
            self.set = Arc::new(case.engine.store.load(account, by).await?);
        }
        Ok(())
    }
}
