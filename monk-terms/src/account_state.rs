//! What a directory says of an account, besides that it exists.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::verdict::Refusal;

/// The state of an account. Where several hold at once, the greatest counts: it closes most.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// Nothing is said against it.
    #[default]
    Enabled,
    /// The password is too old. The directory may still take it a few times.
    PasswordExpired,
    /// Somebody has set the password for the user, who has to choose another one first.
    MustChange,
    /// Closed for a time, mostly after wrong passwords.
    Locked,
    /// The account's time is over, or has not begun.
    Expired,
    /// Switched off, until somebody switches it on.
    Disabled,
}

impl AccountState {
    /// All of them, from the one that closes nothing to the one that closes most.
    pub const ALL: [Self; 6] = [
        Self::Enabled,
        Self::PasswordExpired,
        Self::MustChange,
        Self::Locked,
        Self::Expired,
        Self::Disabled,
    ];

    /// The word in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self.refusal() {
            None => "enabled",
            Some(refusal) => refusal.as_str(),
        }
    }

    /// Why a login that this state closes is refused; `None` for [`AccountState::Enabled`].
    #[must_use]
    pub fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Enabled => None,
            Self::PasswordExpired => Some(Refusal::PasswordExpired),
            Self::MustChange => Some(Refusal::MustChange),
            Self::Locked => Some(Refusal::Locked),
            Self::Expired => Some(Refusal::Expired),
            Self::Disabled => Some(Refusal::Disabled),
        }
    }

    /// Whether nobody gets in under this account, whatever is proved.
    #[must_use]
    pub fn closes_everything(self) -> bool {
        matches!(self, Self::Expired | Self::Disabled)
    }

    /// Whether the account is open but for its password, which has to be changed.
    #[must_use]
    pub fn wants_a_new_password(self) -> bool {
        matches!(self, Self::PasswordExpired | Self::MustChange)
    }
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a directory says beside a right password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Advice {
    /// Nothing.
    #[default]
    Nothing,
    /// The password ends in so many seconds.
    Expires(u32),
    /// The password has expired, and is taken so many times more.
    GraceLogins(u32),
    /// The user has to change the password before anything else.
    MustChange,
}

impl Advice {
    /// The same where the entry says that the account is in this state: it may know more than the bind has said.
    #[must_use]
    pub fn with(self, state: AccountState) -> Self {
        match self {
            Self::Nothing | Self::Expires(_) if state.wants_a_new_password() => Self::MustChange,
            said => said,
        }
    }

    /// Whether the password has to be changed now, so that a login with it is no usual one.
    #[must_use]
    pub fn wants_a_new_password(self) -> bool {
        matches!(self, Self::GraceLogins(_) | Self::MustChange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_ordered_by_what_they_close() {
        assert!(AccountState::ALL.is_sorted());
        let closing = AccountState::ALL.map(AccountState::closes_everything);
        assert!(closing.is_sorted(), "{closing:?}");
    }

    #[test]
    fn only_an_enabled_account_has_no_refusal() {
        for state in AccountState::ALL {
            assert_eq!(state.refusal().is_none(), state == AccountState::Enabled, "{state}");
        }
    }
}
