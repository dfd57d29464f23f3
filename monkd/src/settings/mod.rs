//! The settings: `/etc/monk/monk.toml`.
//!
//! Unknown keys are refused, because a misspelt key would silently mean the default. No message
//! ever shows a value: it could be a password in the wrong place.

pub mod accounts;
pub mod app_passwords;
pub mod audit;
pub mod enforcement;
pub mod enrolment;
mod error;
pub mod load;
pub mod mail;
pub mod metrics;
pub mod names;
pub mod policy;
pub mod portal;
mod remembering;
pub mod ssh_keys;

use std::collections::BTreeMap;
use std::path::PathBuf;

use monk_core::lockout::{Lockout, USUAL_WINDOW};
use monk_core::policy::Policy;
use monk_core::throttle::{LONGEST_WINDOW, Limits};
use monk_wire::metrics::OTHER;
use serde::{Deserialize, Serialize};

pub use error::SettingsError;

use crate::clock;
use crate::directory::embedded::settings::EmbeddedSettings;
use crate::directory::kinds::{Chosen, DirectoryKind, Sections, StoreKind};
use crate::directory::ldap::separate::settings::CredentialStoreSettings;
use crate::directory::ldap::settings::LdapSettings;
use crate::directory::section::AssumedLockout;
use crate::outage::Outage;
use accounts::AccountSettings;
use app_passwords::AppPasswordSettings;
use audit::AuditSettings;
use enforcement::Policies;
use enrolment::EnrolmentSettings;
use mail::{MailLayer, MailSettings};
use metrics::MetricsSettings;
use names::NameSettings;
use policy::PolicyLayer;
use portal::PortalSettings;
use ssh_keys::SshKeySettings;

/// What monk's own programs call themselves, where people sign in.
const OWN_SERVICES: [&str; 2] = ["monk-enroll", "monk-web"];

/// Seconds of a minute.
const MINUTE: u64 = 60;

/// Everything that can be set. Each section has its defaults; the whole file may be empty.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where users and their passwords are.
    pub directory: DirectoryKind,
    /// Where enrolled credentials and their use are.
    pub credentials: StoreKind,
    /// Which accounts are the directory's.
    pub accounts: AccountSettings,
    /// The engine itself.
    pub engine: EngineSettings,
    /// The embedded directory.
    pub embedded: EmbeddedSettings,
    /// The LDAP directory.
    pub ldap: Option<LdapSettings>,
    /// The credential store on another LDAP server. Where `credentials` does not choose it, nothing is
    /// read or written there, apart from records that are moved.
    pub credential_store: Option<CredentialStoreSettings>,
    /// The host keys.
    pub keys: KeySettings,
    /// Slowing down guessers.
    pub throttle: ThrottleSettings,
    /// What stands in the audit.
    pub audit: AuditSettings,
    /// What users see while they enrol.
    pub enrolment: EnrolmentSettings,
    /// What app passwords leave behind.
    pub app_passwords: AppPasswordSettings,
    /// Which users and groups this host has from the directory.
    pub names: NameSettings,
    /// Who may ask for the keys of ssh.
    pub ssh_keys: SshKeySettings,
    /// The page for people without a shell.
    pub portal: PortalSettings,
    /// What is counted, and who is told.
    pub metrics: MetricsSettings,
    /// What `monk-enroll doctor` leaves out.
    pub doctor: DoctorSettings,
    /// The policy of services that say nothing else.
    pub policy: PolicyLayer,
    /// How codes are sent by mail; they are not where nothing is said.
    pub mail: Option<MailLayer>,
    /// What single services do otherwise, by PAM service name.
    pub service: BTreeMap<String, PolicyLayer>,
}

/// The engine itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSettings {
    /// Where the resident engine listens.
    pub socket: PathBuf,
    /// The user that an engine started by root becomes, where that user exists.
    pub user: String,
    /// Milliseconds after which every refusal is answered, whatever it was that failed. Longer
    /// than any check takes, so that time tells nothing.
    pub refusal_ms: u64,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            socket: monk_wire::DEFAULT_SOCKET.into(),
            user: "monk".into(),
            // An Argon2 check takes 20 ms, one on a slow and busy machine 200.
            refusal_ms: 300,
        }
    }
}

/// The host keys.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySettings {
    /// The folder of the key files.
    pub folder: PathBuf,
    /// The id of the key that new values are made with; needed where there are several.
    pub primary: Option<String>,
}

impl Default for KeySettings {
    fn default() -> Self {
        Self { folder: "/etc/monk/keys".into(), primary: None }
    }
}

/// Slowing down guessers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleSettings {
    /// The file of the counters of this host; beside the embedded store by default.
    pub path: Option<PathBuf>,
    /// Failures of a user that cost nothing; five times as many at a network.
    pub free: u32,
    /// After how many wrong passwords the directory locks an account; 0 where it never does.
    pub directory_lockout: Option<u32>,
    /// Minutes in which the directory counts them.
    pub directory_window_minutes: u64,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self {
            path: None,
            free: monk_core::throttle::FREE,
            directory_lockout: None,
            directory_window_minutes: USUAL_WINDOW / MINUTE,
        }
    }
}

/// What `monk-enroll doctor` leaves out.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoctorSettings {
    /// Ids of findings that are as they are meant to be. An unknown one stops no engine, since ids come and
    /// go with versions; doctor reports it.
    pub ignore: Vec<String>,
}

