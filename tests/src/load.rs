//! Logins to be carried out many at a time, and what came of them.

use std::collections::BTreeMap;

/// One login to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PamLogin {
    /// The user.
    pub user: String,
    /// What is answered to the prompts; the last answer is given to all further ones.
    pub answers: Vec<String>,
}

impl PamLogin {
    /// A login with one answer.
    #[must_use]
    pub fn new(user: impl Into<String>, answer: impl Into<String>) -> Self {
        Self { user: user.into(), answers: vec![answer.into()] }
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct PamLoadOutcome {
    /// From the common beginning to the end of the last caller.
    pub seconds: f64,
    /// Logins a second that succeeded while all callers were at it: until the first was done.
    pub rate: f64,
    /// What each measured login took, in nanoseconds.
    pub nanos: Vec<u64>,
    /// How many logins ended with anything but `PAM_SUCCESS`, by the name of the end.
    pub refusals: BTreeMap<String, u64>,
}

impl PamLoadOutcome {
    /// How many logins were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refusals.values().sum()
    }
}
