//! One command of the administration: who may give it, what carries it out, and its line in the audit.

use std::time::{Duration, Instant};

use monk_core::typed::Password;
use monk_terms::kind::Kind;
use monk_wire::manage::{
    Command, EmailCommand, Failure, FailureKind, GroupCommand, KeyCommand, Manage, OrphanCommand,
    Outcome, Part, SshKeyCommand, ThrottleCommand, UserCommand,
};
use monk_wire::{Reply, Secret};
use tokio::sync::mpsc;

use crate::audit::{self, Ending};
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::directory::Advice;
use crate::doctor;
use crate::engine::Engine;
use crate::login::{Ask, HungUp};
use crate::manage::parts::Parts;
use crate::manage::{self, access};
use crate::notices::Expected;
use crate::other_password::OtherPasswords;

/// Longest time that one command may take.
pub(crate) const BUDGET: Duration = Duration::from_secs(20);

/// Carries out a command, and records it. Callers who have to prove their identity are asked.
pub async fn run(engine: &Engine, caller: Caller, asked: Manage, ask: &mut impl Ask) -> Reply {
    let allowed = access::check(engine, caller, &asked, ask).await;
    let from = Source { service: access::SERVICE, address: None };
    match carry_out_allowed(engine, caller, asked, allowed, from, ask).await {
        Ok(outcome) => Reply::Done(outcome),
        Err(failure) => Reply::Failed(failure),
    }
}

/// Where a command comes from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The program, as the audit names it.
    pub service: &'a str,
    /// Where its user is, if it is not this host.
    pub address: Option<&'a str>,
}

/// A caller that can be asked nothing, and hears the end of a command alone.
pub(crate) struct Nobody;

impl Ask for Nobody {
    async fn ask(&mut self, _: &str, _: bool) -> Result<Option<Secret>, HungUp> {
        Ok(None)
    }

    fn has_left(&mut self) -> bool {
        false
    }
}

/// Carries out a command where `allowed` says that the caller may give it, with the password that was proven for
/// it; records it in any case.
///
/// # Errors
/// [`Failure`] of `allowed` or of the command.
pub(crate) async fn carry_out_allowed(
    engine: &Engine,
    caller: Caller,
    asked: Manage,
    allowed: Result<Option<Password>, Failure>,
    from: Source<'_>,
    ask: &mut impl Ask,
) -> Result<Outcome, Failure> {
    let event = event(&asked.command);
    let user = asked.user.clone();
    let is_allowed = allowed.is_ok();
    let started = Instant::now();
    let expected = match &allowed {
        // Boxed: few commands are told, and what it holds would be moved about with every one.
        Ok(_) => Box::pin(Expected::of(engine, caller, &asked)).await,
        Err(_) => None,
    };
    let result = match allowed {
        // Boxed: it is rare, and would be moved about with every command.
        Ok(Some(old)) => Box::pin(until_taken(engine, caller, asked, &old, ask)).await,
        Ok(None) => heard(engine, caller, asked, None, ask).await,
        Err(failure) => Err(failure),
    };
    if let (Ok(outcome), Some(expected)) = (&result, expected) {
        expected.tell(engine, outcome, (from.service, from.address));
    }
    if let Some(event) = event {
        let ending = match &result {
            Ok(Outcome::InvitationKept(_)) => Ending::NotDone(FailureKind::Exists.as_str()),
            Ok(_) => Ending::Done,
            // In the same word as a login.
            Err(Failure::AccountClosed { state }) => Ending::NotDone(state.as_str()),
            Err(failure) => match failure.kind() {
                FailureKind::Unavailable => Ending::Unanswered(unanswered(failure)),
                kind => Ending::NotDone(kind.as_str()),
            },
        };
        audit::record(&audit::Line {
            event,
            // What somebody states who may not give the command is nobody's name yet.
            user: &engine.shown(&user, is_allowed),
            service: from.service,
            terminal: None,
            by: Some(caller.uid),
            address: from.address,
            ending: &ending,
            credential: None,
            password: Advice::Nothing,
            how: None,
            would: None,
            took: started.elapsed(),
        });
    }
    result
}

