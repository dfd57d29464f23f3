//! The section `[metrics]` of the settings: what is counted, and who is told.

use monk_terms::printable;
use serde::{Deserialize, Serialize};

/// Most services that can be named, beside those with a section of their own.
const MOST_SERVICES: usize = 32;

/// Longest name of a service, in bytes. libpam takes longer ones, and nobody has them.
const LONGEST: usize = 64;

/// What is counted, and who is told.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsSettings {
    /// Whether anything is counted.
    pub enabled: bool,
    /// The account of this machine that `monk-metrics` runs as. Root is told as well, and nobody else.
    pub user: String,
    /// Services that are counted apart, beside those with a section of their own. All others are one.
    pub services: Vec<String>,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { enabled: false, user: "monk-metrics".into(), services: Vec::new() }
    }
}

impl MetricsSettings {
    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if self.services.len() > MOST_SERVICES {
            return Some(format!("services are at most {MOST_SERVICES}"));
        }
        let is_name = |name: &String| {
            let is_short = (1..=LONGEST).contains(&name.len());
            is_short
                && name.chars().all(printable::is_printable)
                && *name == name.to_ascii_lowercase()
        };
        let all_fit = self.services.iter().all(is_name);
        (!all_fit).then(|| "services are names of PAM services, in lower case".to_owned())
    }
}
