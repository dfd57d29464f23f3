//! What one user has.

use monk_terms::account_state::AccountState;
use monk_terms::kind::Kind;
use serde::{Deserialize, Serialize};

use super::posix::Posix;

/// What one user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The login name as the directory spells it.
    pub user: String,
    /// Mail address, if the directory has one.
    pub mail: Option<String>,
    /// What the directory says of the account.
    pub state: AccountState,
    /// Everything enrolled.
    pub credentials: Vec<CredentialStatus>,
    /// Records that this host cannot read.
    pub unreadable: u32,
    /// What the user is for hosts, where the directory is monk's own.
    pub posix: Option<Posix>,
}

/// One credential in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialStatus {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The name that the user gave it.
    pub label: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it was last used, in seconds since 1970.
    pub last_used: Option<u64>,
    /// Where from, for app passwords.
    pub last_address: Option<String>,
    /// By which service, for app passwords.
    pub last_service: Option<String>,
    /// A device or an address that is not confirmed yet.
    pub pending: bool,
    /// From when on it opens anything, in seconds since 1970, where that time is still to come.
    pub usable_from: Option<u64>,
    /// Whether this host can check it: key held, value neither moved nor altered.
    pub usable: bool,
    /// Services that an app password opens.
    pub services: Vec<String>,
    /// Networks that an app password opens them from.
    pub networks: Vec<String>,
    /// When an app password or an enrolment code ends, in seconds since 1970.
    pub expires: Option<u64>,
    /// Backup codes left of the set, and how many there were.
    pub codes_left: Option<(u32, u32)>,
}
