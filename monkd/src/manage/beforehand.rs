//! What is refused before anybody is asked for a password.
//!
//! Users prove their identity before a change. Somebody who has found the phone and typed password and code
//! should not hear only then that the name is taken, with a code spent on it. So the user's own records are
//! checked first. They are no secret from the caller, who may see all of them, and they are checked again
//! when the command is carried out.

use monk_core::closed::{Way, why_closed};
use monk_core::credential::CredentialSet;
use monk_wire::manage::{Command, Failure, UserCommand};

use super::{Task, access, app_passwords, credentials, devices, users};
use crate::clock;
use crate::directory::Account;

impl Task<'_> {
    /// Refuses what would be refused after the proof as well.
    pub(super) async fn check_beforehand(&self, command: &Command) -> Result<(), Failure> {
        let (account, set) = self.find().await?;
        // Whose password has expired may change that, and nothing else.
        let way = match command {
            Command::User(UserCommand::Password { .. }) => Way::Password,
            _ => Way::OwnFactors,
        };
        if why_closed(account.state, way, &[]).is_some() {
            return Err(Failure::AccountClosed { state: account.state });
        }
        if !self.can_prove_more_than_the_password(&account, &set) {
            access::check_first_factor(&self.engine.settings.enrolment, command)?;
        }
        match command {
            Command::TotpAdd { label, parameters } => devices::check_new(&set, label, *parameters),
            Command::TotpShow { credential } => {
                devices::waiting(&set, credential.as_deref()).map(drop)
            }
            Command::AppPasswordCreate { label, services, networks, expires } => {
                let services = services.clone();
                self.scope(label, services, networks, *expires)?;
                app_passwords::check_free(&set, label)
            }
            Command::Rename { kind, credential, label } => {
                credentials::to_rename(&set, *kind, credential, label).map(drop)
            }
            Command::Remove { kind, credential } => {
                self.to_remove(&set, *kind, credential.as_deref()).map(drop)
            }
            Command::User(UserCommand::Password { password, .. }) => {
                Ok(users::new_password(password).map(drop)?)
            }
            Command::Email(command) => self.check_email(command, &account, &set),
            Command::SshKey(command) => self.check_ssh_key(&account, command).await,
            _ => Ok(()),
        }
    }

    /// Whether the user has anything beside the password to prove who it is: a second factor, an enrolment code, a
    /// device that was handed out, or an address of the directory to which codes are sent.
    fn can_prove_more_than_the_password(&self, account: &Account, set: &CredentialSet) -> bool {
        let (now, mailer) = (clock::now(), self.engine.mail.of(access::SERVICE));
        set.has_second_factor_at(now)
            || set.is_invited(now)
            || set.awaits_first_login(now)
            || mailer.is_some_and(|mailer| mailer.address_of(account, set).is_some())
    }
}
