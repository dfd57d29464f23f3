//! Administration: who may give a command, and which file carries it out.
//!
//! `access` says who may give a command, and has users prove themselves. A command for which
//! somebody may is a `Task`; each file knows how to carry out some.

pub(crate) mod access;
pub(crate) mod app_passwords;
mod backup_codes;
mod beforehand;
mod check;
mod clock_hint;
mod credentials;
mod devices;
mod directory;
mod email;
mod groups;
pub(crate) mod import;
mod invitations;
mod invite;
mod keys;
mod letter;
mod list;
pub(crate) mod moving;
mod orphans;
pub(crate) mod parts;
mod passkeys;
mod portal_code;
mod posix;
mod replay;
mod reset;
pub(crate) mod restored;
mod settings;
mod ssh_keys;
mod status;
mod throttle;
mod ticket;
mod users;

use monk_core::credential::{
    Change, Credential, CredentialSet, MAX_CREDENTIALS, Stored, Unregistered,
};
use monk_core::factors::enrolment_code::EnrolmentCodeRecord;
use monk_core::factors::totp::TotpRecord;
use monk_core::mac::Author;
use monk_core::typed::Password;
use monk_terms::label;
use monk_terms::verdict::Refusal;
use monk_wire::manage::{
    Command, Failure, GroupCommand, Manage, Outcome, Part, Unfit, UserCommand,
};

pub(crate) use self::invite::has_own_factor;
use self::parts::Parts;
use crate::caller::Caller;
use crate::clock::{self, SystemRandom};
use crate::deadline::Deadline;
use crate::directory::{Account, Swapped};
use crate::engine::{Engine, Found};
use crate::login::check_name;
use crate::outage::Outage;

/// How often a change reads again after somebody else changed the same records.
const MAX_ROUNDS: usize = 8;

/// Carries out a command of `caller`, who may give it, for `user`, without a word in the audit.
///
/// # Errors
/// [`Failure`] as the command says.
pub(crate) async fn carry_out(
    engine: &Engine,
    caller: Caller,
    user: String,
    command: Command,
    deadline: Deadline,
) -> Result<Outcome, Failure> {
    let parts = &Parts::NOBODY;
    Task { engine, caller, user, deadline, old: None, parts }.run_and_tell(command).await
}

/// The same, for somebody who hears of it in parts, and has proven the password `old`.
///
/// # Errors
/// As [`carry_out`].
pub(crate) async fn carry_out_in_parts(
    engine: &Engine,
    caller: Caller,
    manage: Manage,
    deadline: Deadline,
    old: Option<&Password>,
    parts: &Parts,
) -> Result<Outcome, Failure> {
    let Manage { user, command } = manage;
    Task { engine, caller, user, deadline, old, parts }.run_and_tell(command).await
}

/// One command under way.
struct Task<'a> {
    engine: &'a Engine,
    caller: Caller,
    /// Whom it concerns; empty where it concerns nobody in particular.
    user: String,
    /// When it is due. Commands that look at everybody have a deadline for each page.
    deadline: Deadline,
    /// The password that the caller has proven, for commands that need it.
    old: Option<&'a Password>,
    /// Who hears of it while it is under way.
    parts: &'a Parts,
}

