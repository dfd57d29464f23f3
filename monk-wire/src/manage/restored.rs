//! Records that were restored from a backup.

use serde::{Deserialize, Serialize};

/// What has become of everybody's codes after a backup of the directory was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Users who have records.
    pub users: u64,
    /// Users whose codes could not be spent just now, the first hundred: run it again.
    pub left: Vec<String>,
    /// Users whose records are not this host's to change, the first hundred: they are on their way to another store,
    /// or made with a key that this host does not hold.
    pub foreign: Vec<String>,
}
