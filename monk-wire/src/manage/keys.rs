//! The host keys.

use serde::{Deserialize, Serialize};

/// What is to be done with the keys of this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyCommand {
    /// Makes one more. It makes no new values until it is made primary.
    Create,
    /// Lists those that are here or that values need.
    List,
    /// Makes a key the one that new values are made with, makes all records good with it, and seals the
    /// seeds of devices with it.
    Rotate {
        /// Its id.
        id: String,
    },
    /// Puts a key away that no value needs any more.
    Retire {
        /// Its id.
        id: String,
    },
}

/// One key in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// Its id.
    pub id: String,
    /// Whether this host holds it.
    pub held: bool,
    /// Whether new values are made with it.
    pub primary: bool,
    /// Seeds of devices that are sealed with it.
    pub devices: u32,
    /// App passwords, backup codes and enrolment codes that are hashed with it.
    pub hashes: u32,
    /// Records of any kind, also of what has been used, that are good because of it.
    pub records: u32,
    /// Some of the users whom they belong to.
    pub users: Vec<String>,
}

/// What a change of the primary key has brought about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotation {
    /// Seeds that are sealed with the new key now.
    pub sealed: u32,
    /// Records that are made with the new key now.
    pub records: u32,
    /// Seeds that could not be opened, and records made with a key that is not held or of a kind that only a
    /// newer monk knows: they stay as they are.
    pub unopened: u32,
    /// Users whose records could not be changed just now, the first hundred: run it again.
    pub failed: Vec<String>,
}
