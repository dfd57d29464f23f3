//! What a login proves, and what a guess can miss.
//!
//! Failures are counted apart for each of these, and a success takes back only the failures of what it
//! proved: an app password says nothing about who guesses at codes.

use crate::verdict::Grant;

/// One thing that a user can prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proof {
    /// The password that the directory checks.
    Password,
    /// A code of a second factor.
    Code,
    /// An app password.
    AppPassword,
}

impl Proof {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Password, Self::Code, Self::AppPassword];

    /// The word in tables and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::AppPassword => "app-password",
        }
    }

    /// The proof that [`Proof::as_str`] gave this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.as_str() == word)
    }
}

impl Grant {
    /// What a login of this kind has proved. `checked_password`: whether monk has checked a password
    /// in it.
    #[must_use]
    pub fn proves(self, checked_password: bool) -> &'static [Proof] {
        match self {
            Self::Totp
            | Self::BackupCode
            | Self::EnrolmentCode
            | Self::EmailedCode
            | Self::PortalCode
            | Self::Approval => {
                if checked_password {
                    &[Proof::Password, Proof::Code]
                } else {
                    &[Proof::Code]
                }
            }
            // The code of a remembered login was proved when it was new.
            Self::Password | Self::Grace | Self::Remembered => &[Proof::Password],
            Self::AppPassword => &[Proof::AppPassword],
            // It is gone with this login, and says nothing of who types passwords, codes or app passwords.
            Self::CheckedElsewhere | Self::Passkey | Self::PortalTicket => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_second_factor_proves_a_code() {
        for grant in [
            Grant::Password,
            Grant::AppPassword,
            Grant::CheckedElsewhere,
            Grant::Grace,
            Grant::Remembered,
            Grant::PortalTicket,
        ] {
            for checked in [false, true] {
                assert!(!grant.proves(checked).contains(&Proof::Code), "{grant:?}");
            }
        }
        for grant in [
            Grant::Totp,
            Grant::BackupCode,
            Grant::EnrolmentCode,
            Grant::EmailedCode,
            Grant::Approval,
        ] {
            assert_eq!(grant.proves(true), [Proof::Password, Proof::Code]);
            assert_eq!(grant.proves(false), [Proof::Code], "a key, or another module");
        }
    }

    #[test]
    fn words_come_back() {
        for proof in Proof::ALL {
            assert_eq!(Proof::from_word(proof.as_str()), Some(proof));
        }
        assert_eq!(Proof::from_word("key"), None);
    }
}
