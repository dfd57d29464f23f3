//! What has to be done every second: lists are read again, a directory that was away is asked whether it is back, and a
//! map that could not be written is tried again.

use std::sync::Arc;

use super::answers::{Answers, State};
use super::health::State as Known;
use super::memory::Memory;
use super::unwritten::Unwritten;
use crate::deadline::Deadline;
use crate::directory::names::Key;

/// A name that nobody has: asking for it shows whether the directory answers.
const PROBE: &str = "monk is the directory there";

impl Answers {
    /// One round.
    pub(super) fn tend(self: &Arc<Self>) {
        if self.source.settings.enumerate {
            self.users.refresh();
            self.groups.refresh();
        }
        let mut state = self.state();
        state.tend_map();
        if state.is_probing || state.health.state() == Known::Answers {
            return;
        }
        state.is_probing = true;
        let begun = state.health.begin();
        drop(state);
        let answers = Arc::clone(self);
        tokio::spawn(async move {
            let deadline = Deadline::after(answers.pace.search);
            let probe = answers.source.names.user(Key::Name(PROBE), deadline);
            let said = deadline.bound("the directory", probe).await;
            let mut state = answers.state();
            state.is_probing = false;
            match said {
                Ok(_) => state.health.answered(),
                Err(_) => state.health.probed_in_vain(begun),
            }
        });
    }
}

impl State {
    fn tend_map(&mut self) {
        if self.unwritten.as_mut().is_some_and(Unwritten::is_due)
            && let Some(unwritten) = self.unwritten.take()
        {
            let (path, generation) = unwritten.into_parts();
            // What was lent before is empty, and nobody reads it any more.
            self.write_map((path, generation, Memory::create().ok()));
        }
    }
}
