//! What is refused before anybody is asked for a password.
//!
//! A user proves himself before a change. Whoever has found the phone and typed password and code should
//! not hear only then that the name is taken, and a code would be spent on it. So what the user's own
//! records say about a command is looked at first. It is no secret from the caller, who may see all of
//! it, and it is looked at again when the command is carried out.

use monk_wire::manage::{Command, Failure, FailureKind};

use super::{Task, app_passwords, credentials, devices, failure};

impl Task<'_> {
    /// Refuses what would be refused after the proof as well.
    pub(super) async fn check_beforehand(&self, command: &Command) -> Result<(), Failure> {
        let (account, set) = self.find().await?;
        if account.disabled {
            let message = "your account is disabled: only an administrator can end that";
            return Err(failure(FailureKind::NotPermitted, message));
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
            Command::Email(command) => self.check_email(command, &account, &set),
            _ => Ok(()),
        }
    }
}
