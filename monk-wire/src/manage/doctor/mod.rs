//! What `doctor` looks at: what the engine is asked, and what it answers.

mod kinds;
mod observation;

use serde::{Deserialize, Serialize};

pub use kinds::Kind;
pub use observation::{Evidence, Observation, Remedy};

use crate::secret::Secret;

/// What the engine is to look at beyond the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// What this host is for, where that was said.
    pub role: Option<Role>,
    /// A user of the directory, with the password: what may such a one read and write there?
    pub as_user: Option<(String, Secret)>,
}

/// What a host is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It checks logins; people enrol elsewhere.
    Check,
    /// People enrol here.
    Enrol,
}

/// What the engine has found, and what the local half needs to know for its own checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// One for each check, those that found nothing wrong included.
    pub observations: Vec<Observation>,
    /// The engine and its settings.
    pub facts: Facts,
}

/// The engine and its settings, as far as `/etc/pam.d` and the files are judged by them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The engine's version.
    pub version: String,
    /// When it has read its settings, in seconds since 1970.
    pub settings_read: u64,
    /// The socket of the settings.
    pub socket: String,
    /// The user that the engine is to be.
    pub user: String,
    /// The uid that it runs as.
    pub uid: u32,
    /// The folder of the keys.
    pub keys: String,
    /// The embedded store, where one is used.
    pub store: Option<String>,
    /// Further files that hold a secret.
    pub secret_files: Vec<String>,
    /// The policy of services that have no section.
    pub policy: ServicePolicy,
    /// The sections: names and policies.
    pub services: Vec<(String, ServicePolicy)>,
    /// The user that sshd is to run `monk-ssh-keys` as.
    pub ssh_keys_user: String,
    /// The ids of findings that the settings have doctor ignore.
    pub ignored: Vec<String>,
    /// The LDAP directory, where the users are in one.
    pub ldap: Option<LdapFacts>,
    /// The section `[portal]`.
    pub portal: PortalFacts,
}

/// What the settings of the portal are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalFacts {
    /// The account that the portal is to run as.
    pub user: String,
    /// Where browsers find it.
    pub origin: Option<String>,
    /// Whether monk can send mail for it.
    pub sends_mail: bool,
}

/// What a directory server on this host is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LdapFacts {
    /// The entry below which people are.
    pub base: String,
    /// The attributes that each login searches for.
    pub searched: Vec<String>,
    /// Those of a login by a name with an `@`.
    pub searched_with_at: Vec<String>,
    /// The attributes of credentials and of their use, where they are in the directory.
    pub records: Option<[String; 2]>,
    /// The entry of a user.
    pub somebody: Option<String>,
}

impl Facts {
    /// The policy of a service.
    #[must_use]
    pub fn policy_of(&self, service: &str) -> ServicePolicy {
        let own = self.services.iter().find(|(name, _)| name.eq_ignore_ascii_case(service));
        own.map_or(self.policy, |(_, policy)| *policy)
    }
}

/// What of a policy decides whether a stack makes sense.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePolicy {
    /// A second factor is asked of everybody.
    pub always: bool,
    /// A second factor is asked of nobody.
    pub never: bool,
    /// Another module of the stack checks the password.
    pub elsewhere: bool,
    /// A ticket of the portal opens a login, without a password.
    pub tickets: bool,
    /// What was typed once goes on working, at other services of its group, too.
    pub remembers_together: bool,
}

/// How bad it is. The order is that of the wire: enums only grow at their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Looked at, and in order.
    Ok,
    /// To be known; nothing needs to be done.
    Note,
    /// Something is wrong that people will notice sooner or later.
    Warning,
    /// Logins fail, or are not safe.
    Error,
}

impl Severity {
    /// The word for people and programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_a_section_has_the_usual_policy() {
        let elsewhere = ServicePolicy { elsewhere: true, ..ServicePolicy::default() };
        let facts = Facts { services: vec![("sudo".into(), elsewhere)], ..Facts::default() };
        assert!(facts.policy_of("Sudo").elsewhere && !facts.policy_of("imap").elsewhere);
    }
}
