//! App passwords that were right before, so that a mail program which sends one with each connection
//! costs one hash and not thousands.
//!
//! What is kept is a fingerprint of the string together with its user and the record that it was
//! compared with: whatever changes in the directory, the string is compared again. It is kept in
//! memory only, and whether the app password has ended and what it opens is asked each time.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use monk_core::fingerprint::Fingerprint;
use monk_core::keys::Keyring;
use monk_core::reading::Named;

use crate::throttle::Print;

/// Most that are kept, some two megabytes. When there are more, all are forgotten and come back with
/// one hash each.
const MOST: usize = 65_536;

/// App passwords that were compared with their records, and right.
#[derive(Default)]
pub struct ComparedAppPasswords(Mutex<HashSet<Print>>);

impl ComparedAppPasswords {
    /// What is kept of a string that is right.
    pub(crate) fn print(named: &Named<'_>, user: &str, keys: &Keyring) -> Print {
        let mut print = Fingerprint::new(keys.primary());
        print.add(b"app password");
        print.add(user.as_bytes());
        print.add(named.stored.raw.as_bytes());
        print.add(named.candidate.expose().as_bytes());
        print.finish()
    }

    /// Whether it was right before.
    pub(crate) fn contains(&self, print: &Print) -> bool {
        self.lock().contains(print)
    }

    /// Keeps it.
    pub(crate) fn add(&self, print: Print) {
        let mut prints = self.lock();
        if prints.len() >= MOST {
            prints.clear();
        }
        prints.insert(print);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Print>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
