//! An invitation: an enrolment code for a user who has no second factor yet.
//!
//! Unlike a reset it takes nothing away, and no login asks for a code because of it: users go on as before until
//! they have enrolled. Proving who one is takes the code from then on, so that the password alone enrols nothing.

use std::time::Duration;

use lettre::Address;
use monk_core::credential::{
    Change, Credential, CredentialId, CredentialSet, HandedOut, Mailed, Stored,
};
use monk_core::factors::app_password::AppPasswordRecord;
use monk_core::factors::enrolment_code::EnrolmentCodeRecord;
use monk_core::factors::totp::TotpRecord;
use monk_core::invitation::{self, Repeat, shortened};
use monk_core::policy::Mfa;
use monk_terms::delivery::Delivery;
use monk_wire::Secret;
use monk_wire::manage::{
    Failure, Invitation, InvitationMail, InvitationState, Invited, Outcome, Unfit,
};
use url::form_urlencoded;

use super::reset::{Restarted, check_life, first_use};
use super::{Task, invitations};
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::mail::{InvitationLetter, Mailer};
use crate::settings::enrolment::Protocol;
use crate::{audit, clock};

/// How long it may take to note what has become of a mail. The mail may have taken all the time of the command.
const NOTE_TIME: Duration = Duration::from_secs(5);

impl Task<'_> {
    /// Invites the user.
    pub(super) async fn invite(&self, invitation: Invitation) -> Result<Outcome, Failure> {
        check_life(invitation.seconds)?;
        let (account, set) = self.find().await?;
        let repeat = invitations::rule(invitation.repeat);
        let has_factor = has_own_factor(&set);
        if has_factor && !invitation.reset {
            return Err(Failure::HasSecondFactor { user: account.name });
        }
        // Before a code is made that nobody gets.
        let to = match invitation.send {
            true => Some(self.where_to(&account, &set, invitation.even_unread)?),
            false => None,
        };
        let short = to.as_ref().map(|(_, to)| shortened(to.as_ref()));
        if !has_factor && !repeat.is_due(&set, short.as_deref(), clock::now()) {
            return Ok(Outcome::InvitationKept(invitations::state(&set)));
        }
        let restarted = match has_factor {
            true => {
                let handed_out = handed_out(&set, repeat, short);
                self.restart(&account, set, invitation.seconds, Some(handed_out)).await?
            }
            false => {
                match self.add_invitation(&account, invitation.seconds, repeat, short).await? {
                    Ok(restarted) => restarted,
                    Err(kept) => return Ok(Outcome::InvitationKept(kept)),
                }
            }
        };
        let Restarted { id, code, expires, removed } = restarted;
        let link = self.link(&account, &code);
        let mail = match to {
            Some((mailer, to)) => {
                let letter = InvitationLetter {
                    user: &account.name,
                    code: &code,
                    link: link.as_ref(),
                    expires,
                    now: clock::now(),
                };
                Some(self.send_invitation(mailer, &letter, to, &id, repeat).await)
            }
            None => None,
        };
        Ok(Outcome::Invited(Invited { code, link, expires, removed, mail }))
    }

    /// Adds the code to what the user has. One of before goes, and so do devices that wait to be confirmed: somebody
    /// who knows the password may have made them. A mail that reminds ends the code of before when it is out, and not
    /// before. `Err` has the invitation that stays, where another run was faster.
    async fn add_invitation(
        &self,
        account: &Account,
        seconds: u64,
        repeat: Repeat,
        to: Option<String>,
    ) -> Result<Result<Restarted, Option<InvitationState>>, Failure> {
        let (credential, code, expires) = self.new_code(account, seconds).await?;
        let waits_for_mail = matches!(repeat, Repeat::Remind(_)) && to.is_some();
        let result = self
            .change(|account, set| {
                if has_own_factor(set) {
                    return Err(Failure::HasSecondFactor { user: account.name.clone() });
                }
                if !repeat.is_due(set, to.as_deref(), clock::now()) {
                    return Ok((Change::default(), Err(invitations::state(set))));
                }
                let author = self.author(account);
                let mut change = Change::default();
                let goes =
                    |one: &Credential| is_replaced(set, one) && !(waits_for_mail && is_code(one));
                let gone = set.credentials.iter().filter(|one| goes(&one.value));
                for removal in gone.map(|one| set.removal(one)) {
                    change.also(removal);
                }
                let removed = u32::try_from(change.remove_credentials.len()).unwrap_or(u32::MAX);
                let record = code_of(&credential)?;
                // After a reset, the password alone must not become enough.
                let invites = !set.all_of::<EnrolmentCodeRecord>().any(|(_, code)| !code.invites);
                let invitation = credential
                    .with_factor(EnrolmentCodeRecord { invites, ..record.clone() })
                    .with_handed_out(Some(handed_out(set, repeat, to.clone())));
                change.add_credentials.push(invitation.to_record(author));
                change.add_uses.push(first_use(&invitation).to_record(author));
                Ok((change, Ok(removed)))
            })
            .await?;
        Ok(result.map(|removed| Restarted { id: credential.id, code, expires, removed }))
    }

    /// Who sends the invitation, and where to: the directory's address, since users without a factor have confirmed
    /// none.
    fn where_to(
        &self,
        account: &Account,
        set: &CredentialSet,
        even_unread: bool,
    ) -> Result<(&Mailer, Address), Failure> {
        let mailer = self.engine.mail.of_the_administration().ok_or(Failure::NoMailServer)?;
        if let Some(service) = self.unreadable_mailbox(account, set)
            && !even_unread
        {
            return Err(Failure::MailboxNeedsCode { service: service.to_owned() });
        }
        let user = account.name.clone();
        let address = account.mail.as_deref().ok_or(Unfit::NoDirectoryAddress { user })?;
        Ok((&**mailer, address.parse().map_err(|_| Unfit::Address)?))
    }

    /// The service of a mailbox that the settings name and the user cannot open: it asks for a second factor already.
    /// Where an app password opens it, the user reads the mail.
    fn unreadable_mailbox(&self, account: &Account, set: &CredentialSet) -> Option<&'static str> {
        let settings = &self.engine.settings;
        if set.all_of::<AppPasswordRecord>().next().is_some() {
            return None;
        }
        let is_read = |protocol: &Protocol| *protocol != Protocol::Smtp;
        let protocols = settings.enrolment.servers().map(|(protocol, _)| protocol).filter(is_read);
        let mut services = protocols.flat_map(|protocol| protocol.services().iter().copied());
        services.find(|service| {
            let policy = settings.policy_for(service);
            policy.mfa == Mfa::Required && policy.grace.end(account.created, clock::now()).is_none()
        })
    }

    /// Where the portal takes the code. It is in the fragment, which browsers do not send: the page fills its form
    /// with it, and no log of a server or proxy has it.
    fn link(&self, account: &Account, code: &Secret) -> Option<Secret> {
        let origin = self.engine.settings.portal.origin.as_deref()?;
        let fragment = form_urlencoded::Serializer::new(String::new())
            .append_pair("user", &account.name)
            .append_pair("code", code.expose_str()?)
            .finish();
        Some(Secret::new(format!("{origin}/invitation#{fragment}").as_bytes()))
    }

    /// Sends the mail, and notes what has become of it.
    async fn send_invitation(
        &self,
        mailer: &Mailer,
        letter: &InvitationLetter<'_>,
        to: Address,
        id: &CredentialId,
        repeat: Repeat,
    ) -> InvitationMail {
        let address = to.to_string();
        let send = async {
            let help = self.engine.settings.portal.help.as_deref();
            let mail = mailer.compose_invitation(letter, help, to)?;
            mailer.send(mail, self.deadline.remaining()).await
        };
        let sent = send.await;
        let (became, reminds) = (invitations::became(&sent), matches!(repeat, Repeat::Remind(_)));
        let note = Task { user: self.user.clone(), deadline: Deadline::after(NOTE_TIME), ..*self };
        if let Err(failure) = note.settle(id, reminds, became).await {
            // A later run takes the mail for one that was broken off.
            let user = &self.user;
            audit::warn(&format!("invite: {user:?}: {became:?} was not noted: {failure:?}"));
        }
        match sent {
            Ok(_) => InvitationMail::Sent { address },
            Err(failure) => InvitationMail::NotSent(failure),
        }
    }
}

