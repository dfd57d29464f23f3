//! Reading the settings file, and checking that what it says fits together.

use std::path::Path;

use monk_core::policy::PortalTicket;

use super::{Settings, SettingsError};
use crate::directory::kinds;
use crate::outage::Outage;
use crate::trusted_file::{self, Privacy};

/// monk's own programs, in which people prove who they are.
const OWN_SERVICES: [&str; 2] = ["monk-web", "monk-enroll"];

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

/// Longest time before a refusal, in milliseconds. A program such as Dovecot has few processes that ask, and guessers keep
/// each of them busy for that time; a login as a whole has ten seconds.
const MAX_REFUSAL_MS: u64 = 2000;

impl Settings {
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

    fn check(&self) -> Result<(), SettingsError> {
        if let Some(why) = kinds::contradiction(self.directory, self.credentials, self.sections()) {
            return Err(SettingsError::new(why));
        }
        if self.engine.refusal_ms > MAX_REFUSAL_MS {
            return Err(SettingsError::new(format!(
                "[engine]: refusal_ms is at most {MAX_REFUSAL_MS}: each refusal holds up its program so long"
            )));
        }
        if self.policy.mail.is_some() {
            return Err(SettingsError::new(
                "[policy.mail]: write [mail], which is for all services",
            ));
        }
        let layers = || std::iter::once(&self.policy).chain(self.policy.today.as_deref());
        if layers().any(|layer| layer.change_expired_password.is_some()) {
            return Err(SettingsError::new(
                "[policy]: write change_expired_password in [service.NAME], for services whose account rule is monk's",
            ));
        }
        if layers().any(|layer| layer.portal_ticket.is_some()) {
            return Err(SettingsError::new(
                "[policy]: write portal_ticket in [service.NAME], for each service that a ticket may open",
            ));
        }
        if let Some(why) = self.throttle.problem() {
            return Err(SettingsError::new(format!("[throttle]: {why}")));
        }
        if let Some(why) = self.embedded.problem() {
            return Err(SettingsError::new(format!("[embedded]: {why}")));
        }
        if let Some(why) = self.portal.problem() {
            return Err(SettingsError::new(format!("[portal]: {why}")));
        }
        if let Some(why) = self.metrics.problem() {
            return Err(SettingsError::new(format!("[metrics]: {why}")));
        }
        if let Some(why) = self.enrolment.problem() {
            return Err(SettingsError::new(format!("[enrolment]: {why}")));
        }
        if let Some(why) = self.names.problem() {
            return Err(SettingsError::new(format!("[names]: {why}")));
        }
        if let Some(why) = self.policy_problem() {
            return Err(SettingsError::new(why));
        }
        for name in self.service.keys() {
            if *name != name.to_ascii_lowercase() {
                return Err(SettingsError::new(format!(
                    "[service.{name}]: PAM service names are lower case: write [service.{}]",
                    name.to_ascii_lowercase()
                )));
            }
        }
        if let Some(why) = self.remembering_problem() {
            return Err(SettingsError::new(why));
        }
        for own in OWN_SERVICES {
            let is_open =
                |moment| self.policy_at(Some(own), moment).portal_ticket == PortalTicket::Allowed;
            if self.moments().any(is_open) {
                return Err(SettingsError::new(format!(
                    "[service.{own}]: a ticket proves nothing there, take portal_ticket away"
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
    use monk_core::lockout::Lockout;
    use monk_core::policy::Mfa;

    use super::*;
    use crate::directory::kinds::DirectoryKind;
    use crate::directory::ldap::presets::Preset;

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
    fn a_refusal_that_would_hold_up_programs_for_long_is_refused() {
        let message = error("[engine]\nrefusal_ms = 2001\n");
        assert!(message.contains("at most 2000") && message.starts_with("line 2"), "{message}");
        assert_eq!(
            Settings::parse("[engine]\nrefusal_ms = 2000\n").unwrap().engine.refusal_ms,
            2000
        );
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

    /// The shipped settings of each preset, as they are and with every example in force.
    #[test]
    fn the_shipped_settings_of_each_preset_are_understood() {
        for (preset, text) in [
            (
                Preset::ActiveDirectory,
                include_str!("../../../config/ldap/settings/active-directory.toml"),
            ),
            (Preset::Netscape, include_str!("../../../config/ldap/settings/389ds.toml")),
            (Preset::FreeIpa, include_str!("../../../config/ldap/settings/freeipa.toml")),
            (Preset::OpenLdap, include_str!("../../../config/ldap/settings/openldap.toml")),
            (Preset::Lldap, include_str!("../../../config/ldap/settings/lldap.toml")),
            (Preset::Authentik, include_str!("../../../config/ldap/settings/authentik.toml")),
        ] {
            let is_example = |rest: &str| {
                rest.starts_with('[')
                    || rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
            };
            let bare = |line: &str| match line.strip_prefix('#') {
                Some(rest) if is_example(rest) => rest.to_owned(),
                _ => line.to_owned(),
            };
            let all = text.lines().map(bare).collect::<Vec<_>>().join("\n");
            assert_ne!(all, text);
            for text in [text, &all] {
                let settings = Settings::parse(text).unwrap_or_else(|error| panic!("{error}"));
                let ldap = settings.ldap.expect("a section");
                assert_eq!(ldap.preset, Some(preset));
                assert_eq!(ldap.id_attribute, preset.usual().id_attribute);
            }
        }
    }

    #[test]
    fn a_directory_that_cannot_hold_credentials_is_refused_with_what_to_write() {
        let ldap = |preset: &str| {
            format!("[ldap]\npreset = \"{preset}\"\nuris = [\"ldaps://a\"]\nbase = \"dc=x\"\n")
        };
        for preset in Preset::ALL {
            let (name, section) = (preset.as_str(), ldap(preset.as_str()));
            let beside = Settings::parse(&format!("directory = \"ldap\"\n{section}"));
            match preset {
                Preset::ActiveDirectory | Preset::Lldap | Preset::Authentik => {
                    let message = beside.expect_err(name).to_string();
                    assert!(message.contains("credentials = \"embedded\""), "{message}");
                }
                _ => assert!(beside.is_ok(), "{name}"),
            }
            let apart = format!("directory = \"ldap\"\ncredentials = \"embedded\"\n{section}");
            assert!(Settings::parse(&apart).is_ok(), "{name}");
        }
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
            "[app_passwords]",
            "[policy]",
            "[throttle]",
            "[audit]",
            "[doctor]",
            "[mail]",
            "[portal]",
            "[metrics]",
            "[ldap]",
            "[ldap.state]",
            "[ldap.names]",
            "[credential_store]",
        ] {
            for key in known_in(section) {
                let named = shipped.lines().any(|line| {
                    let line = line.trim_start_matches('#');
                    let inner = format!("{}.{key}]", section.trim_end_matches(']'));
                    line.starts_with(&format!("{key} = "))
                        || line.starts_with(&format!("[{key}"))
                        || line.starts_with(&inner)
                });
                assert!(named, "{section} {key}");
            }
        }
    }

    #[test]
    fn settings_that_contradict_themselves_are_refused() {
        assert!(error("directory = \"ldap\"\n").contains("needs a section [ldap]"));
        let ldap = "directory = \"ldap\"\ncredentials = \"ldap\"\n[ldap]\nuris = []\nbase = \"\"\n";
        assert!(error(ldap).contains("needs a section [credential_store]"));
        assert!(
            error("credentials = \"ldap\"\n").contains("is for the users of an LDAP directory")
        );
        let mail = "[policy.mail]\nfrom = \"m@example.org\"\n";
        assert!(error(mail).starts_with("line 1: [policy.mail]: write [mail]"));
        assert!(error("[service.SSHD]\nmfa = \"off\"\n").contains("[service.sshd]"));
    }

    #[test]
    fn any_service_may_mail_to_the_directorys_addresses() {
        let mails = |text: &str| {
            let settings = Settings::parse(text).unwrap();
            settings.mails().any(|mail| mail.directory_address)
        };
        let mail = "[mail]\nfrom = \"m@example.org\"\n";
        assert!(!mails(""));
        assert!(!mails(mail));
        assert!(mails(&format!("{mail}directory_address = true\n")));
        assert!(mails(&format!("{mail}[service.imap.mail]\ndirectory_address = true\n")));
    }

    #[test]
    fn the_throttle_stays_below_a_lockout_that_there_is() {
        let lockout = |text: &str| Settings::parse(text).unwrap().lockout();
        assert_eq!(lockout(""), None, "the embedded directory locks nobody");
        let ldap = "directory = \"ldap\"\n[ldap]\nuris = []\nbase = \"dc=x\"\n[throttle]\n";
        assert_eq!(lockout(ldap), Lockout::below(5, 1800));
        assert_eq!(lockout(&format!("{ldap}directory_lockout = 0\n")), None);
        let ten = "directory_lockout = 10\ndirectory_window_minutes = 60\n";
        assert_eq!(lockout(&format!("{ldap}{ten}")), Lockout::below(10, 3600));
        for (line, words) in [
            ("directory_lockout = 1", "directory_lockout = 1"),
            ("directory_window_minutes = 0", "1 to 1440"),
            ("directory_window_minutes = 1441", "1 to 1440"),
        ] {
            let error = Settings::parse(&format!("[throttle]\n{line}\n")).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("line 2"), "{error}");
        }
    }
}
