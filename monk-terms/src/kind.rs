//! The kinds of credentials.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A device that shows codes (RFC 6238).
    Totp,
    /// A generated password for one program.
    AppPassword,
    /// A set of codes on paper.
    #[serde(rename = "backup-code")]
    BackupCodes,
    /// The code that stands for a second factor after a reset.
    EnrolmentCode,
    /// An address that codes are sent to.
    Email,
    /// A key of WebAuthn, which signs in to the portal.
    Passkey,
    /// A one-time code of the portal.
    PortalCode,
    /// A ticket of the portal.
    PortalTicket,
    /// A kind that a newer monk has written.
    #[serde(other)]
    Unknown,
}

impl Kind {
    /// The word in records, tables, JSON and the audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::AppPassword => "app-password",
            Self::BackupCodes => "backup-code",
            Self::EnrolmentCode => "enrolment-code",
            Self::Email => "email",
            Self::Passkey => "passkey",
            Self::PortalCode => "portal-code",
            Self::PortalTicket => "portal-ticket",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the portal gives it for one login, and it ends by itself within minutes.
    #[must_use]
    pub fn opens_once(self) -> bool {
        matches!(self, Self::PortalCode | Self::PortalTicket)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_word_everywhere_and_newer_ones_are_unknown() {
        for kind in [
            Kind::Totp,
            Kind::AppPassword,
            Kind::BackupCodes,
            Kind::EnrolmentCode,
            Kind::Email,
            Kind::Passkey,
            Kind::PortalCode,
            Kind::PortalTicket,
            Kind::Unknown,
        ] {
            let json = serde_json::to_value(kind).expect("a word");
            assert_eq!(json, kind.as_str());
            assert_eq!(serde_json::from_value::<Kind>(json).expect("a kind"), kind);
            let bytes = postcard::to_stdvec(&kind).expect("a byte");
            assert_eq!(postcard::from_bytes::<Kind>(&bytes).expect("a kind"), kind);
        }
        assert_eq!(serde_json::from_value::<Kind>("retina".into()).expect("a kind"), Kind::Unknown);
    }
}
