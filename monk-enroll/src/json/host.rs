//! Documents of `key` and `config`.

use monk_wire::manage::KeyStatus;
use serde::Serialize;

/// `key create` and `key retire`.
#[derive(Debug, Serialize)]
pub struct KeyChanged<'a> {
    /// Id of the key.
    pub id: &'a str,
    /// `created` or `retired`.
    pub state: &'a str,
}

/// `key list`.
#[derive(Debug, Serialize)]
pub struct KeyList<'a> {
    /// All that are here, or that values need.
    pub keys: Vec<KeyDocument<'a>>,
}

/// One key of `key list`.
#[derive(Debug, Serialize)]
pub struct KeyDocument<'a> {
    id: &'a str,
    held: bool,
    primary: bool,
    devices: u32,
    hashes: u32,
    records: u32,
    users: &'a [String],
}

impl<'a> KeyDocument<'a> {
    pub(crate) fn of(key: &'a KeyStatus) -> Self {
        let KeyStatus { id, held, primary, devices, hashes, records, users } = key;
        Self {
            id,
            held: *held,
            primary: *primary,
            devices: *devices,
            hashes: *hashes,
            records: *records,
            users,
        }
    }
}

/// `key rotate`.
#[derive(Debug, Serialize)]
pub struct KeyRotated<'a> {
    /// Id of the key.
    pub id: &'a str,
    /// Seeds that are sealed with it now.
    pub sealed: u32,
    /// Records that are made with it now.
    pub records: u32,
    /// Seeds and records that this host has no key for.
    pub unopened: u32,
    /// Users whose records could not be changed just now.
    pub failed: &'a [String],
}

/// `config show`.
#[derive(Debug, Serialize)]
pub struct ConfigShown<'a> {
    /// The settings in force, as TOML.
    pub settings: &'a str,
}

/// `config check`.
#[derive(Debug, Serialize)]
pub struct ConfigChecked<'a> {
    /// What the engine says of the file.
    pub message: &'a str,
}
