//! The section `[names]` of the settings: which users and groups this host has from the directory.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The least uid and gid that may be given to hosts: below are the system's own (Debian policy, 9.2.2).
pub const LEAST_ID: u32 = 1000;

/// Debian's group `users`, which is for people (base-passwd, users-and-groups).
pub const USERS: u32 = 100;

/// Users and groups for this host, through `libnss_monk.so.2`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NameSettings {
    /// Where questions about names are answered.
    pub socket: PathBuf,
    /// The file of what was answered a moment ago.
    pub map: PathBuf,
    /// Seconds after which an answer is asked for again: how long a change in the directory may be unseen.
    pub refresh_seconds: u64,
    /// Hours in which the last answer is given while the directory does not answer.
    pub keep_hours: u64,
    /// Whether `getent passwd` and `getent group` list everybody.
    pub enumerate: bool,
    /// The least uid that is served.
    pub minimum_uid: u32,
    /// The least gid that is served.
    pub minimum_gid: u32,
    /// Groups of this machine that users may have as their primary group.
    pub primary_gids: Vec<u32>,
    /// The home folder of users without one: `{user}` stands for the name.
    pub default_home: String,
    /// The shell of users without one.
    pub default_shell: String,
}

impl Default for NameSettings {
    fn default() -> Self {
        Self {
            socket: monk_wire::names::SOCKET.into(),
            map: monk_wire::names::MAP.into(),
            refresh_seconds: 60,
            keep_hours: 24,
            enumerate: false,
            minimum_uid: LEAST_ID,
            minimum_gid: LEAST_ID,
            primary_gids: vec![USERS],
            default_home: "/home/{user}".into(),
            default_shell: "/bin/bash".into(),
        }
    }
}

/// Seconds of an hour.
const HOUR: u64 = 3600;

/// Longest time for which an answer may be kept, in hours: a week. Who was away for longer has to look again.
const MOST_HOURS: u64 = 7 * 24;

/// Longest time after which an answer is asked for again, in seconds: an hour.
const MOST_REFRESH: u64 = HOUR;

impl NameSettings {
    /// How long an answer is as good as the directory's.
    #[must_use]
    pub fn refresh(&self) -> Duration {
        Duration::from_secs(self.refresh_seconds)
    }

    /// How long an answer is better than none.
    #[must_use]
    pub fn keep(&self) -> Duration {
        Duration::from_secs(self.keep_hours * HOUR)
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        if !(1..=MOST_REFRESH).contains(&self.refresh_seconds) {
            return Some(format!("refresh_seconds is 1 to {MOST_REFRESH}"));
        }
        if self.keep_hours > MOST_HOURS {
            return Some(format!("keep_hours is at most {MOST_HOURS}"));
        }
        if self.minimum_uid < LEAST_ID || self.minimum_gid < LEAST_ID {
            return Some(format!(
                "minimum_uid and minimum_gid are {LEAST_ID} or more: lower numbers are the system's own"
            ));
        }
        if self.primary_gids.contains(&0) {
            return Some("primary_gids has 0, which is root's group".to_owned());
        }
        let is_path = |path: &str| path.starts_with('/') && !path.contains([':', '\n', '\0']);
        if !is_path(&self.default_home) || !is_path(&self.default_shell) {
            return Some(
                "default_home and default_shell are absolute paths without a colon".to_owned(),
            );
        }
        None
    }
}
