//! The settings: `/etc/monk/monk.toml`.
//!
//! Unknown keys are refused, because a misspelt key would silently mean the default. No message
//! ever shows a value: it could be a password in the wrong place.

pub mod audit;
pub mod enrolment;
mod error;
pub mod ldap;
pub mod mail;
pub mod policy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use monk_core::policy::Policy;
use monk_core::throttle::Limits;
use serde::{Deserialize, Serialize};

pub use error::SettingsError;

use crate::outage::Outage;
use crate::trusted_file::{self, Privacy};
use audit::AuditSettings;
use enrolment::EnrolmentSettings;
use ldap::LdapSettings;
use mail::{MailLayer, MailSettings};
use policy::{PolicyLayer, ServiceSettings};

/// Everything that can be set. Each section has its defaults; the whole file may be empty.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where users and their passwords are.
    pub directory: DirectoryKind,
    /// Where enrolled credentials and their use are.
    pub credentials: StoreKind,
    /// The engine itself.
    pub engine: EngineSettings,
    /// The embedded directory.
    pub embedded: EmbeddedSettings,
    /// The LDAP directory.
    pub ldap: Option<LdapSettings>,
    /// The host keys.
    pub keys: KeySettings,
    /// Slowing down guessers.
    pub throttle: ThrottleSettings,
    /// What stands in the audit.
    pub audit: AuditSettings,
    /// What users see while they enrol.
    pub enrolment: EnrolmentSettings,
    /// What `monk-enroll doctor` leaves out.
    pub doctor: DoctorSettings,
    /// The policy of services that say nothing else.
    pub policy: PolicyLayer,
    /// How codes are sent by mail; they are not where nothing is said.
    pub mail: Option<MailLayer>,
    /// What single services do otherwise, by PAM service name.
    pub service: BTreeMap<String, ServiceSettings>,
}

/// Where users and their passwords are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryKind {
    /// In our own SQLite file.
    #[default]
    Embedded,
    /// In an LDAP directory; `[ldap]` says where.
    Ldap,
}

/// Where enrolled credentials and their use are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// Beside the users.
    #[default]
    Directory,
    /// In our own SQLite file, for directories that monk may not write.
    Embedded,
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

/// The embedded directory.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddedSettings {
    /// The SQLite file.
    pub path: PathBuf,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        Self { path: "/var/lib/monk/monk.db".into() }
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
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self { path: None, free: monk_core::throttle::FREE }
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

/// What keeps an engine from starting with the settings in a file, with the line that it is about, where it
/// says a section.
#[must_use]
pub fn with_line(path: &Path, outage: Outage) -> Outage {
    match outage {
        Outage::Setup(why) if why.starts_with('[') => {
            let text = trusted_file::read(path, Privacy::Public).unwrap_or_default();
            let located = SettingsError::new(why).located(&text);
            Outage::Setup(format!("{}: {located}", path.display()))
        }
        other => other,
    }
}

impl Settings {
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

    /// Whether any service remembers logins.
    #[must_use]
    pub fn remembers(&self) -> bool {
        let services = self.service.keys().map(|name| self.policy_for(name));
        services.chain([self.default_policy()]).any(|policy| policy.remember > 0)
    }

    /// How patient this host is.
    #[must_use]
    pub fn throttle_limits(&self) -> Limits {
        Limits { free: self.throttle.free }
    }

    /// Reads and checks the settings file.
    ///
    /// # Errors
    /// [`Outage::Setup`] with the file, the line and what to do.
    pub fn load(path: &Path) -> Result<Self, Outage> {
        let text = trusted_file::read(path, Privacy::Public)?;
        Self::parse(&text).map_err(|error| Outage::Setup(format!("{}: {error}", path.display())))
    }

