//! Colours, where the reader's terminal shows them and the reader wants them.

use std::env;
use std::io::{self, IsTerminal};

/// How a standard stream is written.
#[derive(Clone, Copy)]
pub struct Paint {
    colours: bool,
}

impl Paint {
    /// Colours on a terminal only, and not where `NO_COLOR` is set (<https://no-color.org>).
    pub fn of_stdout() -> Self {
        Self::of(&io::stdout())
    }

    /// The same for standard error.
    pub fn of_stderr() -> Self {
        Self::of(&io::stderr())
    }

    fn of(stream: &impl IsTerminal) -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self { colours: stream.is_terminal() && !unwanted && !dumb }
    }

    /// Whether there are colours at all.
    pub fn has_colours(self) -> bool {
        self.colours
    }

    /// Headings.
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What a person types.
    pub fn typed(self, text: &str) -> String {
        self.with("1;36", text)
    }

    /// As it should be.
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Not as it should be.
    pub fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// What stands at the side.
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, rendition: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{rendition}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
