//! How many connections about names there may be at once, and how many of whose.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::holder::{FIRST_PERSON, Holder, SubordinateUids};

/// Connections of root's programs, and of all others together. Each lasts for milliseconds.
const MOST: usize = 1024;

/// Those of one person or service: more processes than a build starts at once.
const MOST_OF_ONE: usize = 128;

/// How many descriptors there are for each connection: with a [`crate::porter`] it is three, and logins,
/// stores and directories need theirs.
const OF_DESCRIPTORS: usize = 32;

/// The connections under way.
pub struct Crowd {
    held: Mutex<BTreeMap<Who, usize>>,
    most: usize,
    most_of_one: usize,
    containers: SubordinateUids,
}

/// Who is counted as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Programs of root's.
    Root,
    /// A service, by its uid.
    Service(u32),
    /// A person, with all the uids of that person's containers.
    Person(Holder),
}

impl Crowd {
    /// As many as may be, where the process has this many descriptors altogether.
    #[must_use]
    pub fn new(descriptors: usize) -> Self {
        let most = MOST.min(descriptors / OF_DESCRIPTORS).max(1);
        Self {
            held: Mutex::default(),
            most,
            most_of_one: MOST_OF_ONE.min(most.div_ceil(4)),
            containers: SubordinateUids::default(),
        }
    }

    /// A place for a caller, if there is one.
    pub fn enter(crowd: &Arc<Self>, uid: u32) -> Option<Entered> {
        let who = match uid {
            0 => Who::Root,
            FIRST_PERSON.. => Who::Person(crowd.containers.holder(uid)),
            service => Who::Service(service),
        };
        let mut held = crowd.held();
        let others = held.iter().filter(|(who, _)| **who != Who::Root).map(|(_, count)| count);
        let count = held.get(&who).copied().unwrap_or_default();
        let has_room = match who {
            Who::Root => count < crowd.most,
            _ => count < crowd.most_of_one && others.sum::<usize>() < crowd.most,
        };
        if !has_room {
            return None;
        }
        *held.entry(who.clone()).or_default() += 1;
        drop(held);
        Some(Entered { crowd: Arc::clone(crowd), who })
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<Who, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection, until it is dropped.
pub struct Entered {
    crowd: Arc<Crowd>,
    who: Who,
}

impl Entered {
    /// Whose it is.
    #[must_use]
    pub fn who(&self) -> &Who {
        &self.who
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut held = self.crowd.held();
        if let Some(count) = held.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_leaves_places_to_others_and_all_of_them_leave_roots() {
        let crowd = Arc::new(Crowd::new(32 * 40));
        let mut held = Vec::new();
        for person in 0..100 {
            let all: Vec<_> =
                (0..50).map_while(|_| Crowd::enter(&crowd, 50_000_000 + person)).collect();
            assert!(all.len() <= 10, "{}", all.len());
            held.extend(all);
        }
        assert_eq!(held.len(), 40);
        assert!(Crowd::enter(&crowd, 33).is_none());
        assert!(Crowd::enter(&crowd, 0).is_some());
        held.clear();
        assert!(crowd.held().is_empty());
        assert!(Crowd::enter(&crowd, 33).is_some());
    }
}