    /// Reads and checks settings.
    ///
    /// # Errors
    /// [`SettingsError`] with the line and what to do.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let settings: Self =
            toml::from_str(text).map_err(|error| SettingsError::from_toml(text, &error))?;
        settings.check().map_err(|error| error.located(text))?;
        Ok(settings)
    }

    /// What services ask for that have no section of their own.
    #[must_use]
    pub fn default_policy(&self) -> Policy {
        self.policy.over(Policy::default())
    }

    /// What a service asks for. PAM service names know no case: libpam lowers them.
    #[must_use]
    pub fn policy_for(&self, service: &str) -> Policy {
        let defaults = self.default_policy();
        match self.service.get(&service.to_ascii_lowercase()) {
            Some(section) => section.policy().over(defaults),
            None => defaults,
        }
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

    fn check(&self) -> Result<(), SettingsError> {
        if self.directory == DirectoryKind::Ldap && self.ldap.is_none() {
            return Err(SettingsError::new(
                "directory = \"ldap\" needs a section [ldap] with uris and base",
            ));
        }
        if self.directory == DirectoryKind::Embedded && self.ldap.is_some() {
            return Err(SettingsError::new(
                "there is a section [ldap], but it is not used: write directory = \"ldap\" at the top of the file",
            ));
        }
        policy::check(self)?;
        for name in self.service.keys() {
            if *name != name.to_ascii_lowercase() {
                return Err(SettingsError::new(format!(
                    "[service.{name}]: PAM service names are lower case: write [service.{}]",
                    name.to_ascii_lowercase()
                )));
            }
        }
        for name in std::iter::once("").chain(self.service.keys().map(String::as_str)) {
            if let Err(Outage::Setup(why)) = self.mail_for(name) {
                return Err(SettingsError::new(why));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use monk_core::policy::Mfa;

    use super::*;

    fn error(text: &str) -> String {
        Settings::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn an_empty_file_means_the_embedded_directory_and_the_strictest_policy() {
        let settings = Settings::parse("").unwrap();
        assert_eq!(settings.directory, DirectoryKind::Embedded);
        assert_eq!(settings.policy_for("imap").mfa, Mfa::Required);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_key() {
        let message = error("[policy]\n\nmfaa = \"off\"\n");
        assert_eq!(message, "line 3: unknown key `mfaa`: did you mean `mfa`?");
        let message = error("[engine]\ncolour = 1\n");
        assert!(message.starts_with("line 2: unknown key `colour`: known are "), "{message}");
    }

    #[test]
    fn no_message_shows_a_value() {
        for text in [
            "[policy]\nmfa = \"hunter2\"\n",
            "[engine]\nrefusal_ms = \"hunter2\"\n",
            "[engine]\nsocket = { hunter2 = 1 }\n",
            "hunter2\n",
            "directory = hunter2\n",
            "directory = \"hunter2\n",
            "[ldap]\nbind_password = \"hunter2\"\n",
            "[engine]\nrefusal_ms = 12345678901234567890hunter2\n",
            "policy = \"hunter2\"\n",
        ] {
            let message = error(text);
            let key_itself = text.contains("hunter2 =");
            assert!(key_itself || !message.contains("hunter2"), "{text:?} says {message:?}");
            assert!(message.starts_with("line "), "{message:?}");
        }
        let message = error("[policy]\nmfa = \"hunter2\"\n");
        assert!(
            message.contains("expected one of `required`, `when-enrolled`, `off`"),
            "{message}"
        );
    }

    /// The shipped file, as it is and with every example in force, so that it cannot drift.
    #[test]
    fn the_shipped_settings_and_all_their_examples_are_understood() {
        let shipped = include_str!("../../../config/monk.toml");
        assert!(Settings::parse(shipped).is_ok());
        let is_example = |line: &&str| {
            line.strip_prefix('#')
                .is_some_and(|rest| rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()))
        };
        let all: Vec<&str> =
            shipped.lines().map(|line| if is_example(&line) { &line[1..] } else { line }).collect();
        let text = all.join("\n").replacen("directory = \"embedded\"", "directory = \"ldap\"", 1);
        let settings = Settings::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.directory, DirectoryKind::Ldap);
        let defaults = Settings::default();
        assert_eq!(settings.engine.refusal_ms, defaults.engine.refusal_ms);
        assert_eq!(settings.embedded.path, defaults.embedded.path);
        assert_eq!(
            settings.enrolment.app_password_services,
            defaults.enrolment.app_password_services
        );
    }

    /// The manual page is made from the shipped file, so it must not miss a key.
    #[test]
    fn the_shipped_settings_name_every_key_there_is() {
        let shipped = include_str!("../../../config/monk.toml");
        let known_in = |section: &str| {
            let text = format!("{section}\nno-such-key = 1\n");
            let error = toml::from_str::<Settings>(&text).unwrap_err();
            let known: Vec<String> =
                error.message().split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect();
            assert!(!known.is_empty(), "{section}: {error}");
            known
        };
        for section in [
            "",
            "[engine]",
            "[embedded]",
            "[keys]",
            "[enrolment]",
            "[policy]",
            "[throttle]",
            "[audit]",
            "[doctor]",
            "[mail]",
            "[ldap]",
        ] {
            for key in known_in(section) {
                let named = shipped.lines().any(|line| {
                    let line = line.trim_start_matches('#');
                    line.starts_with(&format!("{key} = ")) || line.starts_with(&format!("[{key}"))
                });
                assert!(named, "{section} {key}");
            }
        }
    }

    #[test]
    fn settings_that_contradict_themselves_are_refused() {
        assert!(error("directory = \"ldap\"\n").contains("needs a section [ldap]"));
        assert!(error("[service.SSHD]\nmfa = \"off\"\n").contains("[service.sshd]"));
    }
}