/// Seconds before the end of a password in which users are told, unless the settings say otherwise: as long as
/// pam_unix does on most machines.
const PASSWORD_WARNING: u64 = 7 * 24 * 3600;

impl ThrottleSettings {
    /// What is wrong with it.
    fn problem(&self) -> Option<String> {
        let longest = LONGEST_WINDOW / MINUTE;
        if self.directory_lockout == Some(1) {
            let why = "directory_lockout = 1 would leave no password to be sent: set what the directory has, or 0";
            return Some(why.to_owned());
        }
        let fits = (1..=longest).contains(&self.directory_window_minutes);
        (!fits).then(|| format!("directory_window_minutes is 1 to {longest}"))
    }
}

impl Settings {
    /// The directory and the credential store that are chosen.
    #[must_use]
    pub fn chosen(&self) -> Chosen<'_> {
        Chosen::of(self.directory, self.credentials, self.sections())
    }

    /// The sections that describe places of data.
    #[must_use]
    pub fn sections(&self) -> Sections<'_> {
        Sections {
            embedded: &self.embedded,
            ldap: self.ldap.as_ref(),
            credential_store: self.credential_store.as_ref(),
        }
    }

    /// Every policy with its section: the default, and those of the services. Where a section only reports for now,
    /// the one that is in force and the one that is to come.
    pub fn policies(&self) -> impl Iterator<Item = (String, Policy)> {
        let now = clock::now();
        let services = self.service.keys();
        let services =
            services.map(move |name| (format!("[service.{name}]"), self.policies_for(name, now)));
        let all = std::iter::once(("[policy]".to_owned(), self.default_policies(now)));
        all.chain(services).flat_map(|(section, Policies { today, coming })| {
            let coming = coming.map(|coming| (section.clone(), coming.policy));
            std::iter::once((section, today)).chain(coming)
        })
    }

    /// The file of the counters of this host.
    #[must_use]
    pub fn throttle_path(&self) -> PathBuf {
        let beside = || self.embedded.path.with_file_name("throttle.db");
        self.throttle.path.clone().unwrap_or_else(beside)
    }

    /// The file of what this host remembers, beside the embedded store.
    #[must_use]
    pub fn remembered_path(&self) -> PathBuf {
        self.embedded.path.with_file_name("remembered.db")
    }

    /// The file in which it is noted since when users are gone, beside the embedded store.
    #[must_use]
    pub fn noticed_path(&self) -> PathBuf {
        self.embedded.path.with_file_name("noticed.db")
    }

    /// The file in which engines for one login add up what they count, beside the embedded store.
    #[must_use]
    pub fn counts_path(&self) -> PathBuf {
        self.embedded.path.with_file_name("metrics.json")
    }

    /// The service that a login is counted at: its own where the settings name it, and else one for all others.
    #[must_use]
    pub fn counted_as<'a>(&self, service: &'a str) -> &'a str {
        let named = self.metrics.services.iter().chain(self.service.keys()).map(String::as_str);
        match named.chain(OWN_SERVICES).any(|name| name.eq_ignore_ascii_case(service)) {
            true => service,
            false => OTHER,
        }
    }

    /// Whether any service remembers logins.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.policies().any(|(_, policy)| policy.remember > 0)
    }

    /// How patient this host is.
    #[must_use]
    pub fn throttle_limits(&self) -> Limits {
        Limits { free: self.throttle.free }
    }

    /// How many wrong passwords the directory may be sent; `None` where it locks nobody.
    #[must_use]
    pub fn lockout(&self) -> Option<Lockout> {
        let AssumedLockout { failures, window } = self.assumed_lockout()?;
        Lockout::below(failures, window)
    }

    /// The lockout of the directory, as far as the settings know; `None` where it locks nobody.
    #[must_use]
    pub fn assumed_lockout(&self) -> Option<AssumedLockout> {
        let ThrottleSettings { directory_lockout, directory_window_minutes, .. } = self.throttle;
        let threshold = directory_lockout.or_else(|| self.chosen().directory.usual_lockout());
        let failures = threshold.filter(|failures| *failures > 0)?;
        Some(AssumedLockout { failures, window: directory_window_minutes.saturating_mul(MINUTE) })
    }

    /// What no section says.
    fn base_policy() -> Policy {
        Policy { password_warning: PASSWORD_WARNING, ..Policy::default() }
    }

    /// Every way in which codes are sent: the default, and those of the services.
    pub fn mails(&self) -> impl Iterator<Item = MailSettings> {
        let services = std::iter::once("").chain(self.service.keys().map(String::as_str));
        services.filter_map(|name| self.mail_for(name).ok().flatten())
    }

    /// How a service sends codes, if it does.
    ///
    /// # Errors
    /// [`Outage::Setup`] says what contradicts itself; [`Settings::parse`] has made sure that
    /// nothing does.
    pub fn mail_for(&self, service: &str) -> Result<Option<MailSettings>, Outage> {
        let own = self.service.get(service).and_then(|section| section.mail.as_ref());
        let layer = match (own, &self.mail) {
            (Some(own), Some(below)) => own.over(below),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => return Ok(None),
        };
        layer.resolve().map_err(|why| {
            let section = match own {
                Some(_) => format!("service.{service}.mail"),
                None => "mail".to_owned(),
            };
            Outage::Setup(format!("[{section}]: {why}"))
        })
    }
}
