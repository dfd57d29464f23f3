//! A new start for somebody who has lost the second factor.
//!
//! The code is worth a second factor of that user. A portal that somebody has taken over would have it if it were in the
//! answer, and with it a login of somebody who is not signed in. So it goes by mail: to the user, or to the
//! administrator, who passes it on. Both addresses come from the directory, since what a session can set, a taken-over
//! portal can set as well.

use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use monk_wire::manage::{
    Command, Failure, Invitation, InvitationMail, Invited, Manage, Outcome, Unfit,
};
use monk_wire::portal::{NewStart, PortalReply, Recipient};
use monk_wire::{Reply, Secret};

use super::{Question, SignedIn};
use crate::clock;
use crate::mail::{HandoverLetter, Mailer};
use crate::outage::Outage;

/// How long the code works: it is handed over on the telephone, or in person.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// How long the mail to the administrator may take.
const MAIL_TIME: Duration = Duration::from_secs(8);

impl Question<'_> {
    /// Removes everything that somebody has enrolled, and sends a code to start again.
    pub(super) async fn new_start(&self, who: &SignedIn, user: &str, to: Recipient) -> Reply {
        match self.start_again(who, user, to).await {
            Ok(start) => Reply::Portal(PortalReply::NewStart(start)),
            Err(failure) => Reply::Failed(failure),
        }
    }

    async fn start_again(
        &self,
        who: &SignedIn,
        user: &str,
        to: Recipient,
    ) -> Result<NewStart, Failure> {
        self.check_other(who, user).await?;
        // Before a code is made that nobody gets.
        let own = match to {
            Recipient::User => None,
            Recipient::Administrator => Some(self.own_mailbox(who)?),
        };
        let send = own.is_none();
        let command = Command::Invite(Invitation {
            seconds: LIFE.as_secs(),
            send,
            reset: true,
            even_unread: true,
            ..Invitation::default()
        });
        let done = self.administered(who, Manage { user: user.to_owned(), command }).await?;
        let Outcome::Invited(invited) = done else {
            return Err(Outage::Unclear("no code came of an invitation".to_owned()).into());
        };
        let mail = match (own, invited.mail.clone()) {
            (Some((mailer, address)), _) => self.hand_over(&mailer, address, user, &invited).await,
            (None, Some(mail)) => mail,
            (None, None) => return Err(Failure::NoMailServer),
        };
        Ok(NewStart { expires: invited.expires, removed: invited.removed, mail })
    }

    /// What sends mail to the administrator, and where to.
    fn own_mailbox(&self, who: &SignedIn) -> Result<(Arc<Mailer>, Address), Failure> {
        let mailer = self.engine.mail.of_the_administration().ok_or(Failure::NoMailServer)?;
        let user = || who.account.name.clone();
        let address = who.account.mail.as_deref();
        let address = address.ok_or_else(|| Unfit::NoDirectoryAddress { user: user() })?;
        Ok((Arc::clone(mailer), address.parse().map_err(|_| Unfit::Address)?))
    }

    async fn hand_over(
        &self,
        mailer: &Mailer,
        to: Address,
        user: &str,
        invited: &Invited,
    ) -> InvitationMail {
        let address = to.to_string();
        let link: Option<&Secret> = invited.link.as_ref();
        let letter = HandoverLetter {
            user,
            code: &invited.code,
            link,
            expires: invited.expires,
            now: clock::now(),
        };
        let send = async {
            let mail = mailer.compose_handover(&letter, to)?;
            mailer.send(mail, MAIL_TIME).await
        };
        match send.await {
            Ok(_) => InvitationMail::Sent { address },
            Err(failure) => InvitationMail::NotSent(failure),
        }
    }
}
