//! Details of failures, as data.

use serde::{Deserialize, Serialize};

/// By how much the clock of a device differs from the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockOffset {
    /// Seconds.
    pub seconds: u64,
    /// Whether the device is ahead.
    pub ahead: bool,
}

/// What is wrong with a code that should have come by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmailedCodeFault {
    /// It does not have 6 digits.
    Shape,
    /// It is not the code that was sent.
    Wrong,
    /// No code that was sent is good any more.
    NoneLeft,
}

/// Why a sealed secret does not open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretFault {
    /// It is sealed with a key that the host does not hold.
    KeyNotHeld {
        /// Its id.
        key: String,
    },
    /// It is no sealed value.
    Malformed,
    /// It was sealed for another user or credential, or altered.
    Forged,
}

/// What needs a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// Records that are made with it.
    pub records: u32,
    /// Seeds that are sealed with it.
    pub seeds: u32,
    /// App passwords and codes that are hashed with it.
    pub hashes: u32,
    /// Some of the users whom they belong to.
    pub users: Vec<String>,
    /// The primary key, which records and seeds can be made with instead.
    pub primary: String,
}
