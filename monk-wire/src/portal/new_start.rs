//! A new start for somebody who has lost the second factor, by an administrator of the portal.
//!
//! The code of a new start is worth a second factor. So it goes by mail, and is in no answer to the portal: somebody
//! who has taken the portal over does not get it.

use serde::{Deserialize, Serialize};

use crate::manage::InvitationMail;

/// Who gets the code. Both addresses are those of the directory, which the portal cannot change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipient {
    /// The user.
    User,
    /// The administrator, who passes it on.
    Administrator,
}

/// Somebody who starts again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStart {
    /// When the code ends, in seconds since 1970.
    pub expires: u64,
    /// How many credentials there were, and are gone.
    pub removed: u32,
    /// What became of the mail. Where it was not sent, nobody has the code.
    pub mail: InvitationMail,
}
