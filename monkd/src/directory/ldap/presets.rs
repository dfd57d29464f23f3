//! What directories of one product look like, as a rule.

use serde::{Deserialize, Serialize};

use super::change_settings::PasswordChange;
use super::group_settings::{NestedGroups, Rule};
use super::state_settings::Means;

/// A product that directories run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Active Directory, also Samba's.
    ActiveDirectory,
    /// 389 Directory Server.
    #[serde(rename = "389ds")]
    Netscape,
    /// `FreeIPA`.
    #[serde(rename = "freeipa")]
    FreeIpa,
    /// `OpenLDAP`.
    #[serde(rename = "openldap")]
    OpenLdap,
    /// lldap.
    Lldap,
    /// The LDAP outpost of authentik.
    Authentik,
}

/// The values of settings that are not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    /// `filter`.
    pub filter: &'static str,
    /// `mail_filter`.
    pub mail_filter: &'static str,
    /// `name_attribute`.
    pub name_attribute: &'static str,
    /// `id_attribute`.
    pub id_attribute: &'static str,
    /// `mail_attribute`.
    pub mail_attribute: &'static str,
    /// `group_filter`.
    pub group_filter: &'static str,
    /// `group_name_attribute`.
    pub group_name_attribute: &'static str,
    /// `member_of_attribute`.
    pub member_of_attribute: &'static str,
    /// `nested_groups`.
    pub nested_groups: Option<NestedGroups>,
    /// `means` in `[ldap.state]`.
    pub means: &'static [Means],
    /// `password_change`.
    pub password_change: PasswordChange,
    /// Why what users enrol cannot be kept in their entries, if so, and what to do.
    pub why_no_credentials: Option<&'static str>,
}

/// Without a preset.
pub const GENERIC: Usual = Usual {
    filter: "(&(objectClass=person)(uid={user}))",
    mail_filter: "(&(objectClass=person)(|(uid={user})(mail={user})))",
    name_attribute: "uid",
    id_attribute: "entryUUID",
    mail_attribute: "mail",
    group_filter: "(|(member={dn})(uniqueMember={dn})(memberUid={user}))",
    group_name_attribute: "cn",
    member_of_attribute: "memberOf",
    nested_groups: None,
    means: &Means::ALL,
    password_change: PasswordChange::Rfc3062,
    why_no_credentials: None,
};

/// `person` is the class of people; computers, which are users too, have another category (MS-ADTS §3.1.1.3.1.3.5).
const ACTIVE_DIRECTORY: Usual = Usual {
    filter: "(&(objectCategory=person)(objectClass=user)(sAMAccountName={user}))",
    mail_filter: "(&(objectCategory=person)(objectClass=user)(|(userPrincipalName={user})(mail={user})))",
    name_attribute: "sAMAccountName",
    id_attribute: "objectGUID",
    group_filter: "(member={dn})",
    nested_groups: Some(NestedGroups::By(Rule::Server)),
    means: &[Means::ActiveDirectory],
    password_change: PasswordChange::UnicodePwd,
    why_no_credentials: Some(
        "Active Directory has no attributes for what users enrol: write credentials = \"embedded\" or \"ldap\" \
         at the top of the file",
    ),
    ..GENERIC
};

/// `dsidm` makes people without the class `person`.
const NETSCAPE: Usual = Usual {
    filter: "(&(|(objectClass=person)(objectClass=nsPerson))(uid={user}))",
    mail_filter: "(&(|(objectClass=person)(objectClass=nsPerson))(|(uid={user})(mail={user})))",
    id_attribute: "nsUniqueId",
    group_filter: "(|(member={dn})(uniqueMember={dn})(memberUid={user}))",
    nested_groups: Some(NestedGroups::By(Rule::Server)),
    means: &[Means::Netscape, Means::Shadow],
    ..GENERIC
};

const FREE_IPA: Usual = Usual {
    id_attribute: "ipaUniqueID",
    group_filter: "(member={dn})",
    nested_groups: Some(NestedGroups::By(Rule::Server)),
    means: &[Means::FreeIpa, Means::Netscape],
    ..GENERIC
};

const OPEN_LDAP: Usual = Usual { means: &[Means::Ppolicy, Means::Shadow], ..GENERIC };

/// It knows no state: a user is there or not.
const LLDAP: Usual = Usual {
    group_filter: "(member={dn})",
    means: &[],
    why_no_credentials: Some(
        "lldap has no attributes for what users enrol: write credentials = \"embedded\" or \"ldap\" at the top \
         of the file",
    ),
    ..GENERIC
};

