//! What a login has proven, stage by stage. Each stage is made from the one before, so none can be
//! left out on the way to a grant.

use monk_core::credential::CredentialId;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Secret;

use super::case::Case;
use super::ending::{Granted, Stop};
use super::prompts;
use super::target::Target;
use crate::deadline::Deadline;

/// A first factor that is right, or that somebody else has checked.
pub(super) struct FirstFactor {
    /// What the login is if no second factor is asked.
    grant: Grant,
    /// The bare password, for the modules that follow.
    forward: Option<Secret>,
}

impl FirstFactor {
    pub(super) fn new(grant: Grant, forward: Option<Secret>) -> Self {
        Self { grant, forward }
    }
}

/// A user with a first factor whom the service is open to.
pub(super) struct Member(FirstFactor);

/// What stands for the second factor.
pub(super) enum SecondFactor {
    /// The policy asks for none.
    NotAsked,
    /// None is asked until then, in seconds since 1970.
    NotUntil(u64),
    /// A code, whose use is on record.
    Code(Grant, CredentialId),
    /// A code that opened the same a while ago.
    Remembered(CredentialId),
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
        let groups = &case.policy.groups;
        if !groups.is_empty() {
            let account = target.account.as_deref().ok_or(Refusal::UnknownUser)?;
            if !case.engine.directory.is_in_group(account, groups, deadline).await? {
                return Err(Refusal::NotInGroup.into());
            }
        }
        Ok(Self(first_factor))
    }

    /// The login, with its second factor.
    pub(super) fn granted(self, second_factor: SecondFactor) -> Granted {
        let FirstFactor { grant, forward } = self.0;
        let (grant, credential, notice) = match second_factor {
            SecondFactor::NotAsked => (grant, None, None),
            SecondFactor::NotUntil(end) => (Grant::Grace, None, Some(prompts::grace_notice(end))),
            SecondFactor::Code(grant, credential) => (grant, Some(credential), None),
            SecondFactor::Remembered(credential) => (Grant::Remembered, Some(credential), None),
        };
        Granted { grant, credential, forward, note: None, notice }
    }
}
