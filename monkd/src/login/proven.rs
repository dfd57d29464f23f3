//! What a login has proven, stage by stage. A grant without a code comes from the policy's demand or from an
//! app password alone. The types do not enforce everything: a first factor, a code and a remembered code are
//! what the files beside this one say they are, and only [`Member`] makes a `Granted` by convention.

use monk_core::credential::CredentialId;
use monk_core::policy::Demand;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Secret;

use super::case::Case;
use super::ending::{Granted, Note, Stop};
use super::prompts;
use super::target::Target;
use crate::deadline::Deadline;
use crate::directory::Advice;

/// A first factor that is right, or that somebody else has checked.
pub(super) struct FirstFactor {
    /// What the login is if no second factor is asked.
    grant: Grant,
    /// The bare password, for the modules that follow.
    forward: Option<Secret>,
    /// What the directory says beside it.
    advice: Advice,
}

impl FirstFactor {
    pub(super) fn new(grant: Grant, forward: Option<Secret>, advice: Advice) -> Self {
        Self { grant, forward, advice }
    }
}

/// A user with a first factor whom the service is open to.
pub(super) struct Member(FirstFactor);

/// What stands for the second factor.
pub(super) struct SecondFactor(Means);

enum Means {
    /// The policy asks for none.
    NotAsked,
    /// None is asked until then, in seconds since 1970.
    NotUntil(u64),
    /// A code, whose use is on record.
    Code(Grant, CredentialId),
    /// A code that opened the same a while ago.
    Remembered(CredentialId),
}

impl SecondFactor {
    /// None, if the policy asks for none now.
    pub(super) fn not_asked(demand: &Demand) -> Option<Self> {
        match *demand {
            Demand::Nothing => Some(Self(Means::NotAsked)),
            Demand::NothingUntil(end) => Some(Self(Means::NotUntil(end))),
            Demand::Code | Demand::Refuse(_) => None,
        }
    }

    /// A right code. Whoever judged it sees to the record of its use.
    pub(super) fn code(grant: Grant, credential: CredentialId) -> Self {
        Self(Means::Code(grant, credential))
    }

    /// The user's word on the portal's page.
    pub(super) fn approval() -> Self {
        Self::code(Grant::Approval, CredentialId::approvals())
    }

    /// A code that opened the same a while ago.
    pub(super) fn remembered(credential: CredentialId) -> Self {
        Self(Means::Remembered(credential))
    }

    /// The code that it is, if it is one of this login.
    pub(super) fn as_code(&self) -> Option<(Grant, &CredentialId)> {
        match &self.0 {
            Means::Code(grant, credential) => Some((*grant, credential)),
            Means::NotAsked | Means::NotUntil(_) | Means::Remembered(_) => None,
        }
    }
}

impl Member {
    /// Refuses users who are in none of the groups that the service is open to: they must not spend a
    /// code.
    pub(super) async fn of(
        first_factor: FirstFactor,
        case: &Case<'_>,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Self, Stop> {
        if !case.policy.groups.is_empty() {
            let account = target.account.as_deref().ok_or(Refusal::UnknownUser)?;
            if !case.is_in_group(account, deadline).await? {
                return Err(Refusal::NotInGroup.into());
            }
        }
        Ok(Self(first_factor))
    }

    /// The login, with its second factor.
    pub(super) fn granted(self, second_factor: SecondFactor) -> Granted {
        let FirstFactor { grant, forward, advice } = self.0;
        let (grant, credential, notice) = match second_factor.0 {
            Means::NotAsked => (grant, None, None),
            Means::NotUntil(end) => (Grant::Grace, None, Some(prompts::grace_notice(end))),
            Means::Code(grant, credential) => (grant, Some(credential), None),
            Means::Remembered(credential) => (Grant::Remembered, Some(credential), None),
        };
        let notice = prompts::together(notice, prompts::password_notice(advice));
        Granted { grant, credential, forward, note: None, notice, advice, is_in_spite: false }
    }

    /// The login with an app password, which needs no second factor.
    pub(super) fn granted_alone(self, app_password: CredentialId, note: Option<Note>) -> Granted {
        let granted = self.granted(SecondFactor(Means::NotAsked));
        Granted { credential: Some(app_password), note, ..granted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_policy_that_asks_for_no_code_lets_a_login_do_without() {
        assert!(SecondFactor::not_asked(&Demand::Nothing).is_some());
        assert!(SecondFactor::not_asked(&Demand::NothingUntil(9)).is_some());
        for demand in [Demand::Code, Demand::Refuse(Refusal::NotEnrolled)] {
            assert!(SecondFactor::not_asked(&demand).is_none(), "{demand:?}");
        }
    }
}