impl Task<'_> {
    /// Carries out the command; the host hears of new and other users and groups at once.
    async fn run_and_tell(&self, command: Command) -> Result<Outcome, Failure> {
        let may_change = may_change_names(&command) && self.engine.directory.users().is_some();
        let result = Box::pin(self.run(command)).await;
        // Also after a failure: what was not answered in time may have been done.
        if may_change {
            self.engine.names.changed().await;
        }
        result
    }

    async fn run(&self, command: Command) -> Result<Outcome, Failure> {
        let concerns_nobody = matches!(
            command,
            Command::List(_)
                | Command::Orphans(_)
                | Command::Key(_)
                | Command::Restored
                | Command::Replay(_)
                | Command::Settings
                | Command::Throttle(_)
                | Command::Group(
                    GroupCommand::List { .. }
                        | GroupCommand::Make { .. }
                        | GroupCommand::Delete { .. },
                )
                | Command::Import(_)
                | Command::Move(_)
                | Command::Directory(_)
        );
        if !concerns_nobody {
            check_name(&self.user).map_err(Failure::Refused)?;
        }
        match command {
            Command::UserAdd(user) => self.add_user(*user).await,
            Command::TotpAdd { label, parameters } => self.add_device(&label, parameters).await,
            Command::TotpConfirm { credential, code } => {
                self.confirm_device(&credential, &code).await
            }
            Command::AppPasswordCreate { label, services, networks, expires } => {
                self.create_app_password(&label, services, &networks, expires).await
            }
            Command::BackupCodesGenerate => self.generate_backup_codes().await,
            Command::PortalCodeMake => self.make_portal_code().await,
            Command::PortalTicketMake { service, passkey } => {
                self.make_ticket(&service, &passkey).await
            }
            Command::PasskeyAdd { label, made } => self.add_passkey(&label, &made).await,
            Command::Status => self.status().await,
            Command::Check { service, address, typed } => self.check(service, address, typed).await,
            Command::TotpShow { credential } => self.show_device(credential.as_deref()).await,
            Command::Rename { kind, credential, label } => {
                self.rename(kind, &credential, &label).await
            }
            Command::Remove { kind, credential } => self.remove(kind, credential.as_deref()).await,
            // Boxed: they are rare, and what they hold would be moved about with every command.
            Command::Reset { seconds } => Box::pin(self.reset(seconds)).await,
            Command::Invite(invitation) => Box::pin(self.invite(invitation)).await,
            Command::TotpLetter(letter) => self.letter(&letter).await,
            Command::InvitationBounced { address } => self.invitation_bounced(&address).await,
            Command::User(command) => self.user(command).await,
            Command::List(listing) => self.list_users(&listing).await,
            Command::Orphans(command) => self.orphans(command).await,
            Command::Key(command) => self.key(command).await,
            Command::Restored => self.restored().await,
            Command::Replay(replay) => Box::pin(self.replay(&replay)).await,
            Command::Throttle(command) => self.throttle(command).await,
            Command::Group(command) => self.group(command).await,
            Command::Directory(command) => self.directory(command).await,
            Command::Settings => self.settings(),
            Command::Email(command) => self.email(command).await,
            Command::Import(import) => self.import(&import).await,
            Command::Move(part) => self.move_credentials(&part).await,
            Command::SshKey(command) => self.ssh_key(command).await,
            // It is about no user, and only root's: see `run`.
            Command::Doctor(_) => Err(Failure::OnlyRoot { uid: self.caller.uid }),
        }
    }

    /// Says a part of the answer. Without somebody to hear it there is no reason to go on.
    async fn say(&self, part: Part) -> Result<(), Failure> {
        let nobody = |_| Outage::Unreachable("the caller has gone".to_owned());
        Ok(self.parts.say(part).await.map_err(nobody)?)
    }

    /// The user of the command, with the credentials.
    async fn find(&self) -> Result<(Box<Account>, CredentialSet), Failure> {
        match self.engine.find(&self.user, self.deadline).await? {
            Found::One(account, set) => Ok((account, set)),
            Found::None => {
                let is_caller = !self.caller.is_root();
                Err(Failure::NoSuchUser { user: self.user.clone(), is_caller })
            }
            Found::Local => Err(Failure::Refused(Refusal::LocalAccount)),
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

/// Enrolment codes, and devices that were handed out and never confirmed, go when there is a second factor of the
/// user's own.
fn drop_enrolment_codes(change: &mut Change, set: &CredentialSet, author: Author<'_>) {
    let is_code = |one: &Credential| one.factor.get::<EnrolmentCodeRecord>().is_some();
    let is_handed_out =
        |one: &Credential| one.factor.get().is_some_and(|one: &TotpRecord| one.letter.is_some());
    let mut added =
        change.add_credentials.iter().filter_map(|raw| Credential::from_record(raw, author).ok());
    if !added.any(|one| one.factor.is_second_factor() && !is_code(&one) && !is_handed_out(&one)) {
        return;
    }
    let goes =
        |one: &&Stored<Credential>| is_code(&one.value) || set.waiting_letter(&one.value).is_some();
    for gone in set.credentials.iter().filter(goes) {
        if !change.remove_credentials.contains(&gone.raw) {
            change.also(set.removal(gone));
        }
    }
}

/// Whether a command changes users or groups, as the host knows them.
fn may_change_names(command: &Command) -> bool {
    match command {
        Command::UserAdd(_) | Command::Import(_) => true,
        Command::User(command) => !matches!(command, UserCommand::Find),
        Command::Group(command) => !matches!(command, GroupCommand::List { .. }),
        _ => false,
    }
}

/// Checks the name that a user gives a credential.
fn check_label(text: &str) -> Result<(), Failure> {
    Ok(label::check(text).map_err(Unfit::Label)?)
}

#[cfg(test)]
mod tests;
