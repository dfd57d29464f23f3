//! What counts of a user's records, as it is stored.

use serde::{Deserialize, Serialize};

/// What counts of a user's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Random: another one after each reset.
    pub generation: String,
    /// The credentials that count, each by its mark: see `mac::mark_of`.
    pub(crate) holds: Vec<String>,
}
