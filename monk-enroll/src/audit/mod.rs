//! Logins of the past, as monk's audit tells of them.
//!
//! ```text
//! journal    asks journalctl, and believes the engine alone
//! text       files of syslog, and of JSON lines
//! bounded    lines of a limited length
//! record     one line: who, where, how it ended
//! network    which addresses count as one
//! ```
//!
//! The grammar of the lines is in `monk_terms::fields` and in docs/audit.md. Whatever is no such line is
//! counted and left out.

mod bounded;
pub mod journal;
mod network;
mod record;
pub mod text;

pub use network::network;
pub use record::{Record, Verdict};

/// What was read of a log, besides the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Lines of monk's, about anything.
    pub lines: u64,
    /// Lines that claim to be monk's, and that another program has written.
    pub forged: u64,
    /// The earliest time of a line, in seconds since 1970, also of those that were not asked for.
    pub begin: Option<u64>,
}

impl Extent {
    /// Notes one more line.
    fn take(&mut self, at: Option<u64>) {
        self.lines += 1;
        if let Some(at) = at {
            self.begin = Some(self.begin.map_or(at, |begin| begin.min(at)));
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            lines: self.lines + other.lines,
            forged: self.forged + other.forged,
            begin: self.begin.into_iter().chain(other.begin).min(),
        }
    }
}
