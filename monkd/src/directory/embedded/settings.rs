//! The section `[embedded]` of the settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The least number that can be given to users and groups: below are the system's own (Debian policy, 9.2.2).
pub const LEAST_ID: u32 = 1000;

/// The greatest one. The last two of 32 bits stand for nobody and for no number at all.
pub const GREATEST_ID: u32 = u32::MAX - 2;

/// Numbers that mean something else: nobody (Debian policy, 9.2.2), and "no number" in 16 bits.
const RESERVED: [u32; 2] = [65534, 65535];

/// The embedded directory.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddedSettings {
    /// The SQLite file.
    pub path: PathBuf,
    /// The first number that new users and groups get.
    pub first_id: u32,
    /// The last one.
    pub last_id: u32,
}

impl Default for EmbeddedSettings {
    /// The numbers are those that nothing else on a Debian host gives to anybody: adduser has 1000 to 59999,
    /// systemd 60001 to 65519 and 524288 and up (UIDS-GIDS), and subordinate uids begin at 100000 (subuid(5)).
    fn default() -> Self {
        Self { path: "/var/lib/monk/monk.db".into(), first_id: 65_536, last_id: 99_999 }
    }
}

impl EmbeddedSettings {
    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let Self { first_id, last_id, .. } = self;
        if !is_id(*first_id) || !is_id(*last_id) {
            return Some(format!(
                "first_id and last_id are {LEAST_ID} to {GREATEST_ID}, and neither 65534 nor 65535"
            ));
        }
        if first_id > last_id || RESERVED.iter().any(|id| (first_id..=last_id).contains(&id)) {
            return Some(
                "first_id to last_id is a range without 65534 and 65535, which stand for nobody"
                    .to_owned(),
            );
        }
        None
    }
}

/// Whether a user or group can have this number.
#[must_use]
pub fn is_id(id: u32) -> bool {
    (LEAST_ID..=GREATEST_ID).contains(&id) && !RESERVED.contains(&id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_only_numbers_that_somebody_can_have() {
        let with = |first_id, last_id| EmbeddedSettings { first_id, last_id, ..Default::default() };
        assert_eq!(EmbeddedSettings::default().problem(), None);
        for (first, last) in [(1000, 1000), (1000, 59_999), (65_536, GREATEST_ID)] {
            assert_eq!(with(first, last).problem(), None, "{first} {last}");
        }
        for (first, last) in
            [(999, 2000), (2000, 1999), (60_000, 70_000), (65_535, 70_000), (70_000, u32::MAX)]
        {
            assert!(with(first, last).problem().is_some(), "{first} {last}");
        }
    }
}
