//! Services that share what they remember: `remember_group` in `[service.NAME]`.

use monk_core::policy::{PasswordCheck, Policy, RememberHosts};

use super::Settings;
use super::policy::PolicyLayer;
use crate::directory::kinds::{DirectoryKind, StoreKind};

/// Longest name of a group, in bytes: it is a word.
const MAX_NAME: usize = 64;

/// What services that share a memory have in common.
pub struct SharedMemory {
    /// Seconds after which none of them lets a string in any more.
    pub longest: u64,
    /// Whether web mail logs in to one of them under its own address.
    pub has_web_mail: bool,
}

impl Settings {
    /// What the services have in common that share a memory with the one that has this policy.
    #[must_use]
    pub fn shared_memory(&self, policy: &Policy) -> SharedMemory {
        let mut shared = SharedMemory { longest: policy.remember, has_web_mail: false };
        let Some(group) = &policy.remember_group else { return shared };
        for (_, member) in self.members(group) {
            shared.longest = shared.longest.max(member.remember);
            shared.has_web_mail |= !member.web_mail_addresses.is_empty();
        }
        shared
    }

    /// The services of a group.
    fn members<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, Policy)> {
        let members = self.service.iter();
        let members =
            members.filter(move |(_, layer)| layer.remember_group.as_deref() == Some(group));
        members.map(|(name, _)| (name.as_str(), self.policy_for(name)))
    }

    /// What is wrong with groups, with the section.
    pub(super) fn remembering_problem(&self) -> Option<String> {
        for (key, is_said) in [
            ("remember_group", self.policy.remember_group.is_some()),
            ("web_mail_addresses", self.policy.web_mail_addresses.is_some()),
        ] {
            if is_said {
                return Some(format!(
                    "[policy]: write {key} in [service.NAME], for each service that web mail logs in to"
                ));
            }
        }
        for moment in self.moments() {
            if let Some(why) = self.hosts_problem(&self.policy, &self.policy_at(None, moment)) {
                return Some(format!("[policy]: {why}"));
            }
            for (name, layer) in &self.service {
                let policy = self.policy_at(Some(name), moment);
                if let Some(why) = self.hosts_problem(layer, &policy) {
                    return Some(format!("[service.{name}]: {why}"));
                }
                if let Some(why) = self.problem_of(&policy) {
                    return Some(format!("[service.{name}]: {why}"));
                }
            }
        }
        None
    }

    /// What is wrong with what a section says of hosts.
    fn hosts_problem(&self, layer: &PolicyLayer, policy: &Policy) -> Option<String> {
        if layer.remember_hosts != Some(RememberHosts::All) {
            return None;
        }
        let is_shared =
            self.directory == DirectoryKind::Ldap && self.credentials != StoreKind::Embedded;
        if !is_shared {
            return Some(
                "remember_hosts = \"all\" needs credentials that hosts share, and these are in a file of this host"
                    .to_owned(),
            );
        }
        (policy.remember == 0).then(|| {
            "remember_hosts = \"all\" with remember_minutes = 0 remembers nothing anywhere"
                .to_owned()
        })
    }

    fn problem_of(&self, policy: &Policy) -> Option<String> {
        let Some(group) = &policy.remember_group else {
            let is_alone = !policy.web_mail_addresses.is_empty();
            return is_alone.then(|| {
                "web_mail_addresses without remember_group: no other service remembers anything for this one"
                    .to_owned()
            });
        };
        if group.trim().is_empty() || group.len() > MAX_NAME {
            return Some(format!("remember_group is a word of at most {MAX_NAME} bytes"));
        }
        if policy.remember == 0 {
            return Some(
                "remember_group with remember_minutes = 0 remembers nothing: set the minutes of this service"
                    .to_owned(),
            );
        }
        if matches!(policy.password, PasswordCheck::AppPasswordsOnly | PasswordCheck::Elsewhere) {
            return Some(
                "remember_group is for services that take PASSWORD;CODE, and the password setting of this one does not"
                    .to_owned(),
            );
        }
        // A network of everybody would be no address of web mail.
        if policy.web_mail_addresses.iter().any(|network| network.prefix_len() == 0) {
            return Some(
                "web_mail_addresses names every address: name that of the web mail".to_owned(),
            );
        }
        (self.members(group).nth(1).is_none()).then(|| {
            format!(
                "no other service has remember_group = {group:?}: a group has two services or more"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LDAP: &str = "directory = \"ldap\"\n[ldap]\nuris = []\nbase = \"dc=x\"\n";
    const GROUP: &str = "remember_minutes = 5\nremember_group = \"web\"\n";

    #[test]
    fn a_group_lasts_as_long_as_its_most_patient_service_and_knows_its_web_mail() {
        let settings = Settings::parse(&format!(
            "[service.imap]\n{GROUP}[service.smtp]\nremember_minutes = 60\nremember_group = \"web\"\n\
             [service.sieve]\n{GROUP}web_mail_addresses = [\"192.0.2.20/32\"]\n\
             [service.pop3]\nremember_minutes = 90\n"
        ))
        .unwrap();
        let shared = settings.shared_memory(&settings.policy_for("imap"));
        assert_eq!((shared.longest, shared.has_web_mail), (3600, true));
        let alone = settings.shared_memory(&settings.policy_for("pop3"));
        assert_eq!((alone.longest, alone.has_web_mail), (5400, false));
        let sieve = settings.policy_for("sieve");
        assert!(sieve.is_web_mail(Some("::ffff:192.0.2.20")) && !sieve.is_web_mail(None));
        assert!(!settings.policy_for("imap").is_web_mail(Some("192.0.2.20")));
    }

    #[test]
    fn logins_are_remembered_at_all_hosts_only_where_a_section_says_so() {
        let hosts = "remember_minutes = 5\nremember_hosts = \"all\"\n";
        let settings =
            format!("{LDAP}[service.imap]\n{hosts}[service.smtp]\nremember_minutes = 5\n");
        let settings = Settings::parse(&settings).unwrap();
        assert_eq!(settings.policy_for("imap").remember_hosts, RememberHosts::All);
        assert_eq!(settings.policy_for("smtp").remember_hosts, RememberHosts::This);
    }

    #[test]
    fn a_group_that_shares_nothing_is_refused() {
        let of = |sections: &str| Settings::parse(sections).expect_err("refused").to_string();
        let imap = format!("[service.imap]\n{GROUP}");
        for (sections, section, words) in [
            (imap.clone(), "[service.imap]", "no other service"),
            (format!("{imap}[service.smtp]\nremember_group = \"web\"\n"), "[service.smtp]", "= 0"),
            (
                format!("{imap}[service.smtp]\n{GROUP}password = \"app-passwords-only\"\n"),
                "[service.smtp]",
                "PASSWORD;CODE",
            ),
            (
                format!("{imap}[service.smtp]\n{GROUP}web_mail_addresses = [\"0.0.0.0/0\"]\n"),
                "[service.smtp]",
                "every address",
            ),
            (imap.replace("web", " "), "[service.imap]", "a word"),
            (
                "[service.imap]\nweb_mail_addresses = [\"192.0.2.20/32\"]\n".to_owned(),
                "[service.imap]",
                "without remember_group",
            ),
            (
                format!("{LDAP}[service.imap]\nremember_hosts = \"all\"\n"),
                "[service.imap]",
                "nothing anywhere",
            ),
            (
                "[policy]\nremember_minutes = 5\nremember_hosts = \"all\"\n".to_owned(),
                "[policy]",
                "hosts share",
            ),
            (
                format!(
                    "credentials = \"embedded\"\n{LDAP}[service.imap]\nremember_minutes = 5\nremember_hosts = \"all\"\n"
                ),
                "[service.imap]",
                "hosts share",
            ),
            ("[policy]\nremember_group = \"web\"\n".to_owned(), "[policy]", "in [service.NAME]"),
        ] {
            let message = of(&sections);
            assert!(message.contains(section) && message.contains(words), "{message}");
        }
    }
}
