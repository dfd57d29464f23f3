//! Administration: who may give a command, and which file carries it out.
//!
//! `access` says who may give a command, and has users prove themselves. A command for which
//! somebody may is a `Task`; each file knows how to carry out some.

pub(crate) mod access;
mod app_passwords;
mod backup_codes;
mod beforehand;
mod check;
mod clock_hint;
mod credentials;
mod devices;
mod email;
mod groups;
mod import;
mod keys;
mod reset;
mod settings;
mod status;
mod throttle;
mod users;

use std::time::{Duration, Instant};

use monk_core::credential::{Change, Credential, CredentialSet, MAX_CREDENTIALS, Unregistered};
use monk_core::factors::enrolment_code::EnrolmentCodeRecord;
use monk_core::mac::Author;
use monk_terms::kind::Kind;
use monk_terms::label;
use monk_terms::verdict::Refusal;
use monk_wire::Reply;
use monk_wire::manage::{
    Command, EmailCommand, Failure, FailureKind, GroupCommand, KeyCommand, Manage, Outcome,
    ThrottleCommand, Unfit, UserCommand,
};

use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::{Account, Swapped};
use crate::doctor;
use crate::engine::{Engine, Found};
use crate::login::{Ask, check_name};
use crate::outage::Outage;

/// Longest time that one command may take.
const BUDGET: Duration = Duration::from_secs(20);

/// How often a change reads again after somebody else changed the same records.
const MAX_ROUNDS: usize = 8;

/// Carries out a command, and records it. Where the caller has to prove who he is, he is asked.
pub async fn run(engine: &Engine, caller: Caller, manage: Manage, ask: &mut impl Ask) -> Reply {
    let event = event(&manage.command);
    let user = manage.user.clone();
    let allowed = access::check(engine, caller, &manage, ask).await;
    let is_allowed = allowed.is_ok();
    let started = Instant::now();
    let result = match allowed {
        Ok(()) => {
            let deadline = Deadline::after(BUDGET);
            match manage.command {
                Command::Doctor(examination) if caller.is_root() => {
                    Ok(Outcome::Doctor(Box::new(doctor::run(engine, examination).await)))
                }
                command => Task { engine, caller, user: manage.user, deadline }.run(command).await,
            }
        }
        Err(failure) => Err(failure),
    };
    if let Some(event) = event {
        let ending = match &result {
            Ok(_) => Ending::Done,
            Err(failure) => match failure.kind() {
                FailureKind::Unavailable => Ending::Unanswered(unanswered(failure)),
                kind => Ending::NotDone(kind.as_str()),
            },
        };
        audit::record(&audit::Line {
            event,
            // What somebody states who may not give the command is nobody's name yet.
            user: &engine.shown(&user, is_allowed),
            service: access::SERVICE,
            terminal: None,
            by: Some(caller.uid),
            address: None,
            ending: &ending,
            credential: None,
            took: started.elapsed(),
        });
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
        Command::BackupCodesGenerate => Some("backup-codes-generate"),
        Command::TotpShow { .. } => Some("totp-show"),
        Command::Rename { kind: Kind::Totp, .. } => Some("totp-rename"),
        Command::Rename { kind: Kind::AppPassword, .. } => Some("app-password-rename"),
        Command::Rename { kind: Kind::BackupCodes, .. } => Some("backup-codes-rename"),
        // No others have names of their own.
        Command::Rename { .. } => Some("rename"),
        Command::Remove { kind: Kind::Totp, .. } => Some("totp-remove"),
        Command::Remove { kind: Kind::AppPassword, .. } => Some("app-password-revoke"),
        Command::Remove { kind: Kind::BackupCodes, .. } => Some("backup-codes-remove"),
        // Others go in other ways: see `email` and `reset`.
        Command::Remove { .. } => Some("remove"),
        Command::Reset { .. } => Some("reset"),
        Command::User(UserCommand::Password { .. }) => Some("user-passwd"),
        Command::User(UserCommand::Enable { enabled: true }) => Some("user-enable"),
        Command::User(UserCommand::Enable { enabled: false }) => Some("user-disable"),
        Command::User(UserCommand::Remove) => Some("user-remove"),
        Command::Key(KeyCommand::Create) => Some("key-create"),
        Command::Key(KeyCommand::Rotate { .. }) => Some("key-rotate"),
        Command::Key(KeyCommand::Retire { .. }) => Some("key-retire"),
        Command::Email(EmailCommand::Set { .. }) => Some("email-set"),
        Command::Email(EmailCommand::Confirm { .. }) => Some("email-confirm"),
        Command::Email(EmailCommand::Test { .. }) => Some("email-test"),
        Command::Email(EmailCommand::Remove) => Some("email-remove"),
        Command::Import(import) => import::event(import),
        Command::Throttle(ThrottleCommand::Clear { .. }) => Some("throttle-clear"),
        Command::Group(GroupCommand::Join { .. }) => Some("group-join"),
        Command::Group(GroupCommand::Leave { .. }) => Some("group-leave"),
        Command::Status
        | Command::Check { .. }
        | Command::User(UserCommand::List { .. } | UserCommand::Find)
        | Command::Key(KeyCommand::List)
        | Command::Settings
        | Command::Throttle(ThrottleCommand::List)
        | Command::Group(GroupCommand::List { .. })
        | Command::Doctor(_) => None,
    }
}

