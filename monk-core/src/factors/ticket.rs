//! A ticket of the portal: what somebody who has signed in there with a passkey types *in place of* the password,
//! for one login to one service.
//!
//! It has the shape of an app password, so what is said of their strings holds for it as well: it is recognised by its
//! first group, and what has this shape and is nobody's is never sent to a directory. Everything that limits it stands
//! in its record, under the MAC of the host key: the user, the service, the passkey that it was taken with, its end.
//! It is no second factor, and it proves nothing but this one login. When it opens what, says [`ticket`](crate::ticket).

use monk_terms::kind::Kind;
use serde::{Deserialize, Serialize};

use super::app_password::AppPassword;
use super::questions::{Case, Details, NeededKey, Questions, Used};
use crate::hash::{Cost, HashError, Hashes};
use crate::id::CredentialId;
use crate::keys::{Keyring, Owner};
use crate::random::Random;
use crate::text;

/// How long a ticket is good, in seconds: long enough to go to another computer and type it there.
pub const GOOD_FOR: u64 = 10 * 60;

/// A ticket, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketRecord {
    /// The public identifier: the first group.
    pub public: String,
    /// The hash of the other groups.
    pub hash: Hashes,
    /// The PAM service that it opens.
    pub service: String,
    /// The passkey that it was taken with. Without it, the ticket opens nothing.
    pub passkey: CredentialId,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

/// What became of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketUse {
    /// Whether it has opened its login.
    pub used: bool,
}

impl TicketRecord {
    /// The record of this ticket.
    #[must_use]
    pub fn new(
        ticket: &AppPassword,
        (service, passkey): (&str, &CredentialId),
        now: u64,
        owner: Owner<'_>,
        keys: &Keyring,
        random: &mut dyn Random,
    ) -> Self {
        Self {
            public: ticket.public().to_owned(),
            // 80 secret bits that live for minutes: the hash need not be dear.
            hash: Hashes::new(&[ticket.secret()], owner, Cost::LOW, keys, random),
            service: service.to_owned(),
            passkey: passkey.clone(),
            expires: now.saturating_add(GOOD_FOR),
        }
    }

    /// Whether `typed` names it by its public identifier.
    #[must_use]
    pub fn is_named_by(&self, typed: &AppPassword) -> bool {
        self.public == typed.public()
    }

    /// Whether `typed` is this ticket. Computes one hash.
    ///
    /// # Errors
    /// [`HashError`] when nothing could be compared.
    pub fn verify(
        &self,
        typed: &AppPassword,
        owner: Owner<'_>,
        keys: &Keyring,
    ) -> Result<bool, HashError> {
        Ok(self.hash.position(typed.secret(), owner, keys)?.is_some())
    }
}

/// It is no code: what was typed is compared with it before anything else is done.
impl Questions for TicketRecord {
    type Spent = TicketUse;

    const KIND: Kind = Kind::PortalTicket;

    fn may_be_shown(&self, label: &str) -> bool {
        text::is_label(label)
            && text::is_plain(&self.public)
            && text::is_short_and_plain(&self.service, text::MAX_NAME)
    }

    /// Where somebody has no other second factor, there is none once it has ended.
    fn is_second_factor(&self) -> bool {
        false
    }

    fn key(&self) -> Option<NeededKey> {
        Some(NeededKey::Hash(self.hash.key().clone()))
    }

    fn is_usable(&self, case: Case<'_>, used: &Used<'_, TicketUse>) -> bool {
        case.keys.get(self.hash.key()).is_some() && used.known().is_ok()
    }

    fn all_spent(&self, used: &Used<'_, TicketUse>, _: u64) -> Option<TicketUse> {
        (!used.records.is_empty()).then_some(TicketUse { used: true })
    }

    fn details(&self, _: u64, used: &Used<'_, TicketUse>) -> Details {
        let last = used.last().filter(|(_, used)| used.used);
        Details {
            expires: Some(self.expires),
            services: vec![self.service.clone()],
            last_used: last.map(|(at, _)| at),
            last_service: last.map(|_| self.service.clone()),
            ..Details::default()
        }
    }
}
