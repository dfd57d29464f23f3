//! Tickets of the portal.

use monk_core::credential::{Change, CredentialId, Use};
use monk_core::enrol::{self, NewTicket};
use monk_core::factors::passkey::PasskeyRecord;
use monk_core::factors::ticket::{GOOD_FOR, TicketRecord, TicketUse};
use monk_core::policy::PortalTicket;
use monk_terms::verdict::Refusal;
use monk_wire::Secret;
use monk_wire::manage::{Failure, Outcome};

use super::Task;
use crate::clock::{self, SystemRandom};

/// What it is called in tables.
const LABEL: &str = "Ticket";

impl Task<'_> {
    /// Makes a ticket for a service that takes tickets; one that was made before is good no longer.
    pub(super) async fn make_ticket(
        &self,
        service: &str,
        passkey: &str,
    ) -> Result<Outcome, Failure> {
        let service = service.to_ascii_lowercase();
        let settings = &self.engine.settings;
        if settings.policy_for(&service).portal_ticket != PortalTicket::Allowed {
            return Err(Failure::Refused(Refusal::TicketNotAllowed));
        }
        let gone = || Failure::Refused(Refusal::TicketRevoked);
        let passkey = CredentialId::from_text(passkey).ok_or_else(gone)?;
        self.change(|account, set| {
            let mut passkeys = set.all_of::<PasskeyRecord>();
            if !passkeys.any(|(stored, _)| stored.value.id == passkey) {
                return Err(gone());
            }
            let now = clock::now();
            let new = NewTicket {
                user: &account.id,
                label: LABEL,
                service: &service,
                passkey: &passkey,
                now,
            };
            let (credential, ticket) =
                enrol::ticket(&new, set, &self.engine.keys, &mut SystemRandom);
            let used = Use::new(credential.id.clone(), now, TicketUse::default());
            let mut change = Change {
                add_credentials: vec![credential.to_record(self.author(account))],
                add_uses: vec![used.to_record(self.author(account))],
                ..Change::default()
            };
            for (old, _) in set.all_of::<TicketRecord>() {
                change.also(set.removal(old));
            }
            let ticket = Secret::new(ticket.shown().as_bytes());
            Ok((change, Outcome::PortalTicket { ticket, expires: now + GOOD_FOR }))
        })
        .await
    }
}
