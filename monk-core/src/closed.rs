//! What the state of an account closes.
//!
//! | way in | disabled, expired | locked | password expired, must change |
//! |---|---|---|---|
//! | a password that monk checks | closed | closed | the directory decides; the account rule asks for a new password |
//! | an app password | closed | closed, unless the service keeps it | closed, unless the service keeps it |
//! | a ticket of the portal | closed | closed | closed |
//! | a code after a key, or after another module's password; the keys that sshd asks for | closed | closed | open; the account rule asks for a new password |
//! | changes to the user's own factors | closed | closed | closed |
//! | the account rule | closed | closed | asks for a new password |

use monk_terms::account_state::AccountState;
use monk_terms::verdict::Refusal;
use serde::{Deserialize, Serialize};

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A password that monk checks, with or without a code. Also one that was remembered.
    Password,
    /// An app password.
    AppPassword,
    /// A ticket of the portal.
    Ticket,
    /// A second factor after a key, or after a password that another module checks; and the key itself.
    SecondFactorAlone,
    /// The proof before users change their own factors.
    OwnFactors,
    /// The account rule of PAM.
    Account,
}

/// A state that does not have to close app passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgivable {
    /// [`AccountState::Locked`].
    Locked,
    /// [`AccountState::PasswordExpired`] and [`AccountState::MustChange`].
    PasswordExpired,
}

impl Forgivable {
    /// Whether that is `state`.
    #[must_use]
    pub fn is(self, state: AccountState) -> bool {
        match self {
            Self::Locked => state == AccountState::Locked,
            Self::PasswordExpired => state.wants_a_new_password(),
        }
    }

    /// The word in the settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::PasswordExpired => "password-expired",
        }
    }
}

/// Why an account in this state is closed to this way in, if it is. `forgiven` are the states that leave app
/// passwords open.
#[must_use]
pub fn why_closed(state: AccountState, way: Way, forgiven: &[Forgivable]) -> Option<Refusal> {
    let is_open = match (state, way) {
        (AccountState::Disabled | AccountState::Expired, _) => false,
        (_, Way::AppPassword) => {
            state == AccountState::Enabled || forgiven.iter().any(|one| one.is(state))
        }
        (AccountState::PasswordExpired | AccountState::MustChange, way) => {
            matches!(way, Way::Password | Way::SecondFactorAlone)
        }
        (state, _) => state == AccountState::Enabled,
    };
    if is_open { None } else { state.refusal() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAYS: [Way; 6] = [
        Way::Password,
        Way::AppPassword,
        Way::Ticket,
        Way::SecondFactorAlone,
        Way::OwnFactors,
        Way::Account,
    ];

    /// Which of [`WAYS`] are open.
    fn open(state: AccountState, forgiven: &[Forgivable]) -> [bool; 6] {
        WAYS.map(|way| why_closed(state, way, forgiven).is_none())
    }

    #[test]
    fn each_state_closes_what_the_table_says() {
        use AccountState::{Disabled, Enabled, Expired, Locked, MustChange, PasswordExpired};

        let all = [Forgivable::Locked, Forgivable::PasswordExpired];
        let old_password = [true, false, false, true, false, false];
        for (state, by_default, when_forgiven) in [
            (Enabled, [true; 6], [true; 6]),
            (PasswordExpired, old_password, [true, true, false, true, false, false]),
            (MustChange, old_password, [true, true, false, true, false, false]),
            (Locked, [false; 6], [false, true, false, false, false, false]),
            (Expired, [false; 6], [false; 6]),
            (Disabled, [false; 6], [false; 6]),
        ] {
            assert_eq!(open(state, &[]), by_default, "{state}");
            assert_eq!(open(state, &all), when_forgiven, "{state}");
        }
    }

    #[test]
    fn each_forgiven_state_leaves_the_others_closed() {
        let closed = |state, one| why_closed(state, Way::AppPassword, &[one]);
        let (locked, old) = (Forgivable::Locked, Forgivable::PasswordExpired);
        assert_eq!(closed(AccountState::Locked, old), Some(Refusal::Locked));
        assert_eq!(closed(AccountState::MustChange, locked), Some(Refusal::MustChange));
    }
}
