//! Tickets for one login elsewhere, in place of password and code.
//!
//! Only a passkey that has signed less than five minutes ago gives one, in this very session: a ticket needs no
//! password, so nobody takes one who has shown no more than a password and a code.

use std::time::Instant;

use monk_core::credential::CredentialId;
use monk_core::policy::PortalTicket;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Reply;
use monk_wire::manage::{Command, Failure, Manage};
use monk_wire::portal::{PortalReply, Tickets};

use super::{Question, SignedIn};
use crate::outage::Outage;

impl Question<'_> {
    /// What the session's user may take tickets for.
    pub(super) async fn tickets(&self, who: &SignedIn) -> Reply {
        let fresh = match self.fresh_passkey(who) {
            Some(_) => who.session.fresh(Instant::now()).as_secs(),
            None => 0,
        };
        match self.services_with_tickets(who).await {
            Ok(services) => Reply::Portal(PortalReply::Tickets(Tickets {
                services,
                fresh_seconds: u32::try_from(fresh).unwrap_or(u32::MAX),
            })),
            Err(outage) => Reply::Failed(outage.into()),
        }
    }

    /// Makes a ticket.
    pub(super) async fn portal_ticket(&self, who: &SignedIn, service: &str) -> Reply {
        let Some(passkey) = self.fresh_passkey(who) else {
            return Reply::Portal(PortalReply::ProofNeeded);
        };
        match self.services_with_tickets(who).await {
            Ok(services) if services.iter().any(|one| one == service) => {}
            Ok(_) => return Reply::Failed(Failure::Refused(Refusal::TicketNotAllowed)),
            Err(outage) => return Reply::Failed(outage.into()),
        }
        let user = who.account.name.clone();
        let (service, passkey) = (service.to_owned(), passkey.as_str().to_owned());
        let command = Command::PortalTicketMake { service, passkey };
        self.carry_out(Manage { user, command }, Ok(())).await
    }

    /// The passkey that has signed a moment ago, if that was the last proof and the user still has it.
    fn fresh_passkey<'a>(&self, who: &'a SignedIn) -> Option<&'a CredentialId> {
        let passkey = who.session.passkey.as_ref()?;
        let is_proven = who.session.proof == Grant::Passkey && self.is_proven(who);
        Some(passkey).filter(|id| is_proven && who.set.get(id).is_some())
    }

    /// The services whose policy takes tickets, without those whose groups keep the user out.
    async fn services_with_tickets(&self, who: &SignedIn) -> Result<Vec<String>, Outage> {
        let (settings, directory) = (&self.engine.settings, &self.engine.directory);
        let mut services = Vec::new();
        for name in settings.service.keys() {
            let policy = settings.policy_for(name);
            if policy.portal_ticket == PortalTicket::Allowed
                && (policy.groups.is_empty()
                    || directory.is_in_group(&who.account, &policy.groups, self.deadline).await?)
            {
                services.push(name.clone());
            }
        }
        Ok(services)
    }
}
