//! The section `[ldap.state]` of the settings.

use serde::{Deserialize, Serialize};

/// Where the state of an account is read from.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StateSettings {
    /// Which kinds of attributes say it. By default those of `preset`; without a preset, all of them.
    pub means: Option<Vec<Means>>,

    /// The entry of the password policy (`pwdPolicy`) of users whose entry names none in `pwdPolicySubentry`:
    /// what `ppolicy_default` says on the server.
    pub default_policy: Option<String>,

    /// How long a lock lasts, in seconds, where neither the lock nor a policy that monk may read says so. 0
    /// is for ever, which is the default.
    pub lockout_seconds: Option<u64>,

    /// Who is switched off: a filter (RFC 4515) that monk compares with the entry.
    pub disabled: Option<String>,

    /// Whose account has ended.
    pub expired: Option<String>,

    /// Who is locked.
    pub locked: Option<String>,

    /// Who has to change the password first.
    pub must_change: Option<String>,

    /// Whose password has expired.
    pub password_expired: Option<String>,

    /// Attributes with the time before which an account is not open yet (`GeneralizedTime`).
    #[serde(default)]
    pub valid_from: Vec<String>,

    /// Attributes with the time from which an account has ended (`GeneralizedTime`).
    #[serde(default)]
    pub valid_until: Vec<String>,
}

/// A kind of attributes that say in which state an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// The password policy of draft-behera-ldap-password-policy-10, which OpenLDAP's overlay keeps.
    Ppolicy,
    /// The class `shadowAccount` of RFC 2307.
    Shadow,
    /// The password and account policies of 389 Directory Server.
    #[serde(rename = "389ds")]
    Netscape,
    /// Active Directory (MS-ADTS).
    ActiveDirectory,
    /// `FreeIPA`, with its Kerberos attributes.
    #[serde(rename = "freeipa")]
    FreeIpa,
    /// The LDAP outpost of authentik.
    Authentik,
}

impl Means {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ppolicy,
        Self::Shadow,
        Self::Netscape,
        Self::ActiveDirectory,
        Self::FreeIpa,
        Self::Authentik,
    ];

    /// As the settings name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ppolicy => "ppolicy",
            Self::Shadow => "shadow",
            Self::Netscape => "389ds",
            Self::ActiveDirectory => "active-directory",
            Self::FreeIpa => "freeipa",
            Self::Authentik => "authentik",
        }
    }
}
