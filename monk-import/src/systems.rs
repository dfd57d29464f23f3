//! Systems that check codes themselves, and go on doing so after an import.

/// A system whose own check of codes has to be switched off: monk sends it a password without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// FreeIPA, which checks tokens within the bind.
    FreeIpa,
    /// OpenLDAP's overlay `otp` (slapo-otp) and OATH-LDAP, which have one schema and check tokens within
    /// the bind.
    OathLdap,
    /// ldap-user-manager (Luminary) and `pam_ldap_totp_auth`, which read the secret out of the directory
    /// and check codes beside the bind.
    LdapUserManager,
}

impl System {
    /// The name, as programs are told it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FreeIpa => "freeipa",
            Self::OathLdap => "oath-ldap",
            Self::LdapUserManager => "ldap-user-manager",
        }
    }
}