/// Changes the password of a user who has proven the old one. Where the directory does not take the new one, the
/// user may choose another one, without another code.
async fn until_taken(
    engine: &Engine,
    caller: Caller,
    mut asked: Manage,
    old: &Password,
    ask: &mut impl Ask,
) -> Result<Outcome, Failure> {
    let mut others = OtherPasswords::after_proof();
    let mut result = heard(engine, caller, asked.clone(), Some(old), ask).await;
    while let Err(failure) = &result {
        let Some(password) = others.ask(failure, ask).await else { break };
        asked.command = Command::User(UserCommand::Password { password, must_change: false });
        // The account may have been closed meanwhile.
        result = match access::look(engine, caller, &asked).await {
            Ok(()) => heard(engine, caller, asked.clone(), Some(old), ask).await,
            Err(failure) => Err(failure),
        };
    }
    result
}

/// Carries out a command, and tells the parts of its answer.
async fn heard(
    engine: &Engine,
    caller: Caller,
    asked: Manage,
    old: Option<&Password>,
    ask: &mut impl Ask,
) -> Result<Outcome, Failure> {
    let (parts, heard) = Parts::new();
    // Boxed: lists and keys are rare, and what they hold would be moved about with every command.
    let work = Box::pin(carry_out(engine, caller, asked, old, parts));
    in_parts(work, heard, ask).await
}

async fn carry_out(
    engine: &Engine,
    caller: Caller,
    asked: Manage,
    old: Option<&Password>,
    parts: Parts,
) -> Result<Outcome, Failure> {
    match asked.command {
        Command::Doctor(examination) if caller.is_root() => {
            Ok(Outcome::Doctor(Box::new(doctor::run(engine, examination, &parts).await)))
        }
        command => {
            let (asked, deadline) = (Manage { command, ..asked }, Deadline::after(BUDGET));
            // Boxed: what it holds would be moved about with every command.
            Box::pin(manage::carry_out_in_parts(engine, caller, asked, deadline, old, &parts)).await
        }
    }
}

/// Tells the parts of an answer while the work goes on. Changes are carried out also where nobody listens
/// any more.
async fn in_parts<T>(
    mut work: impl Future<Output = T> + Unpin,
    mut heard: mpsc::Receiver<Part>,
    ask: &mut impl Ask,
) -> T {
    let result = loop {
        tokio::select! {
            Some(part) = heard.recv() => if ask.tell(part).await.is_err() {
                heard.close();
                while heard.try_recv().is_ok() {}
            },
            result = &mut work => break result,
        }
    };
    while let Ok(part) = heard.try_recv() {
        if ask.tell(part).await.is_err() {
            break;
        }
    }
    result
}

