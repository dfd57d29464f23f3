//! How far the engine has come with everybody: one line on standard error, where that is a terminal.

use std::io::{self, IsTerminal, Write};

/// A line that is written over.
#[derive(Default)]
pub struct Waiting {
    shown: bool,
}

impl Waiting {
    /// Shows that so many users were looked at.
    pub fn show(&mut self, errors: &mut dyn Write, users: u64) {
        if io::stderr().is_terminal() {
            let _ = write!(errors, "\r{users} users so far");
            let _ = errors.flush();
            self.shown = true;
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self, errors: &mut dyn Write) {
        if self.shown {
            // To the beginning of the line, and erase it (ECMA-48, 8.3.41).
            let _ = write!(errors, "\r\x1b[K");
            let _ = errors.flush();
        }
    }
}
