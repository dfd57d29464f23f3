//! Mail with codes in it.
//!
//! | file | idea |
//! |---|---|
//! | here | a mail server, as the settings of a service name it |
//! | `failure.rs` | what goes wrong with it |
//! | `content.rs` | a mail of whatever words |
//! | `message.rs` | what people read with a code |
//! | `invitation.rs` | what they read who are invited |
//! | `notice.rs` | what they read when something has changed in their account |
//! | `server.rs` | one conversation with it |
//! | `letter.rs` | a code on its way, after the answer to the login |

mod content;
pub mod failure;
mod handover;
mod invitation;
mod letter;
mod message;
mod notice;
mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use monk_core::credential::CredentialSet;
use monk_core::emailed;
use monk_wire::manage::MailFailure;

use crate::directory::Account;
use crate::outage::Outage;
use crate::settings::Settings;
use crate::settings::mail::MailSettings;
use crate::trusted_file::{self, Privacy};

pub use handover::HandoverLetter;
pub use invitation::InvitationLetter;
pub use letter::{Letter, Recorded, give_back};
pub use message::{Occasion, Purpose};
pub use notice::{Event, NoticeLetter};
use server::{Server, Trust};

/// Longest conversation with a mail server, whatever the settings of later versions may allow:
/// a one-shot engine lives as long, and nobody may keep it for ever.
const LIMIT: Duration = Duration::from_secs(60);

/// The mail servers of all services.
#[derive(Default)]
pub struct Mailers {
    default: Option<Arc<Mailer>>,
    /// By PAM service name; `None` where codes are switched off.
    services: BTreeMap<String, Option<Arc<Mailer>>>,
}

impl Mailers {
    /// Opens what the settings name; no server is asked anything yet.
    ///
    /// # Errors
    /// [`Outage::Setup`] when a file of passwords or authorities cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, Outage> {
        let open = |settings: Option<MailSettings>| {
            settings.map(|settings| Mailer::new(settings).map(Arc::new)).transpose()
        };
        let mut services = BTreeMap::new();
        for (name, section) in &settings.service {
            if section.mail.is_some() {
                services.insert(name.clone(), open(settings.mail_for(name)?)?);
            }
        }
        Ok(Self { default: open(settings.mail_for("")?)?, services })
    }

    /// How a service sends codes, if it does.
    #[must_use]
    pub fn of(&self, service: &str) -> Option<&Arc<Mailer>> {
        match self.services.get(&service.to_ascii_lowercase()) {
            Some(own) => own.as_ref(),
            None => self.default.as_ref(),
        }
    }

    /// All of them, with the section that names each.
    #[must_use]
    pub fn all(&self) -> Vec<(String, &Arc<Mailer>)> {
        let default = self.default.iter().map(|mailer| ("[mail]".to_owned(), mailer));
        let services = self.services.iter().filter_map(|(name, mailer)| {
            Some((format!("[service.{name}.mail]"), mailer.as_ref()?))
        });
        default.chain(services).collect()
    }

    /// How the administration sends codes: as most services do, or as the first one that does.
    #[must_use]
    pub fn of_the_administration(&self) -> Option<&Arc<Mailer>> {
        self.default.as_ref().or_else(|| self.services.values().flatten().next())
    }
}

/// A mail server, and what is said in its mails.
pub struct Mailer {
    /// What is set.
    pub settings: MailSettings,
    server: Server,
}

impl Mailer {
    fn new(settings: MailSettings) -> Result<Self, Outage> {
        let credentials = match (&settings.username, &settings.password_file) {
            (Some(username), Some(file)) => {
                let password = trusted_file::read_secret_line(file, Privacy::Group)?;
                Some(Credentials::new(username.clone(), password.as_str().to_owned()))
            }
            _ => None,
        };
        let server = Server {
            host: settings.host.clone(),
            port: settings.port,
            hello: own_name(),
            protection: settings.protection,
            trust: Trust::of(&settings)?,
            credentials,
        };
        Ok(Self { settings, server })
    }

    /// The address that codes for a user go to: a confirmed one, else the directory's, where the
    /// settings allow that.
    #[must_use]
    pub fn address_of(&self, account: &Account, set: &CredentialSet) -> Option<Address> {
        let directory = || account.mail.as_deref().filter(|_| self.settings.directory_address);
        emailed::confirmed_address(set).or_else(directory)?.parse().ok()
    }

    /// Talks to the server up to where a mail would begin, and sends none.
    ///
    /// # Errors
    /// [`MailFailure`] says why no mail could be sent.
    pub async fn try_out(&self, within: Duration) -> Result<(), MailFailure> {
        let limit = within.min(self.settings.timeout).min(LIMIT);
        let tried = tokio::time::timeout(limit, self.server.try_out(&self.settings.from)).await;
        tried.unwrap_or(Err(MailFailure::Timeout))
    }

    /// Sends a mail; what the server said to it.
    ///
    /// # Errors
    /// [`MailFailure`] when it is not certain that the server has taken it, `within` the time
    /// given or that of the settings.
    pub async fn send(&self, mail: Message, within: Duration) -> Result<String, MailFailure> {
        let limit = within.min(self.settings.timeout).min(LIMIT);
        let sent = tokio::time::timeout(limit, self.server.send(&mail)).await;
        let response = sent.unwrap_or(Err(MailFailure::Timeout))?;
        let lines: Vec<&str> = response.message().collect();
        Ok(format!("{} {}", response.code(), lines.join(" ")))
    }
}

/// What this machine calls itself (RFC 5321 §4.1.1.1).
fn own_name() -> ClientId {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let fits = |name: &String| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
    };
    name.filter(fits).map_or_else(ClientId::default, ClientId::Domain)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use super::*;

    fn open(ca_file: &Path) -> Result<Mailers, Outage> {
        let ca_file = ca_file.display();
        let mail = format!("from = \"a@example.org\"\nssl = true\nca_file = \"{ca_file}\"\n");
        Mailers::new(&Settings::parse(&format!("[mail]\n{mail}")).expect("valid settings"))
    }

    #[test]
    fn an_authority_file_without_authorities_is_refused_at_the_start() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        assert!(matches!(open(file.path()), Err(Outage::Setup(_))));
        file.write_all(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            .expect("the file is written");
        assert!(matches!(open(file.path()), Err(Outage::Setup(_))));
        assert!(matches!(open(Path::new("/nonexistent")), Err(Outage::Setup(_))));
    }

    #[test]
    fn a_service_has_its_own_server_the_usual_one_or_none() {
        let settings = "[mail]\nfrom = \"a@example.org\"\n[service.own.mail]\nport = 26\n\
                        [service.none.mail]\nenabled = false\n";
        let mailers = Mailers::new(&Settings::parse(settings).expect("valid settings"));
        let mailers = mailers.expect("no files are named");
        let port = |service| mailers.of(service).map(|mailer| mailer.settings.port);
        assert_eq!([port("imap"), port("OWN"), port("none")], [Some(25), Some(26), None]);
    }
}
