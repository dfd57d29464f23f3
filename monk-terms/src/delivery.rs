//! What has become of a mail.

use serde::{Deserialize, Serialize};

/// What has become of a mail to a user, as far as monk knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It is being handed to the mail server.
    Sending,
    /// The mail server has taken it.
    Sent,
    /// It was not handed over, and a later try may go better.
    Later,
    /// The mail server takes no mail for this address.
    Refused,
    /// The mail server took it, and it came back.
    Bounced,
}

impl Delivery {
    /// The word in lists and for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Later => "later",
            Self::Refused => "refused",
            Self::Bounced => "bounced",
        }
    }

    /// Whether another mail to the same address would not arrive either.
    #[must_use]
    pub fn is_undeliverable(self) -> bool {
        matches!(self, Self::Refused | Self::Bounced)
    }
}
