//! What the programs are compared with.

use std::collections::BTreeSet;

use monk_wire::manage::doctor::{Facts, Kind};

use crate::finding::Findings;
use crate::machine::Machine;

/// What the programs are compared with.
pub struct Surroundings<'a> {
    /// This host.
    pub machine: &'a Machine,
    /// The services of `/etc/pam.d` that ask monk.
    pub monk: &'a BTreeSet<String>,
    /// Whether there is a file in `/etc/pam.d`.
    pub has_file: &'a dyn Fn(&str) -> bool,
    /// The policies, where an engine has told them.
    pub facts: &'a Facts,
    /// Whether an engine listens on the socket; `None` where that is not known.
    pub resident: Option<bool>,
}

/// The services by which mail programs ask: one of them with monk means that mail has to do with it.
const OF_MAIL: [&str; 7] =
    ["imap", "pop3", "sieve", "submission", "smtp", "managesieve", "dovecot"];

impl Surroundings<'_> {
    /// Whether a PAM service asks monk by a file of its own.
    pub fn asks_monk(&self, service: &str) -> bool {
        self.monk.contains(&service.to_ascii_lowercase())
    }

    /// Whether a PAM service asks monk, by whatever file. libpam takes `other` for one without.
    pub fn ends_at_monk(&self, service: &str) -> bool {
        let has_file = (self.has_file)(&service.to_ascii_lowercase());
        self.asks_monk(if has_file { service } else { "other" })
    }

    /// Whether mail has to do with monk at all.
    pub fn guards_mail(&self) -> bool {
        OF_MAIL.iter().any(|name| self.monk.contains(*name))
    }

    /// A program whose processes are not root's can log nobody in without a resident engine.
    pub fn needs_engine(&self, program: &str, user: &str, findings: &mut Findings) {
        if self.resident == Some(false) {
            findings.report(
                Kind::EngineNeeded,
                program,
                format!("asks PAM as {user}, and no engine listens: all its logins are refused"),
                "Have a service manager run monkd.",
            );
        }
    }
}
