//! Who may give which command.
//!
//! The caller is the uid of the socket's peer, and nothing that the caller says. Root may do
//! everything for everybody. Everybody else is the user whom the host's user database names for
//! that uid. They see their own records, and change them after proving their identity. With the password alone they
//! make no first factor, unless the settings say so: somebody who has stolen it must not be the first.

use std::time::Duration;

use monk_core::typed::Password;
use monk_terms::verdict::Grant;
use monk_wire::manage::{Command, EmailCommand, Failure, Manage, SshKeyCommand, UserCommand};
use monk_wire::{Login, Reply, Secret};
use nix::errno::Errno;
use nix::unistd::{Uid, User};

use super::Task;
use super::parts::Parts;
use crate::audit::Ending;
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::engine::Engine;
use crate::local_accounts;
use crate::login::{self, Ask, Mode, Proving};
use crate::settings::enrolment::{EnrolmentSettings, FirstFactor};

/// The service whose name stands in the audit, and whose app passwords nobody accepts.
pub(crate) const SERVICE: &str = "monk-enroll";

/// How users prove who they are before they change their password with a command.
const CHANGE: Mode =
    Mode::NewPassword(Proving { rehearses: false, has_second_factor: false, right_password: None });

/// Longest wait for the host's user database, which may be on another machine.
const LOOKUP_TIME: Duration = Duration::from_secs(5);

/// Longest look at what the caller has before he is asked for anything.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// What a command asks of callers who are not root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It is not for them.
    RootOnly,
    /// The uid is enough: it shows what is the caller's own, and nothing secret.
    Own,
    /// The uid is enough, while the account is open: it ends what took a proof to begin.
    OwnWhileOpen,
    /// It changes something, or shows a secret: password, and a second factor where there is one.
    Proof,
    /// The same, and the command goes on with the password.
    NewPassword,
}

/// What a command asks of callers who are not root.
pub(crate) fn of(command: &Command) -> Access {
    match command {
        Command::Status
        | Command::Check { typed: None, .. }
        | Command::SshKey(SshKeyCommand::List) => Access::Own,
        // Its code shows that the caller has seen the secret, which took a proof.
        Command::TotpConfirm { .. } => Access::OwnWhileOpen,
        // They were taken after a proof.
        Command::Remove { kind, .. } if kind.opens_once() => Access::OwnWhileOpen,
        // So does the code that was sent to an address, of which five can be tried.
        Command::Email(EmailCommand::Confirm { .. }) => Access::OwnWhileOpen,
        Command::TotpAdd { .. }
        | Command::TotpShow { .. }
        | Command::AppPasswordCreate { .. }
        | Command::BackupCodesGenerate
        | Command::Rename { .. }
        | Command::Remove { .. }
        | Command::Email(_)
        | Command::SshKey(_) => Access::Proof,
        Command::User(UserCommand::Password { must_change: false, .. }) => Access::NewPassword,
        // A rehearsal would try passwords and codes without a trace.
        Command::Check { typed: Some(_), .. }
        | Command::UserAdd(_)
        // The portal's half of the engine makes them.
        | Command::PasskeyAdd { .. }
        | Command::PortalCodeMake
        | Command::PortalTicketMake { .. }
        | Command::Reset { .. }
        | Command::Invite(_)
        | Command::TotpLetter(_)
        | Command::User(_)
        | Command::List(_)
        | Command::Orphans(_)
        | Command::Key(_)
        | Command::Restored
        | Command::Replay(_)
        | Command::InvitationBounced { .. }
        | Command::Throttle(_)
        | Command::Group(_)
        | Command::Settings
        | Command::Directory(_)
        | Command::Import(_)
        | Command::Move(_) => Access::RootOnly,
        Command::Doctor(_) => Access::RootOnly,
    }
}

/// Whether a command makes something that counts as a second factor, or that opens programs without one.
pub(crate) fn makes_a_factor(command: &Command) -> bool {
    matches!(
        command,
        Command::TotpAdd { .. }
            | Command::TotpShow { .. }
            | Command::BackupCodesGenerate
            | Command::PasskeyAdd { .. }
            | Command::AppPasswordCreate { .. }
            | Command::Email(EmailCommand::Set { .. })
    )
}

/// Refuses what somebody may not make who has proven the password alone.
///
/// # Errors
/// [`Failure`] says what is needed instead.
pub(crate) fn check_first_factor(
    settings: &EnrolmentSettings,
    command: &Command,
) -> Result<(), Failure> {
    let hours = match (makes_a_factor(command), settings.first_factor) {
        (false, _) => return Ok(()),
        (true, FirstFactor::Invitation) => return Err(Failure::InvitationNeeded),
        (true, FirstFactor::Password) => settings.first_factor_delay_hours,
    };
    // What opens something at once would be a way around the delay.
    match command {
        Command::TotpAdd { .. } | Command::TotpShow { .. } => Ok(()),
        _ if hours == 0 => Ok(()),
        _ => Err(Failure::FirstDeviceNeeded { hours }),
    }
}

