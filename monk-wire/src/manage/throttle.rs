//! Who is slowed down.

use serde::{Deserialize, Serialize};

/// What is to be done with the counters of failures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThrottleCommand {
    /// Lists who has failed.
    List,
    /// Forgets failures.
    Clear {
        /// Of this user or network; `None` for all.
        whose: Option<String>,
    },
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThrottleOutcome {
    /// Who has failed, who waits longest first.
    List(Vec<SlowedRow>),
    /// How many counters are forgotten.
    Cleared(u32),
}

/// One counter of failures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowedRow {
    /// `user` (from all networks that are not known to be his), `network`, `known` (a user at a
    /// network of his), or `directory` (what the directory was sent of a user's).
    pub scope: String,
    /// What was guessed: `password`, `code` or `app-password`.
    pub proof: String,
    /// Login name.
    pub user: Option<String>,
    /// The address, or for IPv6 the first 64 bits of it.
    pub network: Option<String>,
    /// Failures that time has not healed yet.
    pub failures: u32,
    /// Seconds until the next attempt is looked at.
    pub wait: u64,
    /// When the last failure was, in seconds since 1970.
    pub at: u64,
}
