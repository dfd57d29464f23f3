//! The map of a resident engine: when it is made, replaced and given up.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use monk_wire::names::memory::LEASE_MS;

use super::answers::{Answers, State};
use super::map::{self, MapFile};
use super::memory::Memory;
use super::unwritten::Unwritten;
use crate::audit;
use crate::clock::since_boot;
use crate::deadline::Deadline;

/// How long the directory may take to say which version it has. Only one of our own has one.
const VERSION_TIME: Duration = Duration::from_secs(1);

impl Answers {
    /// Makes the map, with who was known to an engine before that had the same directory.
    pub async fn publish(&self) {
        let version = self.source.names.version(Deadline::after(VERSION_TIME)).await;
        let mut state = self.state();
        state.origin.version = version.unwrap_or_default();
        let (path, now) = (self.map_path().to_owned(), since_boot());
        let left = map::left(&path, state.origin, now);
        for (query, kept) in left.known {
            state.cache.put(&query, kept, now);
        }
        state.lease_of_another(left.heartbeat);
        state.write_map((path, left.generation, Memory::create().ok()));
    }

    /// What is lent to programs that look up many names.
    pub(super) fn lent(&self) -> Option<Arc<File>> {
        self.state().map.as_ref().and_then(MapFile::lent)
    }

    /// This engine lives for one command. What it changes must not be read in the file of a resident one that has
    /// ended; one that runs makes another file.
    pub fn are_for_one_command(&self) {
        self.state().is_for_one_command = true;
    }

    /// Goes on where another one ends, after the settings were read again.
    pub fn follow(&self, before: &Self) {
        let (map, unwritten, known) = {
            let mut before = before.state();
            let mine = self.state().origin.mark;
            let known: Vec<_> = match before.origin.mark == mine {
                true => before
                    .cache
                    .known(since_boot())
                    .map(|(query, kept)| (query.to_owned(), kept.clone()))
                    .collect(),
                false => Vec::new(),
            };
            let mut state = self.state();
            state.origin.version = before.origin.version;
            state.leased_until = before.leased_until;
            (before.map.take(), before.unwritten.take(), known)
        };
        let (mut state, now) = (self.state(), since_boot());
        for (query, kept) in known {
            state.cache.put(&query, kept, now);
        }
        state.cache.expire(now);
        state.unwritten = unwritten;
        if let Some(map) = map {
            state.write_map(map.into_parts());
        }
    }

    /// Users or groups were changed through this engine: what was answered until now counts no more, for nobody.
    pub async fn changed(&self) {
        // So that the next look finds no further change, and the next engine the same directory.
        let version = self.source.names.version(Deadline::after(VERSION_TIME)).await;
        let leased_until = {
            let mut state = self.state();
            state.origin.version = version.unwrap_or(state.origin.version);
            self.forget(&mut state);
            match state.map.take() {
                Some(map) => state.write_map(map.into_parts()),
                None if state.is_for_one_command => {
                    let path = self.map_path();
                    let left = map::left(path, state.origin, since_boot());
                    state.lease_of_another(left.heartbeat);
                    map::remove(path);
                }
                None => {}
            }
            state.leased_until
        };
        // Programs to which an engine that was killed has lent its memory still read that.
        let left = leased_until.saturating_sub(since_boot());
        tokio::time::sleep(Duration::from_millis(left)).await;
    }

    /// Says that the engine is alive.
    pub(super) fn beat(&self) {
        let mut state = self.state();
        let now = since_boot();
        if let Some(Err(error)) = state.map.as_mut().map(|map| map.beat(now)) {
            state.complain_of_map(&error);
        }
    }

    /// Says that it is not any more.
    pub(super) fn end(&self) {
        if let Some(map) = self.state().map.take() {
            map.end();
        }
    }

    /// Whether users and groups were changed by another process since this was asked last.
    pub(super) async fn look_for_changes(&self) {
        // Nobody has asked for anything that could have changed.
        let has_lists = self.users.was_read() || self.groups.was_read();
        if !has_lists && self.state().cache.is_empty() {
            return;
        }
        let Ok(version) = self.source.names.version(Deadline::after(VERSION_TIME)).await else {
            return;
        };
        let mut state = self.state();
        if std::mem::replace(&mut state.origin.version, version) == version {
            return;
        }
        self.forget(&mut state);
        if let Some(map) = state.map.take() {
            state.write_map(map.into_parts());
        }
    }

    /// `/etc/passwd` or `/etc/group` has changed: who is this machine's own may be somebody else.
    pub(super) fn own_files_changed(&self) {
        let mut state = self.state();
        self.expire(&mut state);
        self.users.forget();
        self.groups.forget();
        if let Some(map) = state.map.take() {
            state.write_map(map.into_parts());
        }
    }
}

impl State {
    /// Another engine has last said at this time that it is alive; 0 where it has said that it ends.
    fn lease_of_another(&mut self, heartbeat: u64) {
        if heartbeat != 0 {
            self.leased_until = heartbeat.saturating_add(LEASE_MS).min(since_boot() + LEASE_MS);
        }
    }

    /// Puts another file into the place of the one with this generation.
    pub(super) fn write_map(&mut self, (path, before, memory): (PathBuf, u64, Option<Memory>)) {
        let now = since_boot();
        // Greater than any before on this machine, also where that file is gone.
        let generation = now.saturating_mul(1000).max(before.saturating_add(1));
        let made = {
            let known = self.cache.known(now);
            MapFile::create(&path, self.origin, generation, known, now, memory)
        };
        self.unwritten = None;
        match made {
            Ok(map) => {
                (self.map, self.complained.map) = (Some(map), false);
            }
            Err(error) => {
                self.complain_of_map(&error);
                // What stands there is not true any more.
                map::remove(&path);
                self.unwritten = Some(Unwritten::new(path, generation));
            }
        }
    }

    pub(super) fn complain_of_map(&mut self, error: &std::io::Error) {
        if !std::mem::replace(&mut self.complained.map, true) {
            audit::warn(&format!(
                "names are answered, and not written down for all to read: {error}"
            ));
        }
    }
}