/// Makes sure that the caller may give this command. The password that was proven comes back, where the command
/// needs it.
pub(crate) async fn check(
    engine: &Engine,
    caller: Caller,
    manage: &Manage,
    ask: &mut impl Ask,
) -> Result<Option<Password>, Failure> {
    if caller.is_root() {
        return Ok(None);
    }
    let access = of(&manage.command);
    if access == Access::RootOnly {
        return Err(Failure::OnlyRoot { uid: caller.uid });
    }
    match name_of(engine, caller.uid).await? {
        Some(name) if name == manage.user => {}
        Some(name) => return Err(Failure::NotYou { name }),
        None => return Err(Failure::NobodyHere { uid: caller.uid }),
    }
    if access != Access::Own {
        look(engine, caller, manage).await?;
    }
    match access {
        Access::Proof => {
            let (grant, _) = prove(engine, caller, &manage.user, Mode::Proof, ask).await?;
            if !grant.is_fresh_code() {
                check_first_factor(&engine.settings.enrolment, &manage.command)?;
            }
            Ok(None)
        }
        Access::NewPassword => {
            let (_, proven) = prove(engine, caller, &manage.user, CHANGE, ask).await?;
            // A grant without a password would be one by an app password, which proves nothing.
            Ok(Some(proven.ok_or(Failure::NotProved)?))
        }
        Access::Own | Access::OwnWhileOpen | Access::RootOnly => Ok(None),
    }
}

/// Looks whether the command would be refused after the proof.
pub(crate) async fn look(engine: &Engine, caller: Caller, manage: &Manage) -> Result<(), Failure> {
    let (user, deadline) = (manage.user.clone(), Deadline::after(LOOK_TIME));
    let task = Task { engine, caller, user, deadline, old: None, parts: &Parts::NOBODY };
    task.check_beforehand(&manage.command).await
}

/// Has the user prove their identity, as in a login. With what, and the password, if that is what it is for.
async fn prove(
    engine: &Engine,
    caller: Caller,
    user: &str,
    mode: Mode,
    ask: &mut impl Ask,
) -> Result<(Grant, Option<Password>), Failure> {
    let login = Login {
        user: user.to_owned(),
        service: SERVICE.to_owned(),
        address: None,
        terminal: None,
        person: None,
        typed: None,
        can_ask: true,
        publickey: false,
        forward: mode == CHANGE,
        budget_ms: u32::MAX,
    };
    let verdict = login::run(engine, caller, &login, mode, ask).await;
    let grant = match &verdict.ending {
        Ending::Granted(grant) => Some(*grant),
        _ => None,
    };
    let (reply, note) = verdict.reply();
    if let Some(note) = note {
        note.detach();
    }
    match (reply, grant) {
        (Reply::Granted { forward, .. }, Some(grant)) => {
            let text = forward.as_ref().and_then(Secret::expose_str);
            Ok((grant, text.and_then(Password::new)))
        }
        (Reply::Unavailable, _) => Err(Failure::ProofUnanswered),
        // Why stands in the log, as with every login.
        _ => Err(Failure::NotProved),
    }
}

/// The login name of a uid: by this machine's own file, by the directory's users for hosts, and else by the host's
/// user database. The directory is asked here, and not by way of the host: the engine never waits for itself, and
/// never takes what it has once answered for what is so.
///
/// # Errors
/// [`Failure`] where it is not certain.
pub(crate) async fn name_of(engine: &Engine, uid: u32) -> Result<Option<String>, Failure> {
    let lookup = tokio::task::spawn_blocking(move || {
        let own = local_accounts::name_of(uid);
        (own.clone(), if own.is_some() { Ok(None) } else { User::from_uid(Uid::from_raw(uid)) })
    });
    let host = match tokio::time::timeout(LOOKUP_TIME, lookup).await {
        Ok(Ok((Some(own), _))) => return Ok(Some(own)),
        Ok(Ok((None, Ok(user)))) => Ok(user.map(|user| user.name)),
        // Among the host's services may be monk's own module, which does not answer its engine: others know nobody.
        Ok(Ok((None, Err(Errno::ENOENT | Errno::EAGAIN)))) => Ok(None),
        _ => Err(Failure::UserDatabaseSilent),
    };
    match (engine.names.owner_of(uid).await, host) {
        (Ok(Some(name)), _) => Ok(Some(name)),
        // The user is gone, and stands in the map still.
        (Ok(None), Ok(Some(_))) if engine.names.was_said(uid) => Ok(None),
        // Somebody whom nobody has is told so only where both have said it.
        (Ok(None), host) => host,
        (Err(_), _) => Err(Failure::UserDatabaseSilent),
    }
}
