//! An invitation: an enrolment code for a user who has no second factor yet.
//!
//! Unlike a reset it takes nothing away, and no login asks for a code because of it: users go on as before until
//! they have enrolled. Proving who one is takes the code from then on, so that the password alone enrols nothing.

use lettre::Address;
use monk_core::credential::{Change, Credential, CredentialSet, Stored};
use monk_core::factors::enrolment_code::EnrolmentCodeRecord;
use monk_core::factors::totp::TotpRecord;
use monk_wire::Secret;
use monk_wire::manage::{Failure, Invitation, InvitationMail, Invited, Outcome, Unfit};
use url::form_urlencoded;

use super::Task;
use super::reset::{Restarted, check_life, first_use};
use crate::clock;
use crate::directory::Account;
use crate::mail::{InvitationLetter, Mailer};

impl Task<'_> {
    /// Invites the user.
    pub(super) async fn invite(&self, invitation: Invitation) -> Result<Outcome, Failure> {
        let Invitation { seconds, send, reset } = invitation;
        check_life(seconds)?;
        let (account, set) = self.find().await?;
        // Before a code is made that nobody gets.
        let to = match send {
            true => Some(self.where_to(&account)?),
            false => None,
        };
        let Restarted { code, expires, removed } = match (has_own_factor(&set), reset) {
            (true, false) => return Err(Failure::HasSecondFactor { user: account.name }),
            (true, true) => self.restart(&account, set, seconds).await?,
            (false, _) => self.add_invitation(&account, seconds).await?,
        };
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
                Some(self.send_invitation(mailer, &letter, to).await)
            }
            None => None,
        };
        Ok(Outcome::Invited(Invited { code, link, expires, removed, mail }))
    }

    /// Adds the code to what the user has. One of before goes, and so do devices that wait to be confirmed: somebody
    /// who knows the password may have made them.
    async fn add_invitation(&self, account: &Account, seconds: u64) -> Result<Restarted, Failure> {
        let (credential, code, expires) = self.new_code(account, seconds).await?;
        let removed = self
            .change(|account, set| {
                if has_own_factor(set) {
                    return Err(Failure::HasSecondFactor { user: account.name.clone() });
                }
                let author = self.author(account);
                let mut change = Change::default();
                let gone = set.credentials.iter().filter(|one| is_replaced(&one.value));
                for removal in gone.map(|one| set.removal(one)) {
                    change.remove_credentials.extend(removal.remove_credentials);
                    change.remove_uses.extend(removal.remove_uses);
                }
                let removed = u32::try_from(change.remove_credentials.len()).unwrap_or(u32::MAX);
                let record = code_of(&credential)?;
                // After a reset, the password alone must not become enough.
                let invites = !set.all_of::<EnrolmentCodeRecord>().any(|(_, code)| !code.invites);
                let invitation =
                    credential.with_factor(EnrolmentCodeRecord { invites, ..record.clone() });
                change.add_credentials.push(invitation.to_record(author));
                change.add_uses.push(first_use(&invitation).to_record(author));
                Ok((change, removed))
            })
            .await?;
        Ok(Restarted { code, expires, removed })
    }

    /// Who sends the invitation, and where to: the directory's address, since users without a factor have confirmed
    /// none.
    fn where_to(&self, account: &Account) -> Result<(&Mailer, Address), Failure> {
        let mailer = self.engine.mail.of_the_administration().ok_or(Failure::NoMailServer)?;
        let user = account.name.clone();
        let address = account.mail.as_deref().ok_or(Unfit::NoDirectoryAddress { user })?;
        Ok((&**mailer, address.parse().map_err(|_| Unfit::Address)?))
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

    async fn send_invitation(
        &self,
        mailer: &Mailer,
        letter: &InvitationLetter<'_>,
        to: Address,
    ) -> InvitationMail {
        let address = to.to_string();
        let send = async {
            let help = self.engine.settings.portal.help.as_deref();
            let mail = mailer.compose_invitation(letter, help, to)?;
            mailer.send(mail, self.deadline.remaining()).await
        };
        match send.await {
            Ok(_) => InvitationMail::Sent { address },
            Err(failure) => InvitationMail::NotSent(failure),
        }
    }
}

/// Whether the user has a second factor other than the code of a reset or an invitation, or what may be one.
pub(crate) fn has_own_factor(set: &CredentialSet) -> bool {
    let is_own = |one: &Stored<Credential>| {
        one.value.factor.is_second_factor() && code_of(&one.value).is_err()
    };
    set.unreadable_credentials > 0 || set.credentials.iter().any(is_own)
}

fn is_replaced(credential: &Credential) -> bool {
    let is_pending = credential.factor.get().is_some_and(|device: &TotpRecord| device.pending);
    is_pending || code_of(credential).is_ok()
}

fn code_of(credential: &Credential) -> Result<&EnrolmentCodeRecord, Failure> {
    credential.factor.get().ok_or(Failure::RecordsAltered)
}
