//! How far a long command has come: one line on standard error, where that is a terminal.

use std::io::{self, IsTerminal, Write};

use crate::session::Session;

/// Below this many there is nothing to wait for.
const WORTH_SHOWING: usize = 200;

/// A line that is written over.
pub struct Progress {
    verb: &'static str,
    total: usize,
    shown: bool,
    wanted: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(verb: &'static str, total: usize) -> Self {
        let wanted = total >= WORTH_SHOWING && io::stderr().is_terminal();
        Self { verb, total, shown: false, wanted }
    }

    /// Shows that `done` are done.
    pub fn show(&mut self, session: &mut Session, done: usize) {
        if self.wanted {
            let _ = write!(session.errors, "\r{done} of {} {}", self.total, self.verb);
            let _ = session.errors.flush();
            self.shown = true;
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self, session: &mut Session) {
        if std::mem::take(&mut self.shown) {
            // To the beginning of the line, and erase it (ECMA-48, 8.3.41).
            let _ = write!(session.errors, "\r\x1b[K");
            let _ = session.errors.flush();
        }
    }
}
