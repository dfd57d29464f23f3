//! The page on which people approve a login of another program.
//!
//! It is for somebody who has signed in with a passkey, a moment ago: neither a password nor a code that somebody has
//! talked the user out of gets there. The engine shows the three numbers and takes one of them; which one is right it
//! tells nobody, so that a portal that somebody has taken over can only guess, once.

use std::time::Instant;

use monk_core::approvals::{last, waiting};
use monk_core::factors::approval::Answered;
use monk_terms::verdict::{Grant, Refusal};
use monk_wire::Reply;
use monk_wire::portal::{ApprovalEnd, PortalReply, WaitingLogin};

use super::{Question, SERVICE, SignedIn};
use crate::approvals;
use crate::audit::{self, Ending};
use crate::clock;
use crate::directory::Advice;
use crate::outage::Outage;

/// Whether the last proof was a passkey, a moment ago.
fn may_approve(who: &SignedIn) -> bool {
    who.session.proof == Grant::Passkey && !who.session.fresh(Instant::now()).is_zero()
}

impl Question<'_> {
    /// The login that waits.
    pub(super) async fn approval(&self, who: &SignedIn) -> Reply {
        if !may_approve(who) {
            return Reply::Portal(PortalReply::ProofNeeded);
        }
        // Not from a server that may be behind: it was asked seconds ago.
        let set = match self.engine.store.load(&who.account, self.deadline).await {
            Ok(set) => set,
            Err(outage) => return Reply::Failed(outage.into()),
        };
        let now = clock::now();
        let login = waiting(&set, now).map(|request| {
            Box::new(WaitingLogin {
                request: request.id,
                user: who.account.name.clone(),
                service: request.asker.service,
                host: request.asker.host,
                address: request.asker.address,
                terminal: request.asker.terminal,
                asked: request.asked,
                seconds_left: request.expires.saturating_sub(now),
                numbers: request.numbers,
            })
        });
        Reply::Portal(PortalReply::Approval(login))
    }

    /// The user's answer to it.
    pub(super) async fn answer_approval(
        &self,
        who: &SignedIn,
        request: &str,
        number: Option<u8>,
    ) -> Reply {
        let started = Instant::now();
        if !may_approve(who) {
            self.note(who, SERVICE, &Ending::Refused(Refusal::NoPasskey), started);
            return Reply::Portal(PortalReply::ProofNeeded);
        }
        let engine = self.engine;
        let answered =
            approvals::answer(engine, &who.account, (request, number), self.deadline).await;
        let asker = match engine.store.load(&who.account, self.deadline).await {
            Ok(set) => last(&set, request).map(|request| request.asker),
            Err(_) => None,
        };
        let service = asker.as_ref().map_or(SERVICE, |asker| &*asker.service);
        let (ending, reply) = match answered {
            Ok(Ok(Answered::Approved)) => {
                let host = asker.as_ref().map(|asker| asker.host.clone()).unwrap_or_default();
                let end = ApprovalEnd::Approved { service: service.to_owned(), host };
                (Ending::Granted(Grant::Approval), Ok(end))
            }
            Ok(Ok(Answered::WrongNumber)) => {
                (Ending::Refused(Refusal::WrongNumber), Ok(ApprovalEnd::WrongNumber))
            }
            Ok(Ok(Answered::Denied)) => {
                (Ending::Refused(Refusal::ApprovalDenied), Ok(ApprovalEnd::Denied))
            }
            Ok(Err(refusal)) => (Ending::Refused(refusal), Ok(ApprovalEnd::Over)),
            Err(outage) => (Ending::Unavailable(outage.clone()), Err(outage)),
        };
        self.note(who, service, &ending, started);
        match reply {
            Ok(end) => Reply::Portal(PortalReply::ApprovalAnswered(end)),
            Err(outage) => Reply::Failed(Outage::into(outage)),
        }
    }

    fn note(&self, who: &SignedIn, service: &str, ending: &Ending, started: Instant) {
        audit::record(&audit::Line {
            event: "approval",
            user: &who.account.name,
            service,
            terminal: None,
            by: audit::by(self.caller, None),
            address: self.address().as_deref(),
            ending,
            credential: None,
            password: Advice::Nothing,
            how: None,
            would: None,
            took: started.elapsed(),
        });
    }
}
