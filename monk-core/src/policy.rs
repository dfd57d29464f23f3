//! What a service asks for.

use serde::{Deserialize, Serialize};

use crate::credential::CredentialSet;
use crate::verdict::Refusal;

/// Whether a second factor is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mfa {
    /// Always; who has none enrolled is refused.
    #[default]
    Required,
    /// From users who have one enrolled.
    WhenEnrolled,
    /// Never; a code that is typed all the same must be right.
    Off,
}

/// Whether, and by whom, the directory password is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordCheck {
    /// By monk, at every login.
    #[default]
    Required,
    /// Never: only app passwords open this service.
    AppPasswordsOnly,
    /// By monk, unless sshd has accepted a public key in this very login.
    SkipAfterPublickey,
    /// By another module of the PAM stack; monk checks the second factor alone.
    Elsewhere,
}

/// Whether a second screen may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// Where the program can show one.
    #[default]
    Auto,
    /// Never: everything has to come in one string.
    Never,
}

/// Whether the `;` between password and code may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separator {
    /// `PASSWORD;CODE` only.
    #[default]
    Required,
    /// `PASSWORDCODE` too, where the last digits are the user's current code.
    Optional,
}

/// The policy of one service. The default is the strictest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Is a second factor asked?
    pub mfa: Mfa,
    /// Is the password checked here?
    pub password: PasswordCheck,
    /// May there be a second screen?
    pub prompt: Prompt,
    /// May the `;` be missing?
    pub separator: Separator,
}

/// What a section of the settings says; what it leaves out comes from the section below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyLayer {
    /// See [`Policy::mfa`].
    pub mfa: Option<Mfa>,
    /// See [`Policy::password`].
    pub password: Option<PasswordCheck>,
    /// See [`Policy::prompt`].
    pub prompt: Option<Prompt>,
    /// See [`Policy::separator`].
    pub separator: Option<Separator>,
}

impl PolicyLayer {
    /// This layer over `below`.
    #[must_use]
    pub fn over(&self, below: Policy) -> Policy {
        Policy {
            mfa: self.mfa.unwrap_or(below.mfa),
            password: self.password.unwrap_or(below.password),
            prompt: self.prompt.unwrap_or(below.prompt),
            separator: self.separator.unwrap_or(below.separator),
        }
    }
}

/// What the policy asks of one user beyond the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing more.
    Nothing,
    /// A code of one of the user's second factors.
    Code,
    /// What the user cannot give.
    Refuse(Refusal),
}

impl Policy {
    /// Why this policy would let people in unchecked, if it would.
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        (self.password == PasswordCheck::Elsewhere && self.mfa == Mfa::Off)
            .then_some("password = \"elsewhere\" with mfa = \"off\" checks nothing at all")
    }

    /// Whether monk checks a password in this login.
    ///
    /// `publickey_accepted`: sshd says that it has accepted a key in this login.
    #[must_use]
    pub fn asks_password(&self, publickey_accepted: bool) -> bool {
        match self.password {
            PasswordCheck::Required | PasswordCheck::AppPasswordsOnly => true,
            PasswordCheck::SkipAfterPublickey => !publickey_accepted,
            PasswordCheck::Elsewhere => false,
        }
    }

    /// What is asked beyond the password of a user with these credentials.
    #[must_use]
    pub fn demand(&self, set: &CredentialSet) -> Demand {
        match (self.mfa, set.has_second_factor()) {
            (Mfa::Off, _) | (Mfa::WhenEnrolled, false) => Demand::Nothing,
            (Mfa::Required | Mfa::WhenEnrolled, true) => Demand::Code,
            (Mfa::Required, false) => Demand::Refuse(Refusal::NotEnrolled),
        }
    }

    /// The same of a user who `can_be_sent` a code: such a user can give one where nothing is
    /// enrolled, but is not asked where only the enrolled are.
    #[must_use]
    pub fn demand_of(&self, set: &CredentialSet, can_be_sent: bool) -> Demand {
        match self.demand(set) {
            Demand::Refuse(Refusal::NotEnrolled) if can_be_sent => Demand::Code,
            demand => demand,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_means_the_strictest() {
        let policy = PolicyLayer::default().over(Policy::default());
        assert_eq!((policy.mfa, policy.password), (Mfa::Required, PasswordCheck::Required));
        assert_eq!(policy.demand(&CredentialSet::default()), Demand::Refuse(Refusal::NotEnrolled));
    }

    #[test]
    fn a_service_overrides_what_it_names_and_inherits_the_rest() {
        let defaults = PolicyLayer { prompt: Some(Prompt::Never), ..PolicyLayer::default() };
        let service = PolicyLayer { mfa: Some(Mfa::WhenEnrolled), ..PolicyLayer::default() };
        let policy = service.over(defaults.over(Policy::default()));
        assert_eq!((policy.mfa, policy.prompt), (Mfa::WhenEnrolled, Prompt::Never));
    }

    #[test]
    fn an_unreadable_credential_is_never_taken_for_none() {
        let set = CredentialSet { unreadable_credentials: 1, ..CredentialSet::default() };
        for mfa in [Mfa::Required, Mfa::WhenEnrolled] {
            assert_eq!(Policy { mfa, ..Policy::default() }.demand(&set), Demand::Code);
        }
    }

    #[test]
    fn a_policy_that_checks_nothing_is_a_contradiction() {
        let nothing =
            Policy { mfa: Mfa::Off, password: PasswordCheck::Elsewhere, ..Policy::default() };
        assert!(nothing.contradiction().is_some());
        assert!(Policy { mfa: Mfa::WhenEnrolled, ..nothing }.contradiction().is_none());
    }

    #[test]
    fn a_key_replaces_the_password_only_where_the_policy_says_so() {
        let skip = Policy { password: PasswordCheck::SkipAfterPublickey, ..Policy::default() };
        assert!(!skip.asks_password(true) && skip.asks_password(false));
        assert!(Policy::default().asks_password(true));
    }
}
