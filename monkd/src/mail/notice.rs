//! What people read when something has changed in their account.

use lettre::{Address, Message};
use monk_core::factors::email::masked;
use monk_terms::kind::Kind;
use monk_wire::manage::MailFailure;

use super::Mailer;
use super::content::{Content, readable, shown};
use super::message::is_place;
use crate::settings::mail::Language;

/// Longest name of a credential in a notice, in characters: somebody else may have chosen it.
const MAX_LABEL: usize = 40;

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A device was confirmed.
    DeviceAdded {
        /// Its name.
        label: String,
        /// From when on it opens anything, in seconds since 1970, where that is not now.
        usable_from: Option<u64>,
    },
    /// An app password was made.
    AppPasswordCreated {
        /// Its name.
        label: String,
    },
    /// A set of backup codes was made.
    BackupCodesMade,
    /// A passkey was added.
    PasskeyAdded {
        /// Its name.
        label: String,
    },
    /// Something was removed.
    Removed {
        /// What it was.
        kind: Kind,
        /// Its name.
        label: String,
    },
    /// Codes are sent to this address from now on.
    AddressSet {
        /// The address.
        address: String,
    },
    /// Codes are sent to no confirmed address any more.
    AddressRemoved,
    /// An ssh key was added.
    SshKeyAdded,
    /// An ssh key was removed.
    SshKeyRemoved,
    /// The password was changed.
    PasswordChanged,
    /// Everything was removed by an administrator.
    Reset,
    /// An administrator has closed the account.
    Disabled,
    /// An administrator has opened it again.
    Enabled,
}

/// A notice by mail.
pub struct NoticeLetter<'a> {
    /// The login name in the directory's spelling.
    pub user: &'a str,
    /// What has changed.
    pub event: &'a Event,
    /// Where the change came from, if it was not this host.
    pub address: Option<&'a str>,
    /// Where people get help.
    pub help: Option<&'a str>,
    /// Seconds since 1970.
    pub now: u64,
}

impl Mailer {
    /// The mail with a notice. There is no secret in it.
    ///
    /// # Errors
    /// [`MailFailure::Malformed`] when no mail can be made of it.
    pub fn compose_notice(
        &self,
        letter: &NoticeLetter<'_>,
        to: Address,
    ) -> Result<Message, MailFailure> {
        let language = self.settings.language;
        let subject = match language {
            Language::En => "Your sign-in has changed",
            Language::De => "Ihre Anmeldung hat sich geändert",
        };
        let content = of(letter, &self.settings.name, language);
        self.message(&content, subject, to, letter.now)
    }
}

