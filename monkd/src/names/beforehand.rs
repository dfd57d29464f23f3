//! Names of a user who is about to come in: looked up when the login is granted, or when a program asks about the
//! account.
//!
//! Programs ask for the groups of a user when the session begins, and start it without them if the answer takes too
//! long. So the search begins before they ask.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use monk_wire::VERSION;
use monk_wire::frame::{HEADER, encode};
use monk_wire::names::{MAX_QUERY, Query};

use super::answers::Answers;
use super::crowd::Who;
use crate::clock::since_boot;

/// How long after a question names count as in use here. Elsewhere a login costs no further search.
const IN_USE: Duration = Duration::from_secs(3600);

impl Answers {
    /// Somebody has asked for a name.
    pub fn note_use(&self) {
        self.used.store(since_boot(), Ordering::Relaxed);
    }

    /// Looks the user up who is about to come in, and the groups. Nobody waits for it.
    pub fn expect(self: &Arc<Self>, user: &str) {
        let used = self.used.load(Ordering::Relaxed);
        let idle = Duration::from_millis(since_boot().saturating_sub(used));
        if used == 0 || idle > IN_USE {
            return;
        }
        for query in [Query::UserByName(user), Query::GroupsOf(user)] {
            let Ok(frame) = encode(&query, VERSION, MAX_QUERY) else { return };
            let answers = Arc::clone(self);
            tokio::spawn(async move { answers.answer(&frame[HEADER..], &Who::Root).await });
        }
    }
}