/// What did not answer, as the audit says it.
fn unanswered(failure: &Failure) -> String {
    match failure {
        Failure::Outage(outage) => outage.to_string(),
        Failure::Mail(failure) => format!("mail: {}", failure.as_str()),
        Failure::ProofUnanswered => "the proof of the caller had no answer".to_owned(),
        Failure::UserDatabaseSilent => "no answer of this host's user database".to_owned(),
        Failure::ListIncomplete => "the directory does not list everybody".to_owned(),
        Failure::InImport { why, .. } => unanswered(why),
        Failure::Refused(refusal) => refusal.to_string(),
        other => other.kind().as_str().to_owned(),
    }
}

/// Carries out a command of root's for `user`, without a word in the audit.
///
/// # Errors
/// [`Failure`] as the command says.
pub(crate) async fn carry_out(
    engine: &Engine,
    user: &str,
    command: Command,
    deadline: Deadline,
) -> Result<Outcome, Failure> {
    let caller = Caller { uid: 0 };
    Task { engine, caller, user: user.to_owned(), deadline }.run(command).await
}

/// One command under way.
struct Task<'a> {
    engine: &'a Engine,
    caller: Caller,
    /// Whom it concerns; empty where it concerns nobody in particular.
    user: String,
    deadline: Deadline,
}

