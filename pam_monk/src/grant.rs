//! What the engine has just granted in this transaction.
//!
//! Account management asks what the login has asked already: whether the engine knows the user and
//! lets him in. Mail programs ask both, one right after the other, so that each login would cost two
//! conversations and two searches in the directory.

use std::time::{Duration, Instant};

use monk_pam_arguments::Arguments;

/// How long a grant also answers for account management. Later than that, an administrator may have
/// disabled the user, and the engine is asked.
const LIFE: Duration = Duration::from_secs(5);

/// A login that the engine has granted: to whom, for what, and whose answer it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The user.
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// The remote host.
    pub address: Option<String>,
    /// The arguments in the rules.
    pub arguments: Arguments,
    /// When it was granted.
    pub at: Instant,
    /// Whether the user needs a new password before anything else: then it answers for nothing.
    pub new_password: bool,
}

impl Grant {
    /// Whether it answers for `now`, the same question at this moment. The least difference, such as
    /// another argument in the rules, and the engine is asked.
    pub fn answers_for(&self, now: &Self) -> bool {
        !self.new_password
            && now.at.saturating_duration_since(self.at) <= LIFE
            && *self == Self { at: self.at, ..now.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_answers_for_the_same_question_and_not_for_long() {
        let then = Grant {
            user: "alice".into(),
            service: "imap".into(),
            address: None,
            arguments: Arguments::default(),
            at: Instant::now(),
            new_password: false,
        };
        assert!(then.answers_for(&then));
        assert!(then.answers_for(&Grant { at: then.at + LIFE, ..then.clone() }));
        let arguments = Arguments { service: Some("imap".into()), ..Arguments::default() };
        for other in [
            Grant { user: "bob".into(), ..then.clone() },
            Grant { service: "smtp".into(), ..then.clone() },
            Grant { address: Some("192.0.2.7".into()), ..then.clone() },
            Grant { arguments, ..then.clone() },
            Grant { at: then.at + LIFE + Duration::from_millis(1), ..then.clone() },
            Grant { new_password: true, ..then.clone() },
        ] {
            assert!(!then.answers_for(&other), "{other:?}");
        }
        let old_password = Grant { new_password: true, ..then };
        assert!(!old_password.answers_for(&old_password));
    }
}
