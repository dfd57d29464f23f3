//! The section `[audit]` of the settings: what stands in the audit.

use serde::{Deserialize, Serialize};

use crate::audit::Format;
use crate::audit::names::UnknownNames;

/// What stands in the audit.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSettings {
    /// How names are written that the directory does not know.
    pub unknown_names: UnknownNames,
    /// How lines are written.
    pub format: Format,
}
