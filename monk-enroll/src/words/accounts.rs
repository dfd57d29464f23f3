//! What the state of an account means for its user.

use monk_terms::account_state::AccountState;

/// What this state closes, if anything. docs/account-state.md has the table.
pub fn what_is_closed(state: AccountState) -> Option<&'static str> {
    Some(match state {
        AccountState::Enabled => return None,
        AccountState::PasswordExpired | AccountState::MustChange => {
            "a new password is needed before anything else"
        }
        AccountState::Locked => "every login is refused until the directory unlocks the account",
        AccountState::Expired | AccountState::Disabled => "every login is refused",
    })
}

/// Why users in this state may not change their own factors.
pub fn why_nothing_is_changed(state: AccountState) -> &'static str {
    match state {
        AccountState::PasswordExpired | AccountState::MustChange => {
            "your password has to be changed first: nothing was changed"
        }
        AccountState::Locked => {
            "your account is locked, usually after wrong passwords: nothing was changed. Try again later, \
             or ask an administrator to unlock it"
        }
        AccountState::Expired => {
            "your account has expired or is not valid yet: only an administrator can change that"
        }
        AccountState::Disabled | AccountState::Enabled => {
            "your account is disabled: only an administrator can enable it"
        }
    }
}
