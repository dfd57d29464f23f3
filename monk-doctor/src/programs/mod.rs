//! The other programs that ask PAM: what each of them needs, and how each of them can lead past monk.
//! A program is looked at where it is installed and a service of its own asks monk.
//!
//! What a program prints of its settings itself is taken from there (`postconf`, `nginx -T`,
//! `cvtsudoers`); the rest have files of one setting a line.

mod freeradius;
pub mod named;
mod nginx;
mod postfix;
mod postgresql;
mod roundcube;
mod saslauthd;
mod sudo;
mod surroundings;
mod vsftpd;

use crate::finding::Findings;

pub use postfix::Postfix;
pub use surroundings::Surroundings;

/// Looks at all programs. `postfix`: its settings, where it is set up.
pub fn examine(
    around: &Surroundings<'_>,
    postfix: Option<&Result<Postfix, String>>,
    findings: &mut Findings,
) {
    let asks_cyrus = postfix::examine(around, postfix, findings);
    saslauthd::examine(around, asks_cyrus, findings);
    postgresql::examine(around, findings);
    nginx::examine(around, findings);
    freeradius::examine(around, findings);
    roundcube::examine(around, findings);
    vsftpd::examine(around, findings);
    sudo::examine(around, findings);
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
