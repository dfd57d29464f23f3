//! The section `[ldap.names]` of the settings: what makes entries users and groups of hosts.

use serde::{Deserialize, Serialize};

/// Where the numbers, home folders and keys of users are read. What is not written has the value of the preset.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PosixSettings {
    /// Where uids and gids come from.
    pub ids: Ids,
    /// With `ids = "sid"`: the domain whose users and groups are served, `S-1-5-21-…`.
    pub domain_sid: Option<String>,
    /// The attribute with the uid. Who has none is no user of hosts.
    pub uid_number_attribute: String,
    /// The attribute with the gid of a group, and with that of a user's primary group.
    pub gid_number_attribute: String,
    /// The attribute with the home folder.
    pub home_attribute: String,
    /// The attribute with the shell.
    pub shell_attribute: String,
    /// The attribute with what programs call the gecos field.
    pub gecos_attribute: String,
    /// The attribute with the name of a person, for those without that field.
    pub full_name_attribute: String,
    /// The attribute with the name of a group; by default the one that policies name groups by.
    pub group_name_attribute: String,
    /// The attribute with the public keys for ssh; empty where there is none.
    pub ssh_key_attribute: Option<String>,
    /// With `ids = "sid"`: the ids that are given.
    pub sid_range: Option<SidRange>,
}

/// Where uids and gids come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ids {
    /// From attributes of the entries.
    #[default]
    Attributes,
    /// From the last number of the SID, in Active Directory.
    Sid,
}

/// The ids of a domain: its user or group number N has the id `first` + N.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SidRange {
    /// What is added.
    pub first: u32,
    /// How many ids there are. Users and groups whose number is not below that are not served.
    pub size: u32,
}

/// What these attributes are called in the directories of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsualNames {
    /// `uid_number_attribute`.
    pub uid_number: &'static str,
    /// `gid_number_attribute`.
    pub gid_number: &'static str,
    /// `home_attribute`.
    pub home: &'static str,
    /// `shell_attribute`.
    pub shell: &'static str,
    /// `gecos_attribute`.
    pub gecos: &'static str,
    /// `full_name_attribute`.
    pub full_name: &'static str,
    /// `group_name_attribute`, where it is not that of policies.
    pub group_name: Option<&'static str>,
    /// `ssh_key_attribute`.
    pub ssh_key: &'static str,
}

/// RFC 2307, and what OpenSSH's patch for LDAP called keys.
pub const GENERIC: UsualNames = UsualNames {
    uid_number: "uidNumber",
    gid_number: "gidNumber",
    home: "homeDirectory",
    shell: "loginShell",
    gecos: "gecos",
    full_name: "cn",
    group_name: None,
    ssh_key: "sshPublicKey",
};

impl PosixSettings {
    /// Fills in what is not written; `group_name` is the attribute that policies name groups by.
    pub(super) fn fill(&mut self, usual: &UsualNames, group_name: &str) {
        for (value, usual) in [
            (&mut self.uid_number_attribute, usual.uid_number),
            (&mut self.gid_number_attribute, usual.gid_number),
            (&mut self.home_attribute, usual.home),
            (&mut self.shell_attribute, usual.shell),
            (&mut self.gecos_attribute, usual.gecos),
            (&mut self.full_name_attribute, usual.full_name),
            (&mut self.group_name_attribute, usual.group_name.unwrap_or(group_name)),
        ] {
            if value.is_empty() {
                usual.clone_into(value);
            }
        }
        self.ssh_key_attribute.get_or_insert_with(|| usual.ssh_key.to_owned());
    }

    /// The attributes of entries that are named one by one.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        let named = [
            &self.uid_number_attribute,
            &self.gid_number_attribute,
            &self.home_attribute,
            &self.shell_attribute,
            &self.gecos_attribute,
            &self.full_name_attribute,
            &self.group_name_attribute,
        ];
        named.into_iter().chain(&self.ssh_key_attribute).map(String::as_str)
    }
}
