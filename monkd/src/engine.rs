//! The engine: settings, keys, directory and store, opened once and shared by all conversations.

use std::sync::Arc;

use monk_core::credential::CredentialSet;
use monk_core::keys::Keyring;
use tokio::sync::Notify;

use crate::deadline::Deadline;
use crate::directory::embedded::Embedded;
use crate::directory::ldap::Ldap;
use crate::directory::seen::Watched;
use crate::directory::{Account, CredentialStore, Directory, Lookup};
use crate::login::ComparedAppPasswords;
use crate::mail::Mailers;
use crate::outage::Outage;
use crate::remembered::RememberedLogins;
use crate::settings::ldap::LdapSettings;
use crate::settings::{DirectoryKind, Settings, StoreKind};
use crate::throttle::{Register, Throttle};
use crate::trusted_file::{self, Privacy};
use crate::{clock, keys};

/// Everything that a conversation needs.
pub struct Engine {
    /// What is set.
    pub settings: Settings,
    /// The host keys.
    pub keys: Arc<Keyring>,
    /// Who users are.
    pub directory: Arc<dyn Directory>,
    /// What users have enrolled and used.
    pub store: Arc<dyn CredentialStore>,
    /// Who has failed how often.
    pub throttle: Throttle,
    /// Which strings opened a login and go on doing so.
    pub remembered: RememberedLogins,
    /// Which app passwords were right before.
    pub compared: ComparedAppPasswords,
    /// What sends codes.
    pub mail: Mailers,
    /// Asks a resident engine to read settings and keys again.
    pub reload: Notify,
    /// When the settings were read, in seconds since 1970.
    pub started: u64,
}

/// A user that was looked for, with what is enrolled.
#[derive(Debug)]
pub enum Found {
    /// Exactly one.
    One(Box<Account>, CredentialSet),
    /// The directory says that there is none.
    None,
    /// More than one.
    Several,
}

impl Engine {
    /// Opens what the settings name. An LDAP server need not answer yet. `register` is where attempts
    /// under way are noted.
    ///
    /// # Errors
    /// [`Outage`] says what is missing and how to mend it.
    pub fn start(settings: Settings, register: Register) -> Result<Self, Outage> {
        let keys = Arc::new(keys::load(&settings.keys)?);
        let (directory, store) = open(&settings, &keys)?;
        let store = Arc::new(Watched::new(store));
        let (mail, reload) = (Mailers::new(&settings)?, Notify::new());
        let throttle =
            Throttle::open(&settings.throttle_path(), settings.throttle_limits(), register)?;
        let remembered = RememberedLogins::open(&settings.remembered_path(), settings.remembers())?;
        Ok(Self {
            settings,
            keys,
            directory,
            store,
            throttle,
            remembered,
            compared: ComparedAppPasswords::default(),
            mail,
            reload,
            started: clock::now(),
        })
    }

    /// Whether an engine could start with these settings: reads the keys, the passwords of servers and
    /// the certificates, and looks at the stores. Changes nothing, and asks no server.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn check(settings: &Settings) -> Result<(), Outage> {
        let keys = Arc::new(keys::load(&settings.keys)?);
        if let (DirectoryKind::Ldap, Some(section)) = (settings.directory, &settings.ldap) {
            open_ldap(section, &keys)?;
        }
        let embedded = (DirectoryKind::Embedded, StoreKind::Embedded);
        if settings.directory == embedded.0 || settings.credentials == embedded.1 {
            Embedded::check(&settings.embedded)?;
        }
        Mailers::new(settings)?;
        Throttle::check(&settings.throttle_path())?;
        RememberedLogins::check(&settings.remembered_path(), settings.remembers())
    }

    /// Finds a user and what is enrolled.
    ///
    /// # Errors
    /// [`Outage`] when either could not be read.
    pub async fn find(&self, name: &str, deadline: Deadline) -> Result<Found, Outage> {
        match self.directory.find(name, deadline).await? {
            Lookup::None => Ok(Found::None),
            Lookup::Several => Ok(Found::Several),
            Lookup::One(mut account) => {
                let is_new = |set: &CredentialSet| {
                    self.store.seen().is_none_or(|seen| seen.takes(&account.id, set))
                };
                let set = match account.credentials.take().filter(is_new) {
                    Some(set) => set,
                    None => self.store.load(&account, deadline).await?,
                };
                Ok(Found::One(account, set))
            }
        }
    }

    /// Goes on with what the engine has seen that this one follows.
    #[must_use]
    pub fn following(self, before: &Self) -> Self {
        if let (Some(seen), Some(before)) = (self.store.seen(), before.store.seen()) {
            seen.follow(before);
        }
        self
    }
}

/// Who users are, and what they have enrolled.
type Opened = (Arc<dyn Directory>, Arc<dyn CredentialStore>);

/// Opens the directory and the store that the settings name, with these keys.
///
/// # Errors
/// [`Outage`] says what is missing and how to mend it.
pub fn open(settings: &Settings, keys: &Arc<Keyring>) -> Result<Opened, Outage> {
    let embedded = || Embedded::open(&settings.embedded, Arc::clone(keys));
    let (DirectoryKind::Ldap, Some(section)) = (settings.directory, &settings.ldap) else {
        let embedded = embedded()?;
        return Ok((Arc::new(embedded.clone()), Arc::new(embedded)));
    };
    let ldap = open_ldap(section, keys)?;
    Ok(match settings.credentials {
        StoreKind::Directory => {
            let ldap = Arc::new(ldap);
            (ldap.clone(), ldap)
        }
        StoreKind::Embedded => (Arc::new(ldap.without_credentials()), Arc::new(embedded()?)),
    })
}

/// The LDAP directory, of which no server is asked yet.
fn open_ldap(section: &LdapSettings, keys: &Arc<Keyring>) -> Result<Ldap, Outage> {
    let read = |path| trusted_file::read_secret_line(path, Privacy::Group);
    let password = section.password_file.as_deref().map(read).transpose()?;
    Ldap::new(section, password, Arc::clone(keys))
}
