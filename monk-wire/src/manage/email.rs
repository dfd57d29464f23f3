//! The address that codes are sent to: set, confirmed by a code, tested, removed.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// What is to be done about a user's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmailCommand {
    /// Sends a code to an address, which is good for nothing until that code comes back.
    Set {
        /// The address; `None` for the one of the directory.
        address: Option<String>,
    },
    /// Confirms the address that was set with the code that was sent there.
    Confirm {
        /// The code.
        code: Secret,
    },
    /// Sends a test mail to the address that codes go to, and tells what the mail server says.
    Test {
        /// The PAM service whose settings of mail apply; `None` for the usual ones.
        service: Option<String>,
    },
    /// Removes the address, confirmed or not.
    Remove,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmailOutcome {
    /// A code is on its way to the address.
    Pending {
        /// The address.
        address: String,
        /// Minutes that the code is good.
        minutes: u32,
    },
    /// Codes go to this address from now on.
    Confirmed {
        /// The address.
        address: String,
    },
    /// The mail server has taken the test mail.
    Sent {
        /// The address.
        address: String,
        /// What the server said to it.
        answer: String,
    },
    /// Codes no longer go to these addresses.
    Removed {
        /// The addresses, confirmed or not.
        addresses: Vec<String>,
        /// Whether no second factor is left.
        last: bool,
    },
}
