//! Notices by mail: users are told what has changed in their account, so that an owner hears of a thief.
//!
//! A change is told that a session of the portal or users themselves have made, and every reset. The mail
//! goes to the addresses that the user had before the change, and to a new one. It is sent when the command is
//! done, beside it: nobody waits for a mail server, and a mail that fails is a line in the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lettre::Address;
use monk_core::credential::{CredentialId, CredentialSet};
use monk_core::factors::email::masked;
use monk_core::factors::totp::TotpRecord;
use monk_terms::kind::Kind;
use monk_wire::Login;
use monk_wire::manage::{
    Command, EmailCommand, EmailOutcome, Manage, Outcome, SshKeyCommand, UserCommand,
};

use crate::audit;
use crate::caller::Caller;
use crate::clock;
use crate::deadline::Deadline;
use crate::directory::Account;
use crate::engine::{Engine, Found};
use crate::mail::{Event, Mailer, NoticeLetter};

/// Longest look for the addresses of the user before the change.
const LOOK_TIME: Duration = Duration::from_secs(5);

/// What is told once the command has succeeded.
pub(crate) struct Expected {
    id: String,
    user: String,
    /// The address before the change.
    to: Option<Address>,
    mailer: Arc<Mailer>,
    command: Told,
}

/// What a command will have changed.
enum Told {
    Event(Event),
    /// Something of this kind, which the outcome names.
    Removal(Kind),
    /// What its outcome says.
    Outcome,
}

impl Expected {
    /// What will be told of a command; `None` where nothing is, or nobody can be told.
    pub(crate) async fn of(engine: &Engine, caller: Caller, asked: &Manage) -> Option<Self> {
        if !engine.settings.enrolment.notices || !is_told(caller, &asked.command) {
            return None;
        }
        let mailer = Arc::clone(engine.mail.of_the_administration()?);
        let found = engine.find(&asked.user, Deadline::after(LOOK_TIME)).await;
        let Ok(Found::One(account, set)) = found else { return None };
        let command = match &asked.command {
            Command::AppPasswordCreate { label, .. } => {
                Told::Event(Event::AppPasswordCreated { label: label.clone() })
            }
            Command::BackupCodesGenerate => Told::Event(Event::BackupCodesMade),
            Command::PasskeyAdd { label, .. } => {
                Told::Event(Event::PasskeyAdded { label: label.clone() })
            }
            Command::SshKey(SshKeyCommand::Add { .. }) => Told::Event(Event::SshKeyAdded),
            Command::SshKey(_) => Told::Event(Event::SshKeyRemoved),
            Command::User(UserCommand::Enable { enabled: true }) => Told::Event(Event::Enabled),
            Command::User(UserCommand::Enable { enabled: false }) => Told::Event(Event::Disabled),
            Command::User(_) => Told::Event(Event::PasswordChanged),
            Command::Reset { .. } | Command::Invite(_) => Told::Event(Event::Reset),
            Command::TotpConfirm { credential, .. } => {
                let mut devices = set.all_of::<TotpRecord>().map(|(stored, _)| &stored.value);
                let device = devices
                    .find(|one| one.id.as_str() == credential || one.label == *credential)?;
                Told::Event(Event::DeviceAdded { label: device.label.clone(), usable_from: None })
            }
            Command::Remove { kind, .. } => Told::Removal(*kind),
            _ => Told::Outcome,
        };
        // What an administrator does is told at the directory's address where there is no other: it may be what a thief
        // has made an administrator do.
        let directory = || account.mail.as_deref()?.parse().ok();
        let to = match is_by_others(&asked.command) {
            true => mailer.address_of(&account, &set).or_else(directory),
            false => mailer.address_of(&account, &set),
        };
        Some(Self { id: account.id, user: account.name, to, mailer, command })
    }

    /// Tells it, now that the command has succeeded. `from` is the program, and where its user is.
    pub(crate) fn tell(self, engine: &Engine, outcome: &Outcome, from: (&str, Option<&str>)) {
        let (service, address) = from;
        let Some(event) = event_of(self.command, outcome) else { return };
        let new = match &event {
            Event::AddressSet { address } => address.parse().ok(),
            _ => None,
        };
        let mut to: Vec<Address> = self.to.into_iter().chain(new).collect();
        to.dedup();
        if to.is_empty() {
            return;
        }
        if !engine.notices.may_tell(&self.id, Instant::now()) {
            audit::warn(&format!("{:?} has had as many notices as fit into an hour", self.user));
            return;
        }
        let letter = Letter {
            to,
            user: self.user,
            event,
            service: service.to_owned(),
            address: address.map(str::to_owned),
            help: engine.settings.portal.help.clone(),
            mailer: self.mailer,
        };
        engine.notices.begin(letter.deliver());
    }
}

