//! Whether the directory answers, as far as is known: who waits for it, and who does not.
//!
//! ```text
//!              a wait in vain       a search or a probe failed
//!   Answers ─────────────────▶ Slow ──────────────────────▶ Down
//!      ▲                        │                            │ a probe every second
//!      └────────────────────────┴──── anything is answered ──┘
//! ```
//!
//! A wait in vain or a failed search counts only where nothing else was answered since it began: one large group
//! may take long, while the directory is well. So a search that takes too long says that the directory is slow,
//! and a probe, which is for one name, whether it is down.

use crate::outage::Outage;

/// What is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It answers: callers wait.
    #[default]
    Answers,
    /// It has not answered in time: searches go on, and callers hardly wait for them.
    Slow,
    /// It does not answer: nothing is searched but for a probe.
    Down,
}

/// The moment at which somebody began to wait.
#[derive(Clone, Copy, Debug)]
pub struct Begun(u64);

/// What is known of one directory.
#[derive(Default)]
pub struct Health {
    state: State,
    /// Answers so far.
    answers: u64,
}

impl Health {
    /// What is known.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Somebody begins to wait.
    #[must_use]
    pub fn begin(&self) -> Begun {
        Begun(self.answers)
    }

    /// The directory has said something.
    pub fn answered(&mut self) {
        self.answers += 1;
        self.state = State::Answers;
    }

    /// Somebody does not wait any longer.
    pub fn waited_in_vain(&mut self, begun: Begun) {
        if begun.0 == self.answers && self.state == State::Answers {
            self.state = State::Slow;
        }
    }

    /// A search has failed. An answer that cannot be read is about one entry, and one that takes too long may be
    /// about many.
    pub fn failed(&mut self, begun: Begun, outage: &Outage) {
        match outage {
            Outage::Unclear(_) => {}
            Outage::Timeout(_) => self.waited_in_vain(begun),
            _ => self.probed_in_vain(begun),
        }
    }

    /// A probe has failed.
    pub fn probed_in_vain(&mut self, begun: Begun) {
        if begun.0 == self.answers {
            self.state = State::Down;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Outage = Outage::Timeout("a test");

    #[test]
    fn a_directory_that_answers_others_is_neither_slow_nor_down() {
        let mut health = Health::default();
        let begun = health.begin();
        health.answered();
        health.waited_in_vain(begun);
        health.failed(begun, &TIMEOUT);
        assert_eq!(health.state(), State::Answers);
        let begun = health.begin();
        health.failed(begun, &Outage::Unclear("one entry".into()));
        assert_eq!(health.state(), State::Answers);
    }

    #[test]
    fn silence_is_slow_and_then_down_until_anything_is_answered() {
        let mut health = Health::default();
        let begun = health.begin();
        health.waited_in_vain(begun);
        assert_eq!(health.state(), State::Slow);
        health.failed(begun, &TIMEOUT);
        assert_eq!(health.state(), State::Slow, "a search may be for much");
        health.probed_in_vain(begun);
        health.waited_in_vain(begun);
        assert_eq!(health.state(), State::Down);
        health.answered();
        assert_eq!(health.state(), State::Answers);
    }
}
