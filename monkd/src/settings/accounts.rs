//! The section `[accounts]` of the settings: whose accounts are whose.

use serde::{Deserialize, Serialize};

/// Which accounts are the directory's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSettings {
    /// Names in this machine's `/etc/passwd` are never the directory's: monk leaves them to the other
    /// modules without asking it, also while it is down.
    pub passwd_is_local: bool,
}
