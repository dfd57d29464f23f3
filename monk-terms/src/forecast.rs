//! What would have become of a login under a policy that is not enforced yet.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::verdict::Refusal;

/// How a login would have ended. Only the login itself counts: what its user would have typed on a screen that was not
/// shown is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forecast {
    /// The user would be in.
    Granted,
    /// The user would be asked for a code on a second screen, and can give one.
    AsksForCode,
    /// The answer would be no.
    Refused(Refusal),
    /// The login does not tell, or what was to be asked did not answer in time.
    Unknown,
}

impl Forecast {
    /// The word in the audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::AsksForCode => "asks-for-code",
            Self::Refused(refusal) => refusal.as_str(),
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
