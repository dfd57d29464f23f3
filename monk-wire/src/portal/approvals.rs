//! Logins of other programs that wait for the user's approval on a page.

use serde::{Deserialize, Serialize};

/// A login that waits for an approval. Which of the numbers is the right one, only the engine can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingLogin {
    /// Stands for it.
    pub request: String,
    /// The user's name.
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// The host.
    pub host: String,
    /// Where from, as the program has stated it.
    pub address: Option<String>,
    /// The terminal of a login on the host itself.
    pub terminal: Option<String>,
    /// When it began, in seconds since 1970.
    pub asked: u64,
    /// For how many seconds it waits still.
    pub seconds_left: u64,
    /// The numbers to choose from, in the order in which they are shown.
    pub numbers: [u8; 3],
}

/// What came of an answer to a login that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalEnd {
    /// It can go ahead.
    Approved {
        /// The PAM service.
        service: String,
        /// The host.
        host: String,
    },
    /// The number was another one: the login is refused.
    WrongNumber,
    /// It is refused, as the user has wished.
    Denied,
    /// It has ended, or was answered before.
    Over,
}
