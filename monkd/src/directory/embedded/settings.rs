//! The section `[embedded]` of the settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The embedded directory.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddedSettings {
    /// The SQLite file.
    pub path: PathBuf,
}

impl Default for EmbeddedSettings {
    fn default() -> Self {
        Self { path: "/var/lib/monk/monk.db".into() }
    }
}
