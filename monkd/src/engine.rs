//! The engine: settings, keys, directory and store, opened once and shared by all conversations.

use std::borrow::Cow;
use std::sync::Arc;

use monk_core::credential::CredentialSet;
use monk_core::keys::Keyring;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::audit::{self, names};
use crate::compared_app_passwords::ComparedAppPasswords;
use crate::deadline::Deadline;
use crate::directory::measured::Measured;
use crate::directory::section::Opened;
use crate::directory::watched::{Watched, in_force};
use crate::directory::{Account, CredentialStore, Directory, Lookup};
use crate::local_accounts::LocalAccounts;
use crate::mail::Mailers;
use crate::names::answers::Answers;
use crate::names::source::OfDirectory;
use crate::outage::Outage;
use crate::portal_state::Portals;
use crate::remembered::RememberedLogins;
use crate::sent_notices::Notices;
use crate::settings::Settings;
use crate::throttle::{Register, Throttle};
use crate::{clock, keys, tally};

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
    /// Which accounts are this machine's own.
    pub local_accounts: LocalAccounts,
    /// What this host is told of users and groups.
    pub names: Arc<Answers>,
    /// Who is signed in to the portal.
    pub portal: Arc<Portals>,
    /// What users were told by mail of changes.
    pub notices: Arc<Notices>,
    /// When the settings were read, in seconds since 1970.
    pub started: u64,
}

/// A user that was looked for, with what is enrolled.
#[derive(Clone, Debug)]
pub enum Found {
    /// Exactly one.
    One(Box<Account>, CredentialSet),
    /// The directory says that there is none.
    None,
    /// More than one.
    Several,
    /// An account of this machine, about which the directory is not asked.
    Local,
}

impl Engine {
    /// Opens what the settings name. An LDAP server need not answer yet. `register` is where attempts
    /// under way are noted.
    ///
    /// # Errors
    /// [`Outage`] says what is missing and how to mend it.
    pub fn start(settings: Settings, register: Register) -> Result<Self, Outage> {
        let keys = keys::load(&settings.keys)?;
        Self::with_keys(settings, keys, register)
    }

    /// Opens what the settings name, with these keys instead of theirs.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn with_keys(
        settings: Settings,
        keys: Keyring,
        register: Register,
    ) -> Result<Self, Outage> {
        let keys = Arc::new(keys);
        let Opened { directory, store } = settings.chosen().open(&keys)?;
        let directory = match settings.metrics.enabled {
            true => Arc::new(Measured::new(directory)),
            false => directory,
        };
        let store = Arc::new(Watched::new(store));
        let (mail, reload) = (Mailers::new(&settings)?, Notify::new());
        let throttle =
            Throttle::open(&settings.throttle_path(), settings.throttle_limits(), register)?
                .below(settings.lockout());
        let remembered = RememberedLogins::open(&settings.remembered_path(), settings.remembers())?;
        let local_accounts = LocalAccounts::new(settings.accounts.passwd_is_local);
        let names = names_of(&directory, &settings);
        tally::switch(settings.metrics.enabled);
        audit::write_as(settings.audit.format);
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
            local_accounts,
            names,
            portal: Arc::default(),
            notices: Arc::default(),
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
        for section in settings.chosen().sections() {
            section.check(&keys)?;
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
        if self.local_accounts.contain(name) {
            return Ok(Found::Local);
        }
        match self.directory.find(name, deadline).await? {
            Lookup::None => Ok(Found::None),
            Lookup::Several => Ok(Found::Several),
            Lookup::One(mut account) => {
                let is_new = |set: &CredentialSet| {
                    self.store.seen().is_none_or(|seen| seen.takes(&account.id, set))
                };
                let brought = match account.credentials.take() {
                    Some(set) => Some(in_force(set)?),
                    None => self.store.look(&account, deadline).await?,
                };
                let set = match brought.filter(is_new) {
                    Some(set) => set,
                    None => self.store.load(&account, deadline).await?,
                };
                if set.unreadable_credentials + set.unreadable_uses > 0 {
                    tally::unreadable();
                }
                Ok(Found::One(account, set))
            }
        }
    }

    /// A name as logs may show it: see [`names`].
    #[must_use]
    pub fn shown<'a>(&self, name: &'a str, known: bool) -> Cow<'a, str> {
        names::shown(self.settings.audit.unknown_names, self.keys.primary(), name, known)
    }

    /// Goes on with what the engine has seen that this one follows.
    #[must_use]
    pub fn following(mut self, before: &Self) -> Self {
        if let (Some(seen), Some(before)) = (self.store.seen(), before.store.seen()) {
            seen.follow(before);
        }
        self.names.follow(&before.names);
        self.portal = Arc::clone(&before.portal);
        self
    }
}

/// What a host with these settings is told of the users and groups of a directory.
#[must_use]
pub fn names_of(directory: &Arc<dyn Directory>, settings: &Settings) -> Arc<Answers> {
    let names = OfDirectory(Arc::clone(directory));
    let places = (settings.directory, &settings.ldap, &settings.embedded, &settings.names);
    // Settings can always be written down: they were read.
    let mark = Sha256::digest(serde_json::to_vec(&places).unwrap_or_default());
    Arc::new(Answers::new(Arc::new(names), settings.names.clone(), mark.into()))
}