/// What stands beside a new code.
fn handed_out(set: &CredentialSet, repeat: Repeat, to: Option<String>) -> HandedOut {
    let (now, before) = (clock::now(), invitation::Invitation::of(set));
    let mail = to.map(|to| Mailed { to, at: now, became: Delivery::Sending });
    let reminders = before.map_or(0, invitation::Invitation::reminders);
    HandedOut {
        first: before.map_or(now, invitation::Invitation::first),
        reminders: reminders.saturating_add(u32::from(matches!(repeat, Repeat::Remind(_)))),
        mail,
    }
}

/// Whether the user has a second factor other than the code of a reset or an invitation, or what may be one.
pub(crate) fn has_own_factor(set: &CredentialSet) -> bool {
    let is_own =
        |one: &Stored<Credential>| set.is_second_factor(&one.value) && code_of(&one.value).is_err();
    set.unreadable_credentials > 0 || set.credentials.iter().any(is_own)
}

/// What goes when a user is invited, or gets a device by letter: what others may have, and nobody has confirmed.
pub(super) fn is_replaced(set: &CredentialSet, credential: &Credential) -> bool {
    let is_pending = credential.factor.get().is_some_and(|device: &TotpRecord| device.pending);
    is_pending || set.waiting_letter(credential).is_some() || is_code(credential)
}

fn is_code(credential: &Credential) -> bool {
    code_of(credential).is_ok()
}

fn code_of(credential: &Credential) -> Result<&EnrolmentCodeRecord, Failure> {
    credential.factor.get().ok_or(Failure::RecordsAltered)
}
