//! Administration: who may give a command, and which file carries it out.
//!
//! The caller is known by the uid of the socket's peer. Root may name any user; nobody else may
//! give commands yet.

mod app_passwords;
mod backup_codes;
mod check;
mod devices;
mod status;
mod users;

use std::time::{Duration, Instant};

use monk_core::credential::{
    Change, Credential, CredentialSet, MAX_CREDENTIALS, MAX_LABEL, Stored,
};
use monk_core::verdict::{Grant, Refusal};
use monk_wire::Reply;
use monk_wire::manage::{Command, Failure, FailureKind, Manage, Outcome};

use crate::audit::{self, Ending};
use crate::deadline::Deadline;
use crate::directory::{Account, Swapped};
use crate::engine::{Engine, Found};
use crate::login::{Caller, check_name};
use crate::outage::Outage;

/// Longest time that one command may take.
const BUDGET: Duration = Duration::from_secs(20);

/// How often a change reads again after somebody else changed the same records.
const MAX_ROUNDS: usize = 8;

/// Carries out a command, and records it.
pub async fn run(engine: &Engine, caller: Caller, manage: Manage) -> Reply {
    let started = Instant::now();
    let event = event(&manage.command);
    let user = manage.user.clone();
    let result = if caller.is_root() {
        Task { engine, user: manage.user, deadline: Deadline::after(BUDGET) }
            .run(manage.command)
            .await
    } else {
        Err(failure(
            FailureKind::NotPermitted,
            format!("only root may do this, and you are uid {}: try sudo", caller.uid),
        ))
    };
    let ending = match &result {
        Ok(_) => Ending::Granted(Grant::CheckedElsewhere),
        Err(failure) if failure.kind == FailureKind::Unavailable => {
            Ending::Unavailable(Outage::Unclear(failure.message.clone()))
        }
        Err(_) => Ending::Refused(Refusal::NotTrusted),
    };
    if let Some(event) = event {
        let (ending, took) = (&ending, started.elapsed());
        let (service, user) = ("monk-enroll", user.as_str());
        let line =
            audit::Line { event, user, service, address: None, ending, credential: None, took };
        audit::record(&line);
    }
    match result {
        Ok(outcome) => Reply::Done(outcome),
        Err(failure) => Reply::Failed(failure),
    }
}

/// The word in the audit, for commands that change something.
fn event(command: &Command) -> Option<&'static str> {
    match command {
        Command::UserAdd { .. } => Some("user-add"),
        Command::TotpAdd { .. } => Some("totp-add"),
        Command::TotpConfirm { .. } => Some("totp-confirm"),
        Command::AppPasswordCreate { .. } => Some("app-password-create"),
        Command::AppPasswordRevoke { .. } => Some("app-password-revoke"),
        Command::BackupCodesGenerate => Some("backup-codes-generate"),
        Command::Status | Command::Check { .. } => None,
    }
}

/// One command under way.
struct Task<'a> {
    engine: &'a Engine,
    user: String,
    deadline: Deadline,
}

impl Task<'_> {
    async fn run(&self, command: Command) -> Result<Outcome, Failure> {
        check_name(&self.user)
            .map_err(|refusal| failure(FailureKind::Invalid, refusal.explanation()))?;
        match command {
            Command::UserAdd { mail, password } => self.add_user(mail, &password).await,
            Command::TotpAdd { label, parameters } => self.add_device(&label, parameters).await,
            Command::TotpConfirm { credential, code } => {
                self.confirm_device(&credential, &code).await
            }
            Command::AppPasswordCreate { label, services, networks, expires } => {
                self.create_app_password(&label, services, &networks, expires).await
            }
            Command::AppPasswordRevoke { credential } => {
                self.revoke_app_password(&credential).await
            }
            Command::BackupCodesGenerate => self.generate_backup_codes().await,
            Command::Status => self.status().await,
            Command::Check { service, address, typed } => self.check(service, address, typed).await,
        }
    }

    /// The user of the command, and what is enrolled.
    async fn find(&self) -> Result<(Box<Account>, CredentialSet), Failure> {
        match self.engine.find(&self.user, self.deadline).await? {
            Found::One(account, set) => Ok((account, set)),
            Found::None => Err(failure(
                FailureKind::NotFound,
                format!("the directory has no user {:?}", self.user),
            )),
            Found::Several => {
                Err(failure(FailureKind::Invalid, Refusal::AmbiguousUser.explanation()))
            }
        }
    }

    /// Makes a change that depends on what is enrolled: again, as often as somebody else was
    /// faster.
    async fn change<T>(
        &self,
        plan: impl Fn(&Account, &CredentialSet) -> Result<(Change, T), Failure>,
    ) -> Result<T, Failure> {
        let (account, mut set) = self.find().await?;
        for _ in 0..MAX_ROUNDS {
            let (change, result) = plan(&account, &set)?;
            if set.credentials.len() + change.add_credentials.len() > MAX_CREDENTIALS {
                return Err(failure(
                    FailureKind::Invalid,
                    format!("a user may have {MAX_CREDENTIALS} credentials: remove some first"),
                ));
            }
            match self.engine.store.change(&account, &change, self.deadline).await? {
                Swapped::Done => return Ok(result),
                Swapped::Conflict => {
                    set = self.engine.store.load(&account, self.deadline).await?;
                }
            }
        }
        Err(Outage::Contention.into())
    }
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        failure(FailureKind::Unavailable, outage.to_string())
    }
}

fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into() }
}

/// The one credential of this id or name among those of a kind.
fn pick<'a>(
    set: &'a CredentialSet,
    wanted: &str,
    kind: &str,
    fits: impl Fn(&Credential) -> bool,
) -> Result<&'a Stored<Credential>, Failure> {
    let named = |stored: &&Stored<Credential>| {
        fits(&stored.value) && (stored.value.id.as_str() == wanted || stored.value.label == wanted)
    };
    let mut found = set.credentials.iter().filter(named);
    match (found.next(), found.next()) {
        (Some(stored), None) => Ok(stored),
        (None, _) => Err(failure(
            FailureKind::NotFound,
            format!("no {kind} is called {wanted:?}: see monk-enroll status"),
        )),
        (Some(_), Some(_)) => Err(failure(
            FailureKind::Invalid,
            format!("several are called {wanted:?}: name one by its id, see monk-enroll status"),
        )),
    }
}

/// Checks the name that a user gives a credential.
fn check_label(label: &str) -> Result<(), Failure> {
    let count = label.chars().count();
    if count == 0 || count > MAX_LABEL || label.chars().any(char::is_control) {
        return Err(failure(
            FailureKind::Invalid,
            format!("a name has 1 to {MAX_LABEL} characters, and no control characters"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
