//! Mail with codes in it.
//!
//! | file | idea |
//! |---|---|
//! | here | a mail server, as the settings of a service name it |
//! | `failure.rs` | what goes wrong with it, in words |
//! | `message.rs` | what people read |
//! | `request.rs` | the record that a code is sent, which comes first |
//! | `letter.rs` | a code on its way, after the answer to the login |

mod failure;
mod letter;
mod message;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use monk_core::credential::CredentialSet;
use monk_core::emailed;

use crate::directory::Account;
use crate::outage::Outage;
use crate::settings::Settings;
use crate::settings::mail::{MailSettings, Protection};
use crate::trusted_file::{self, Privacy};

pub use failure::MailFailure;
pub use letter::{Letter, give_back};
pub use message::{Occasion, Purpose};
pub use request::{Recorded, count_test, record};

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
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    fn new(settings: MailSettings) -> Result<Self, Outage> {
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.as_str())
                .port(settings.port)
                .tls(tls(&settings)?)
                .timeout(Some(settings.timeout))
                .hello_name(own_name());
        if let (Some(username), Some(file)) = (&settings.username, &settings.password_file) {
            let password = trusted_file::read_secret_line(file)?;
            builder = builder
                .credentials(Credentials::new(username.clone(), password.as_str().to_owned()));
        }
        Ok(Self { transport: builder.build(), settings })
    }

    /// The address that codes for a user go to: a confirmed one, else the directory's, where the
    /// settings allow that.
    #[must_use]
    pub fn address_of(&self, account: &Account, set: &CredentialSet) -> Option<Address> {
        let directory = || account.mail.as_deref().filter(|_| self.settings.directory_address);
        emailed::confirmed_address(set).or_else(directory)?.parse().ok()
    }

    /// Sends a mail; what the server said to it.
    ///
    /// # Errors
    /// [`MailFailure`] when it is not certain that the server has taken it, `within` the time
    /// given or that of the settings.
    pub async fn send(&self, mail: Message, within: Duration) -> Result<String, MailFailure> {
        let limit = within.min(self.settings.timeout).min(LIMIT);
        let sent = tokio::time::timeout(limit, self.transport.send(mail)).await;
        let response = sent.map_err(|_| MailFailure::Timeout)?.map_err(MailFailure::from)?;
        let lines: Vec<&str> = response.message().collect();
        Ok(format!("{} {}", response.code(), lines.join(" ")))
    }
}

/// How the conversation is protected. A server that does not offer STARTTLS where it is set is
/// told nothing.
fn tls(settings: &MailSettings) -> Result<Tls, Outage> {
    let parameters = || {
        let wrong = |why: String| match &settings.ca_file {
            Some(file) => Outage::Setup(format!("mail.ca_file {}: {why}", file.display())),
            None => Outage::Setup(format!("TLS for mail cannot be used: {why}")),
        };
        let mut builder = TlsParameters::builder(settings.host.clone());
        if let Some(file) = &settings.ca_file {
            let pem = trusted_file::read(file, Privacy::Public)?;
            if !pem.contains("-----BEGIN CERTIFICATE-----") {
                return Err(wrong("there is no certificate in PEM form in it".to_owned()));
            }
            let authority =
                Certificate::from_pem(pem.as_bytes()).map_err(|error| wrong(error.to_string()))?;
            builder =
                builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
        }
        builder.build_rustls().map_err(|error| wrong(failure::with_causes(&error)))
    };
    Ok(match settings.protection {
        Protection::None => Tls::None,
        Protection::StartTls => Tls::Required(parameters()?),
        Protection::Tls => Tls::Wrapper(parameters()?),
    })
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
