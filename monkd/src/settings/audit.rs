//! The section `[audit]` of the settings: what stands in the audit.

use serde::{Deserialize, Serialize};

/// What stands in the audit.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSettings {
    /// How names are written that the directory does not know.
    pub unknown_names: UnknownNames,
}

/// How names are written that the directory does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownNames {
    /// As they were typed. Programs write them to their own logs anyway, and whoever looks for a typing
    /// error or an attacker wants to see them.
    #[default]
    Plain,
    /// As a keyed hash: somebody may have typed a password in the place of the name.
    Hash,
}