impl Task<'_> {
    async fn run(&self, command: Command) -> Result<Outcome, Failure> {
        let concerns_nobody = matches!(
            command,
            Command::User(UserCommand::List { .. })
                | Command::Key(_)
                | Command::Settings
                | Command::Throttle(_)
                | Command::Group(GroupCommand::List { .. })
                | Command::Import(_)
        );
        if !concerns_nobody {
            check_name(&self.user).map_err(Failure::Refused)?;
        }
        match command {
            Command::UserAdd { mail, password } => self.add_user(mail, &password).await,
            Command::TotpAdd { label, parameters } => self.add_device(&label, parameters).await,
            Command::TotpConfirm { credential, code } => {
                self.confirm_device(&credential, &code).await
            }
            Command::AppPasswordCreate { label, services, networks, expires } => {
                self.create_app_password(&label, services, &networks, expires).await
            }
            Command::BackupCodesGenerate => self.generate_backup_codes().await,
            Command::Status => self.status().await,
            Command::Check { service, address, typed } => self.check(service, address, typed).await,
            Command::TotpShow { credential } => self.show_device(credential.as_deref()).await,
            Command::Rename { kind, credential, label } => {
                self.rename(kind, &credential, &label).await
            }
            Command::Remove { kind, credential } => self.remove(kind, credential.as_deref()).await,
            Command::Reset { seconds } => self.reset(seconds).await,
            Command::User(command) => self.user(command).await,
            Command::Key(command) => self.key(command).await,
            Command::Throttle(command) => self.throttle(command).await,
            Command::Group(command) => self.group(command).await,
            Command::Settings => self.settings(),
            Command::Email(command) => self.email(command).await,
            Command::Import(import) => self.import(&import).await,
            // It is about no user, and only root's: see `run`.
            Command::Doctor(_) => Err(Failure::OnlyRoot { uid: self.caller.uid }),
        }
    }

    /// The user of the command, with the credentials.
    async fn find(&self) -> Result<(Box<Account>, CredentialSet), Failure> {
        match self.engine.find(&self.user, self.deadline).await? {
            Found::One(account, set) => Ok((account, set)),
            Found::None => {
                let is_caller = !self.caller.is_root();
                Err(Failure::NoSuchUser { user: self.user.clone(), is_caller })
            }
            Found::Several => Err(Failure::Refused(Refusal::AmbiguousUser)),
        }
    }

    /// Makes a change that depends on the user's credentials: again, as often as somebody else was
    /// faster.
    async fn change<T>(
        &self,
        plan: impl Fn(&Account, &CredentialSet) -> Result<(Change, T), Failure>,
    ) -> Result<T, Failure> {
        let (account, mut set) = self.find().await?;
        for _ in 0..MAX_ROUNDS {
            let (mut change, result) = plan(&account, &set)?;
            let author = self.author(&account);
            drop_enrolment_codes(&mut change, &set, author);
            if set.credentials.len() + change.add_credentials.len() > MAX_CREDENTIALS {
                return Err(Failure::TooManyCredentials { limit: MAX_CREDENTIALS });
            }
            let change = planned(&set, change, author)?;
            match self.engine.store.change(&account, &change, self.deadline).await? {
                Swapped::Done => return Ok(result),
                Swapped::Conflict => {
                    set = self.engine.store.load(&account, self.deadline).await?;
                }
            }
        }
        Err(Outage::Contention.into())
    }

    /// Who writes the records of that user.
    fn author<'b>(&'b self, account: &'b Account) -> Author<'b> {
        Author { user: &account.id, keys: &self.engine.keys }
    }
}

/// The change as it depends on what was read.
fn planned(set: &CredentialSet, change: Change, author: Author<'_>) -> Result<Change, Failure> {
    set.planned(change, clock::now(), author, &mut SystemRandom).map_err(|Unregistered| {
        match set.unknown_keys.first() {
            Some(key) => Failure::KeyNotHeld { key: key.to_string() },
            None => Failure::RecordsAltered,
        }
    })
}

/// An enrolment code goes when there is a second factor of the user's own.
fn drop_enrolment_codes(change: &mut Change, set: &CredentialSet, author: Author<'_>) {
    let is_code = |one: &Credential| one.factor.get::<EnrolmentCodeRecord>().is_some();
    let mut added =
        change.add_credentials.iter().filter_map(|raw| Credential::from_record(raw, author).ok());
    if !added.any(|one| one.factor.is_second_factor() && !is_code(&one)) {
        return;
    }
    for (code, _) in set.all_of::<EnrolmentCodeRecord>() {
        let removal = set.removal(code);
        change.remove_credentials.extend(removal.remove_credentials);
        change.remove_uses.extend(removal.remove_uses);
    }
}

/// Checks the name that a user gives a credential.
fn check_label(text: &str) -> Result<(), Failure> {
    Ok(label::check(text).map_err(Unfit::Label)?)
}

#[cfg(test)]
mod tests;
