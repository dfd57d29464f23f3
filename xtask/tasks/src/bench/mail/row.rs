//! Rows of mail servers.

use monk_tests::clients::{MailLoad, MailProtocol};
use monk_tests::site::{PamLoadOutcome, PamLogin};

use crate::bench::row::{Row, Section};
use crate::bench::typed::Typed;
use crate::bench::world::BenchWorld;

/// Who checks the logins, and with what.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its name in the tables.
    pub words: &'static str,
    /// What is typed.
    pub typed: Typed,
    /// Whose it is.
    pub section: Section,
    /// How many times fewer logins are measured, because each takes so long.
    pub slowness: usize,
    /// Whether everybody is let in, whatever is typed.
    pub is_open: bool,
}

/// Logins at one server.
pub struct MailRow<'a> {
    /// Where the users are.
    pub bench: &'a BenchWorld,
    /// Who checks.
    pub way: Way,
    /// The clients.
    pub load: MailLoad,
}

/// The heading of the rows of a protocol.
pub fn group(protocol: MailProtocol) -> &'static str {
    match protocol {
        MailProtocol::Imap => "Dovecot, IMAP LOGIN",
        MailProtocol::Submission => "Postfix, AUTH PLAIN",
    }
}

impl MailRow<'_> {
    fn run_all(&self, logins: &[PamLogin]) -> PamLoadOutcome {
        self.load.run(self.bench.world(), logins)
    }
}

impl Row for MailRow<'_> {
    fn section(&self) -> Section {
        self.way.section
    }

    fn group(&self) -> &str {
        group(self.load.protocol)
    }

    fn words(&self) -> &str {
        self.way.words
    }

    fn callers(&self) -> usize {
        self.load.callers
    }

    fn slowness(&self) -> usize {
        self.way.slowness
    }

    fn check(&self) -> Result<(), String> {
        let right = self.run_all(&self.bench.batch(self.way.typed, self.load.callers));
        if right.refused() > 0 {
            return Err(format!("a right login ends with {:?}", right.refusals));
        }
        let wrong = self.run_all(&[self.bench.wrong(self.way.typed)]);
        match (wrong.refused() == 0, self.way.is_open) {
            (true, false) => Err("a wrong login is let in".to_owned()),
            (false, true) => Err("a login is refused where nobody is".to_owned()),
            _ => Ok(()),
        }
    }

    fn run(&self, logins: usize) -> PamLoadOutcome {
        self.run_all(&self.bench.batch(self.way.typed, logins))
    }
}