/// Tells the user that a login has confirmed a device that was handed out.
pub(crate) fn tell_of_device(
    engine: &Engine,
    account: &Account,
    (set, device): (&CredentialSet, &CredentialId),
    login: &Login,
) {
    if !engine.settings.enrolment.notices {
        return;
    }
    let (Some(mailer), Some(stored)) = (engine.mail.of_the_administration(), set.get(device))
    else {
        return;
    };
    let directory = || account.mail.as_deref()?.parse().ok();
    let label = stored.value.label.clone();
    let expected = Expected {
        id: account.id.clone(),
        user: account.name.clone(),
        // An administrator handed it out, and the owner may not be the one who has read the letter.
        to: mailer.address_of(account, set).or_else(directory),
        mailer: Arc::clone(mailer),
        command: Told::Event(Event::DeviceAdded { label, usable_from: None }),
    };
    expected.tell(engine, &Outcome::Done, (&login.service, login.address.as_deref()));
}

/// A notice on its way.
struct Letter {
    to: Vec<Address>,
    user: String,
    event: Event,
    service: String,
    address: Option<String>,
    help: Option<String>,
    mailer: Arc<Mailer>,
}

impl Letter {
    async fn deliver(self) {
        let letter = NoticeLetter {
            user: &self.user,
            event: &self.event,
            address: self.address.as_deref(),
            help: self.help.as_deref(),
            now: clock::now(),
        };
        for to in self.to {
            let (started, shown) = (Instant::now(), masked(to.as_ref()));
            let result = match self.mailer.compose_notice(&letter, to) {
                Ok(mail) => self.mailer.send(mail, self.mailer.settings.timeout).await,
                Err(failure) => Err(failure),
            };
            audit::record_mail(&audit::MailLine {
                user: &self.user,
                service: &self.service,
                to: &shown,
                result: result.as_ref().map(|_| ()),
                took: started.elapsed(),
            });
        }
    }
}

/// Whether a change is told that this caller makes. What root does is told by root, but for a reset: it takes the
/// second factor away.
fn is_told(caller: Caller, command: &Command) -> bool {
    match command {
        Command::Reset { .. } => true,
        Command::Invite(invitation) => invitation.reset,
        // They end by themselves within minutes.
        Command::Remove { kind, .. } if kind.opens_once() => false,
        Command::TotpConfirm { .. }
        | Command::AppPasswordCreate { .. }
        | Command::BackupCodesGenerate
        | Command::PasskeyAdd { .. }
        | Command::Remove { .. }
        | Command::Email(EmailCommand::Confirm { .. } | EmailCommand::Remove)
        | Command::SshKey(SshKeyCommand::Add { .. } | SshKeyCommand::Remove { .. })
        | Command::User(UserCommand::Password { .. } | UserCommand::Enable { .. }) => {
            !caller.is_root()
        }
        _ => false,
    }
}

/// Whether somebody else makes such a change: root, or an administrator of the portal.
fn is_by_others(command: &Command) -> bool {
    let is_enable = matches!(command, Command::User(UserCommand::Enable { .. }));
    is_enable || matches!(command, Command::Reset { .. } | Command::Invite(_))
}

/// What has changed, with what only the outcome says.
fn event_of(told: Told, outcome: &Outcome) -> Option<Event> {
    match (told, outcome) {
        (Told::Event(Event::DeviceAdded { label, .. }), Outcome::UsableFrom(from)) => {
            Some(Event::DeviceAdded { label, usable_from: Some(*from) })
        }
        (Told::Event(event), _) => Some(event),
        (Told::Removal(kind), Outcome::Removed { label, .. }) => {
            Some(Event::Removed { kind, label: label.clone() })
        }
        (Told::Outcome, Outcome::Email(EmailOutcome::Confirmed { address })) => {
            Some(Event::AddressSet { address: address.clone() })
        }
        (Told::Outcome, Outcome::Email(EmailOutcome::Removed { .. })) => {
            Some(Event::AddressRemoved)
        }
        (Told::Removal(_) | Told::Outcome, _) => None,
    }
}
