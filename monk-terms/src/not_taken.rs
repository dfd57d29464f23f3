//! Why a directory does not take a new password.

use serde::{Deserialize, Serialize};

/// Shortest password that users of the embedded directory choose, in characters; root can set a shorter one. What
/// is shorter is a slip of the finger, or a test that nobody takes back. With five small letters at random,
/// somebody who gets 400 guesses a day, the most that the engine looks at, is right after 40 years on average. How
/// good passwords have to be beyond that is for the organisation to say.
pub const SHORTEST: usize = 5;

/// Why a new password was not taken. What the directory said in its own words goes with it: these are the kinds
/// that programs tell apart (draft-behera-ldap-password-policy-10 §6.2, `passwordPolicyError`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotTaken {
    /// It has fewer characters than the directory asks for.
    TooShort,
    /// It is too easy to guess, for the rules of the directory.
    TooWeak,
    /// The user had it before.
    InHistory,
    /// The password that there is may not be changed yet.
    TooYoung,
    /// This user may not change it, or nobody may change it here.
    NotAllowed,
    /// Something else; the directory's own words say it, if anything does.
    Other,
}
