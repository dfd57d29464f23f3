//! What Dovecot's configuration is compared with.

use std::collections::BTreeSet;

/// The protocols by which people log in.
pub const PROTOCOLS: [&str; 4] = ["imap", "pop3", "sieve", "submission"];

/// The service by which Debian's Dovecot asks.
pub const DEFAULT_SERVICE: &str = "dovecot";

/// What Dovecot's configuration is compared with.
pub struct Surroundings<'a> {
    /// The services of `/etc/pam.d` that ask monk.
    pub monk: &'a BTreeSet<String>,
    /// Whether there is a file in `/etc/pam.d`.
    pub has_file: &'a dyn Fn(&str) -> bool,
    /// The names by which Postfix asks Dovecot about passwords.
    pub postfix: &'a BTreeSet<String>,
}

impl Surroundings<'_> {
    /// Whether a PAM service asks monk. libpam takes `other` for a service without a file.
    pub fn asks_monk(&self, service: &str) -> bool {
        self.monk.contains(self.file(service))
    }

    /// The file that libpam reads for a service.
    fn file<'b>(&self, service: &'b str) -> &'b str {
        if (self.has_file)(service) { service } else { "other" }
    }

    /// Whether mail has to do with monk at all.
    pub fn guards_mail(&self) -> bool {
        let names = PROTOCOLS.into_iter().chain([DEFAULT_SERVICE, "smtp", "managesieve"]);
        names
            .into_iter()
            .chain(self.postfix.iter().map(String::as_str))
            .any(|name| self.monk.contains(name))
    }
}