const AUTHENTIK: Usual = Usual {
    filter: "(&(objectClass=user)(cn={user}))",
    mail_filter: "(&(objectClass=user)(|(cn={user})(mail={user})))",
    name_attribute: "cn",
    id_attribute: "uid",
    group_filter: "(member={dn})",
    means: &[Means::Authentik],
    password_change: PasswordChange::None,
    why_no_credentials: Some(
        "authentik's LDAP outpost takes no changes: write credentials = \"embedded\" or \"ldap\" at the top of \
         the file",
    ),
    ..GENERIC
};

impl Preset {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ActiveDirectory,
        Self::Netscape,
        Self::FreeIpa,
        Self::OpenLdap,
        Self::Lldap,
        Self::Authentik,
    ];

    /// As the settings name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "active-directory",
            Self::Netscape => "389ds",
            Self::FreeIpa => "freeipa",
            Self::OpenLdap => "openldap",
            Self::Lldap => "lldap",
            Self::Authentik => "authentik",
        }
    }

    /// What its directories look like.
    #[must_use]
    pub fn usual(self) -> &'static Usual {
        match self {
            Self::ActiveDirectory => &ACTIVE_DIRECTORY,
            Self::Netscape => &NETSCAPE,
            Self::FreeIpa => &FREE_IPA,
            Self::OpenLdap => &OPEN_LDAP,
            Self::Lldap => &LLDAP,
            Self::Authentik => &AUTHENTIK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::ldap::filter::Filters;
    use crate::directory::ldap::settings::LdapSettings;

    fn settings(lines: &str) -> LdapSettings {
        let text = format!("uris = [\"ldaps://a\"]\nbase = \"dc=x\"\n{lines}");
        toml::from_str(&text).expect("settings")
    }

    #[test]
    fn a_preset_is_what_is_not_written() {
        for preset in Preset::ALL {
            let usual = preset.usual();
            let settings = settings(&format!("preset = \"{}\"", preset.as_str()));
            assert_eq!(settings.preset, Some(preset));
            assert_eq!(settings.filters(), (usual.filter, usual.mail_filter));
            assert_eq!(settings.name_attribute, usual.name_attribute);
            assert_eq!(settings.id_attribute, usual.id_attribute);
            assert_eq!(settings.mail_attribute, usual.mail_attribute);
            assert_eq!(settings.group_filter, usual.group_filter);
            assert_eq!(settings.group_name_attribute, usual.group_name_attribute);
            assert_eq!(settings.member_of_attribute, usual.member_of_attribute);
            assert_eq!(settings.nested_groups, usual.nested_groups);
            assert_eq!(settings.state.means.as_deref(), Some(usual.means));
            assert_eq!(settings.password_change(), usual.password_change);
            assert!(Filters::parse(settings.filters()).is_ok(), "{preset:?}");
        }
        let settings = settings("");
        assert_eq!(settings.id_attribute, "entryUUID");
        assert_eq!(settings.state.means.as_deref(), Some(&Means::ALL[..]));
    }

    #[test]
    fn each_key_overrides_the_preset() {
        let settings = settings(
            "preset = \"active-directory\"\nfilter = \"(cn={user})\"\nname_attribute = \"cn\"\n\
             id_attribute = \"objectSid\"\nmail_attribute = \"proxyAddresses\"\n\
             group_filter = \"(x={dn})\"\ngroup_name_attribute = \"name\"\n\
             member_of_attribute = \"tokenGroups\"\nstate = { means = [\"shadow\"] }\n\
             password_change = \"none\"",
        );
        assert_eq!(settings.filters(), ("(cn={user})", "(cn={user})"));
        assert_eq!(settings.name_attribute, "cn");
        assert_eq!(settings.id_attribute, "objectSid");
        assert_eq!(settings.mail_attribute, "proxyAddresses");
        assert_eq!(settings.group_filter, "(x={dn})");
        assert_eq!(settings.group_name_attribute, "name");
        assert_eq!(settings.member_of_attribute, "tokenGroups");
        assert_eq!(settings.password_change(), PasswordChange::None);
        assert_eq!(settings.state.means.as_deref(), Some(&[Means::Shadow][..]));
    }

    #[test]
    fn settings_that_are_shown_say_the_same_when_they_are_read() {
        for preset in Preset::ALL {
            let settings = settings(&format!("preset = \"{}\"", preset.as_str()));
            let shown = toml::to_string(&settings).expect("TOML");
            let again: LdapSettings = toml::from_str(&shown).expect("settings");
            assert_eq!(toml::to_string(&again).expect("TOML"), shown);
        }
    }
}