fn of(letter: &NoticeLetter<'_>, name: &str, language: Language) -> Content<'static> {
    let NoticeLetter { user, event, address, help, now } = letter;
    let (user, time) = (shown(user), readable(*now));
    let from = address.filter(|address| is_place(address)).map(shown);
    let name = shown(name);
    let (greeting, use_it, mut facts, origin, warning) = match language {
        Language::En => (
            format!("Something has changed in your account at {name}."),
            english(event),
            vec![("Account", user), ("Time", time)],
            "From",
            format!(
                "If this was you, there is nothing to do. If it was not you: change your password now, and contact {}.",
                help.unwrap_or("your administrator")
            ),
        ),
        Language::De => (
            format!("In Ihrem Konto bei {name} hat sich etwas geändert."),
            german(event),
            vec![("Konto", user), ("Zeit", time)],
            "Von",
            format!(
                "Wenn Sie das waren, ist nichts zu tun. Wenn nicht: Ändern Sie jetzt Ihr Passwort und wenden Sie sich an {}.",
                help.unwrap_or("Ihre Administration")
            ),
        ),
    };
    facts.extend(from.map(|from| (origin, from)));
    Content { language, greeting, code: None, use_it, link: None, facts, warning }
}

/// A name in quotation marks.
fn quoted(label: &str) -> String {
    let label: String = shown(label).chars().take(MAX_LABEL).collect();
    format!("\"{label}\"")
}

fn english(event: &Event) -> String {
    match event {
        Event::DeviceAdded { label, usable_from: None } => {
            format!("An authenticator app was added: {}.", quoted(label))
        }
        Event::DeviceAdded { label, usable_from: Some(from) } => format!(
            "An authenticator app was added: {}. It works from {}; until then it can be removed with the password alone.",
            quoted(label),
            readable(*from)
        ),
        Event::AppPasswordCreated { label } => {
            format!("An app password was created: {}.", quoted(label))
        }
        Event::PasskeyAdded { label } => format!("A passkey was added: {}.", quoted(label)),
        Event::BackupCodesMade => {
            "New backup codes were made. Older ones no longer work.".to_owned()
        }
        Event::Removed { kind, label } => match kind {
            Kind::Totp => format!("An authenticator app was removed: {}.", quoted(label)),
            Kind::AppPassword => format!("An app password was revoked: {}.", quoted(label)),
            Kind::BackupCodes => "The backup codes were removed.".to_owned(),
            Kind::Passkey => format!("A passkey was removed: {}.", quoted(label)),
            _ => format!("This was removed: {}.", quoted(label)),
        },
        Event::AddressSet { address } => {
            format!("Sign-in codes now go to this address: {}.", masked(address))
        }
        Event::AddressRemoved => "The address for sign-in codes was removed.".to_owned(),
        Event::SshKeyAdded => "An ssh key was added.".to_owned(),
        Event::SshKeyRemoved => "An ssh key was removed.".to_owned(),
        Event::PasswordChanged => "The password was changed.".to_owned(),
        Event::Reset => "An administrator has removed all your devices, app passwords and codes. You get a code \
                         to start again."
            .to_owned(),
        Event::Disabled => "An administrator has disabled your account.".to_owned(),
        Event::Enabled => "An administrator has enabled your account again.".to_owned(),
    }
}

fn german(event: &Event) -> String {
    match event {
        Event::DeviceAdded { label, usable_from: None } => {
            format!("Eine Authenticator-App kam hinzu: {}.", quoted(label))
        }
        Event::DeviceAdded { label, usable_from: Some(from) } => format!(
            "Eine Authenticator-App kam hinzu: {}. Sie gilt ab {}; bis dahin genügt das Passwort, um sie zu entfernen.",
            quoted(label),
            readable(*from)
        ),
        Event::AppPasswordCreated { label } => {
            format!("Ein App-Passwort wurde erstellt: {}.", quoted(label))
        }
        Event::PasskeyAdded { label } => format!("Ein Passkey kam hinzu: {}.", quoted(label)),
        Event::BackupCodesMade => {
            "Neue Ersatzcodes wurden erstellt. Ältere gelten nicht mehr.".to_owned()
        }
        Event::Removed { kind, label } => match kind {
            Kind::Totp => format!("Eine Authenticator-App wurde entfernt: {}.", quoted(label)),
            Kind::AppPassword => format!("Ein App-Passwort wurde widerrufen: {}.", quoted(label)),
            Kind::BackupCodes => "Die Ersatzcodes wurden entfernt.".to_owned(),
            Kind::Passkey => format!("Ein Passkey wurde entfernt: {}.", quoted(label)),
            _ => format!("Entfernt wurde: {}.", quoted(label)),
        },
        Event::AddressSet { address } => {
            format!("Anmeldecodes gehen jetzt an diese Adresse: {}.", masked(address))
        }
        Event::AddressRemoved => "Die Adresse für Anmeldecodes wurde entfernt.".to_owned(),
        Event::SshKeyAdded => "Ein ssh-Schlüssel kam hinzu.".to_owned(),
        Event::SshKeyRemoved => "Ein ssh-Schlüssel wurde entfernt.".to_owned(),
        Event::PasswordChanged => "Das Passwort wurde geändert.".to_owned(),
        Event::Reset => "Die Administration hat alle Ihre Geräte, App-Passwörter und Codes entfernt. Sie erhalten einen \
                         Code, um neu anzufangen."
            .to_owned(),
        Event::Disabled => "Die Administration hat Ihr Konto deaktiviert.".to_owned(),
        Event::Enabled => "Die Administration hat Ihr Konto wieder aktiviert.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(event: Event, language: Language) -> Content<'static> {
        let letter = NoticeLetter {
            user: "alice",
            event: &event,
            address: Some("192.0.2.7"),
            help: Some("help@example.org"),
            now: 0,
        };
        of(&letter, "Example", language)
    }

    #[test]
    fn a_notice_says_what_changed_when_from_where_and_whom_to_ask() {
        let event = || Event::DeviceAdded { label: "Phone".into(), usable_from: None };
        let english = content(event(), Language::En);
        assert_eq!(english.use_it, "An authenticator app was added: \"Phone\".");
        let facts = english.facts.iter().map(|(name, value)| format!("{name}: {value}"));
        let facts: Vec<_> = facts.collect();
        assert_eq!(
            facts,
            ["Account: alice", "Time: Thu, 01 Jan 1970 00:00:00 UTC", "From: 192.0.2.7"]
        );
        assert!(english.warning.ends_with("contact help@example.org."), "{}", english.warning);
        let german = content(event(), Language::De);
        assert_eq!(german.use_it, "Eine Authenticator-App kam hinzu: \"Phone\".");
        assert!(german.warning.ends_with("an help@example.org."), "{}", german.warning);
        assert!(english.code.is_none() && english.link.is_none(), "there is nothing to click");
    }

    #[test]
    fn a_new_address_is_told_without_its_name_and_a_long_label_is_cut() {
        let event = Event::AddressSet { address: "mallory@example.net".into() };
        assert!(!content(event, Language::En).use_it.contains("mallory"));
        let label = "x".repeat(300);
        let event = Event::AppPasswordCreated { label };
        assert!(content(event, Language::De).use_it.len() < 100);
    }
}
