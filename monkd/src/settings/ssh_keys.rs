//! The section `[ssh_keys]` of the settings: who may ask for everybody's keys.

use serde::{Deserialize, Serialize};

/// The public keys that sshd asks for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SshKeySettings {
    /// The account of this machine that sshd runs `monk-ssh-keys` as (`AuthorizedKeysCommandUser`).
    pub user: String,
}

impl Default for SshKeySettings {
    fn default() -> Self {
        Self { user: "monk-keys".into() }
    }
}
