//! Invitations of many users: who gets one, who gets another one, and when.
//!
//! What is known of an invitation stands in the record of its enrolment code, so every host and every later run
//! knows it: when it was made, where its mail went, and what became of that.

use monk_terms::delivery::Delivery;

use crate::credential::{Credential, CredentialSet, Mailed, Stored};
use crate::factors::email::masked;
use crate::factors::enrolment_code::EnrolmentCodeRecord;

/// Seconds between two mails to one user, at least: nobody is reminded twice a day.
pub const BETWEEN_MAILS: u64 = 24 * 3600;

/// Seconds that a mail may be on its way to the mail server. A conversation takes a minute at most, so what is older
/// was broken off.
pub const SENDING: u64 = 75;

/// Longest address that is kept, in characters: enough to know it by.
const MOST_SHOWN: usize = 60;

/// An address as it is kept and shown.
#[must_use]
pub fn shortened(address: &str) -> String {
    masked(address).chars().take(MOST_SHOWN).collect()
}

/// Who gets an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Everybody, also users who have one.
    Again,
    /// Users who have none that is good, or whose mail was not handed over.
    Missing,
    /// Users who have one, and have had it for so many seconds.
    Remind(u64),
}

/// An invitation that a user has.
#[derive(Clone, Copy, Debug)]
pub struct Invitation<'a> {
    /// The credential.
    pub stored: &'a Stored<Credential>,
    /// Its code.
    pub code: &'a EnrolmentCodeRecord,
}

impl<'a> Invitation<'a> {
    /// The user's last one, over or not; `None` where there is none.
    #[must_use]
    pub fn of(set: &'a CredentialSet) -> Option<Self> {
        let all = set.all_of::<EnrolmentCodeRecord>();
        let all = all.map(|(stored, code)| Self { stored, code });
        all.max_by_key(|one| (one.stored.value.created, one.code.expires))
    }

    /// The mail that it went out with.
    #[must_use]
    pub fn mail(self) -> Option<&'a Mailed> {
        self.stored.value.handed_out.as_ref()?.mail.as_ref()
    }

    /// When the user was invited first, in seconds since 1970.
    #[must_use]
    pub fn first(self) -> u64 {
        let created = self.stored.value.created;
        self.stored.value.handed_out.as_ref().map_or(created, |how| how.first)
    }

    /// How many reminders there were.
    #[must_use]
    pub fn reminders(self) -> u32 {
        self.stored.value.handed_out.as_ref().map_or(0, |how| how.reminders)
    }
}

impl Repeat {
    /// Whether a user gets an invitation now. `to` is the shortened address that the directory has now.
    #[must_use]
    pub fn is_due(self, set: &CredentialSet, to: Option<&str>, now: u64) -> bool {
        let invitation = Invitation::of(set);
        // The code of a reset opens a login, and was handed over to a person: it is no invitation to be repeated.
        let is_reset = set.all_of::<EnrolmentCodeRecord>().any(|(_, code)| !code.invites);
        if is_reset && self != Self::Again {
            return false;
        }
        let mail = invitation.and_then(Invitation::mail);
        let is_elsewhere = |mail: &Mailed| to.is_some_and(|to| to != mail.to);
        if let Some(mail) = mail
            && self != Self::Again
        {
            match mail.became {
                Delivery::Sending if now.saturating_sub(mail.at) <= SENDING => return false,
                Delivery::Sending | Delivery::Later => return true,
                Delivery::Refused | Delivery::Bounced => return is_elsewhere(mail),
                Delivery::Sent => {}
            }
        }
        match (self, invitation) {
            (Self::Again, _) | (Self::Missing, None) => true,
            (Self::Missing, Some(one)) => now >= one.code.expires,
            (Self::Remind(_), None) => false,
            (Self::Remind(after), Some(one)) => {
                let last = mail.map_or(one.stored.value.created, |mail| mail.at);
                now.saturating_sub(last) >= after.max(BETWEEN_MAILS)
            }
        }
    }
}

#[cfg(test)]
#[path = "invitation_tests.rs"]
mod tests;
