//! The user whom a login is about.

use std::sync::Arc;

use lettre::Address;
use monk_core::closed::{Way, why_closed};
use monk_core::credential::CredentialSet;
use monk_core::policy::{Demand, Standing};
use monk_terms::account_state::AccountState;
use monk_terms::proof::Proof;
use monk_terms::verdict::Refusal;

use super::case::{Case, Mode};
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
    /// Why it is nobody. Private, so that a target comes from [`Target::admitted`] alone.
    stranger: Option<Refusal>,
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
                Self { account: Some(account), set: Arc::new(set), stranger: None }
            }
            Found::None => Self::nobody(Refusal::UnknownUser),
            // No attempt begins: another module decides, and guesses at monk must not keep anybody from it.
            Found::Local => return Ok(Self::nobody(Refusal::LocalAccount)),
            Found::Several => Self::nobody(Refusal::AmbiguousUser),
        };
        let is_admitted = trial.begin(target.account.as_deref(), claims, deadline).await?;
        Ok(if is_admitted || target.account.is_none() {
            target
        } else {
            Self::nobody(Refusal::Throttled)
        })
    }

    /// Nobody, where a login is refused already.
    pub(super) fn refused() -> Self {
        Self::nobody(Refusal::NotApproved)
    }

    fn nobody(refusal: Refusal) -> Self {
        Self { account: None, set: Arc::default(), stranger: Some(refusal) }
    }

    /// The stable id that seals and hashes are bound to.
    pub(super) fn id(&self) -> &str {
        self.account.as_ref().map_or("", |account| &account.id)
    }

    /// Why nobody by this name gets in this way, whatever is typed.
    pub(super) fn closed_to(&self, way: Way, case: &Case<'_>) -> Option<Refusal> {
        let forgiven = &case.policy.app_passwords_despite;
        self.stranger.or_else(|| why_closed(self.state(), way, forgiven))
    }

    /// Whether this is an account of the machine alone.
    pub(super) fn is_local(&self) -> bool {
        self.stranger == Some(Refusal::LocalAccount)
    }

    /// What the directory says of the account, as of this login.
    pub(super) fn state(&self) -> AccountState {
        self.account.as_ref().map_or(AccountState::Enabled, |account| account.state)
    }

    /// In how many seconds the password ends, if the user is to be told.
    pub(super) fn password_end(&self, case: &Case<'_>) -> Option<u32> {
        let end = self.account.as_ref()?.password_end?;
        end.to_be_told(clock::now(), case.policy.password_warning)
    }

    /// Whose password is compared. That of an account which is closed for good is not: nobody needs to know
    /// whether it was right. The work is the same, as for nobody.
    pub(super) fn whose_password(&self) -> Option<&Account> {
        self.account.as_deref().filter(|account| !account.state.closes_everything())
    }

    /// What the policy asks of the user now.
    pub(super) fn demand(&self, case: &Case<'_>) -> Demand {
        let standing = Standing {
            set: &self.set,
            is_proof: case.mode == Mode::Proof,
            can_be_sent: self.address(case).is_some(),
            created: self.account.as_ref().and_then(|account| account.created),
            may_confirm: case.may_confirm(),
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