/// The word in the audit, for commands that change something.
pub(crate) fn event(command: &Command) -> Option<&'static str> {
    match command {
        Command::UserAdd(_) => Some("user-add"),
        Command::User(UserCommand::Posix { .. }) => Some("user-set"),
        Command::SshKey(SshKeyCommand::Add { .. }) => Some("ssh-key-add"),
        Command::SshKey(SshKeyCommand::Remove { .. }) => Some("ssh-key-remove"),
        Command::TotpAdd { .. } => Some("totp-add"),
        Command::TotpConfirm { .. } => Some("totp-confirm"),
        Command::AppPasswordCreate { .. } => Some("app-password-create"),
        Command::BackupCodesGenerate => Some("backup-codes-generate"),
        Command::PasskeyAdd { .. } => Some("passkey-add"),
        Command::PortalCodeMake => Some("portal-code-make"),
        Command::PortalTicketMake { .. } => Some("portal-ticket-make"),
        Command::Rename { kind: Kind::Passkey, .. } => Some("passkey-rename"),
        Command::Remove { kind: Kind::Passkey, .. } => Some("passkey-remove"),
        Command::TotpShow { .. } => Some("totp-show"),
        Command::Rename { kind: Kind::Totp, .. } => Some("totp-rename"),
        Command::Rename { kind: Kind::AppPassword, .. } => Some("app-password-rename"),
        Command::Rename { kind: Kind::BackupCodes, .. } => Some("backup-codes-rename"),
        // No others have names of their own.
        Command::Rename { .. } => Some("rename"),
        Command::Remove { kind: Kind::Totp, .. } => Some("totp-remove"),
        Command::Remove { kind: Kind::AppPassword, .. } => Some("app-password-revoke"),
        Command::Remove { kind: Kind::BackupCodes, .. } => Some("backup-codes-remove"),
        Command::Remove { kind: Kind::PortalCode, .. } => Some("portal-code-withdraw"),
        Command::Remove { kind: Kind::PortalTicket, .. } => Some("portal-ticket-withdraw"),
        // Others go in other ways: see `email` and `reset`.
        Command::Remove { .. } => Some("remove"),
        Command::Reset { .. } => Some("reset"),
        Command::Invite(_) => Some("invite"),
        Command::TotpLetter(_) => Some("totp-letter"),
        Command::InvitationBounced { .. } => Some("invitation-bounced"),
        Command::User(UserCommand::Password { .. }) => Some("user-passwd"),
        Command::User(UserCommand::Enable { enabled: true }) => Some("user-enable"),
        Command::User(UserCommand::Enable { enabled: false }) => Some("user-disable"),
        Command::User(UserCommand::Expire { .. }) => Some("user-expire"),
        Command::User(UserCommand::MustChange { .. }) => Some("user-must-change"),
        Command::User(UserCommand::Remove) => Some("user-remove"),
        Command::Key(KeyCommand::Create) => Some("key-create"),
        Command::Key(KeyCommand::Rotate { .. }) => Some("key-rotate"),
        Command::Key(KeyCommand::Retire { .. }) => Some("key-retire"),
        Command::Restored => Some("credentials-restored"),
        Command::Email(EmailCommand::Set { .. }) => Some("email-set"),
        Command::Email(EmailCommand::Confirm { .. }) => Some("email-confirm"),
        Command::Email(EmailCommand::Test { .. }) => Some("email-test"),
        Command::Email(EmailCommand::Remove) => Some("email-remove"),
        Command::Import(import) => manage::import::event(import),
        Command::Orphans(OrphanCommand::Sweep { .. }) => Some("credentials-sweep"),
        Command::Throttle(ThrottleCommand::Clear { .. }) => Some("throttle-clear"),
        Command::Group(GroupCommand::Join { .. }) => Some("group-join"),
        Command::Group(GroupCommand::Leave { .. }) => Some("group-leave"),
        Command::Group(GroupCommand::Make { .. }) => Some("group-make"),
        Command::Group(GroupCommand::Delete { .. }) => Some("group-delete"),
        Command::Move(part) => manage::moving::event(part),
        Command::Status
        | Command::Check { .. }
        | Command::User(UserCommand::Find)
        | Command::SshKey(SshKeyCommand::List)
        | Command::List(_)
        | Command::Orphans(OrphanCommand::List)
        | Command::Key(KeyCommand::List)
        | Command::Settings
        | Command::Replay(_)
        | Command::Directory(_)
        | Command::Throttle(ThrottleCommand::List)
        | Command::Group(GroupCommand::List { .. })
        | Command::Doctor(_) => None,
    }
}

/// What did not answer, in the words of the audit.
pub(crate) fn unanswered(failure: &Failure) -> String {
    match failure {
        Failure::Outage(outage) => outage.to_string(),
        Failure::Mail(failure) => failure.to_string(),
        Failure::ProofUnanswered => "the directory does not answer: nothing was changed".to_owned(),
        Failure::UserDatabaseSilent => "this host's user database does not answer".to_owned(),
        Failure::ListIncomplete => {
            "the directory does not list everybody: raise the size limits of monk's account there"
                .to_owned()
        }
        Failure::PasswordUnknown => {
            "no answer in time: the password may have been changed".to_owned()
        }
        Failure::SettingsUnwritable => "the settings cannot be written as TOML".to_owned(),
        Failure::Refused(refusal) => refusal.to_string(),
        other => other.kind().as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use monk_terms::verdict::Refusal;
    use monk_wire::manage::{MailFailure, Outage, OutageKind};

    use super::*;

    #[test]
    fn the_audit_tells_what_did_not_answer_in_its_own_words() {
        let outage = Outage { kind: OutageKind::Timeout, detail: "a bind".into() };
        let no_login = MailFailure::Authentication("535 bad credentials".into());
        for (failure, words) in [
            (Failure::Outage(outage), "no answer in time: a bind"),
            (
                Failure::Mail(no_login),
                "the mail server does not take the login (535 bad credentials): check mail.username and \
                 mail.password_file",
            ),
            (Failure::ProofUnanswered, "the directory does not answer: nothing was changed"),
            (Failure::UserDatabaseSilent, "this host's user database does not answer"),
            (
                Failure::ListIncomplete,
                "the directory does not list everybody: raise the size limits of monk's account there",
            ),
            (Failure::SettingsUnwritable, "the settings cannot be written as TOML"),
            (Failure::PasswordUnknown, "no answer in time: the password may have been changed"),
            (Failure::Refused(Refusal::UnusableFactor), "unusable-factor"),
        ] {
            assert_eq!(failure.kind(), FailureKind::Unavailable);
            assert_eq!(unanswered(&failure), words);
        }
    }
}
