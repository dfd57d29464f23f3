//! What is known of invitations: shown in lists, and noted when a mail has gone out or come back.

use monk_core::credential::Credential;
use monk_core::credential::{Change, CredentialId, CredentialSet, HandedOut, Mailed, Stored};
use monk_core::factors::enrolment_code::EnrolmentCodeRecord;
use monk_core::invitation::{Invitation, Repeat};
use monk_core::mac::Author;
use monk_terms::delivery::Delivery;
use monk_wire::manage::{self, Failure, InvitationMailed, InvitationState, MailFailure, Outcome};

use super::Task;
use crate::directory::Account;

/// The rule behind the words of the message.
pub(super) fn rule(repeat: manage::Repeat) -> Repeat {
    match repeat {
        manage::Repeat::Again => Repeat::Again,
        manage::Repeat::Missing => Repeat::Missing,
        manage::Repeat::Remind { after } => Repeat::Remind(after),
    }
}

/// The user's invitation, over or not.
pub(super) fn state(set: &CredentialSet) -> Option<InvitationState> {
    let invitation = Invitation::of(set)?;
    let mailed =
        |mail: &Mailed| InvitationMailed { to: mail.to.clone(), at: mail.at, became: mail.became };
    Some(InvitationState {
        first: invitation.first(),
        expires: invitation.code.expires,
        reminders: invitation.reminders(),
        mail: invitation.mail().map(mailed),
    })
}

/// What a mail has come to.
pub(super) fn became(sent: &Result<String, MailFailure>) -> Delivery {
    match sent {
        Ok(_) => Delivery::Sent,
        Err(MailFailure::Recipient(_)) => Delivery::Refused,
        Err(_) => Delivery::Later,
    }
}

impl Task<'_> {
    /// Notes that a mail came back. One to an address that the directory has no longer says nothing.
    pub(super) async fn invitation_bounced(&self, address: &str) -> Result<Outcome, Failure> {
        self.change(|account, set| {
            let is_meant = account.mail.as_deref().is_some_and(|mail| is_same(mail, address));
            let invitation = Invitation::of(set).filter(|_| is_meant);
            let Some(noted) =
                invitation.and_then(|one| with_delivery(one.stored, Delivery::Bounced))
            else {
                return Ok((Change::default(), Outcome::InvitationKept(state(set))));
            };
            let stored = invitation.map(|one| one.stored);
            let change = stored.map(|one| replaced(one, &noted, self.author(account)));
            Ok((change.unwrap_or_default(), Outcome::Done))
        })
        .await
    }

    /// Notes what has become of the mail with the code `id`. A reminder ends the older codes only now that the mail is
    /// out; where it is not, they stay, and the new one goes.
    pub(super) async fn settle(
        &self,
        id: &CredentialId,
        reminds: bool,
        delivery: Delivery,
    ) -> Result<(), Failure> {
        self.change(|account, set| Ok((self.settled(account, set, id, reminds, delivery), ())))
            .await
    }

    fn settled(
        &self,
        account: &Account,
        set: &CredentialSet,
        id: &CredentialId,
        reminds: bool,
        delivery: Delivery,
    ) -> Change {
        // The user may have enrolled already, or somebody else has sent another.
        let Some(sent) = set.get(id) else { return Change::default() };
        let author = self.author(account);
        let others = set.all_of::<EnrolmentCodeRecord>().map(|(stored, _)| stored);
        let others = others.filter(|other| other.value.id != *id);
        if reminds && delivery != Delivery::Sent {
            let mut change = set.removal(sent);
            if delivery.is_undeliverable() {
                let last = others.max_by_key(|other| other.value.created);
                if let Some((last, noted)) =
                    last.and_then(|last| Some((last, with_delivery(last, delivery)?)))
                {
                    change.remove_credentials.push(last.raw.clone());
                    change.add_credentials.push(noted.to_record(author));
                }
            }
            return change;
        }
        let Some(noted) = with_delivery(sent, delivery) else { return Change::default() };
        let mut change = replaced(sent, &noted, author);
        if reminds {
            others.for_each(|other| change.also(set.removal(other)));
        }
        change
    }
}

/// Two spellings of one mailbox: domains have no case, and no server in use tells names apart by it.
fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// The same code, whose mail has come to this; `None` where there was no mail.
fn with_delivery(stored: &Stored<Credential>, became: Delivery) -> Option<Credential> {
    let how = stored.value.handed_out.clone()?;
    let mail = Mailed { became, ..how.mail? };
    Some(stored.value.with_handed_out(Some(HandedOut { mail: Some(mail), ..how })))
}

fn replaced(old: &Stored<Credential>, new: &Credential, author: Author<'_>) -> Change {
    Change {
        remove_credentials: vec![old.raw.clone()],
        add_credentials: vec![new.to_record(author)],
        ..Change::default()
    }
}
