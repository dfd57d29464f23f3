//! The tables of mail servers, and their goals.

use monk_tests::clients::MailProtocol;

use super::{CALLERS, MONK_APP, MONK_CODE, OWN_LDAP};
use crate::bench::cells::{millis, rate, times};
use crate::bench::row::{Measured, find};

/// What there is to be of the speed of Dovecot's own LDAP.
const GOALS: [(&str, f64); 2] = [(MONK_APP, 1.0), (MONK_CODE, 0.7)];

const HEAD: &str = "
### Logins at mail servers

From the command to its answer, on a connection that was made before. Every directory is asked over ldaps; monk's
engine is resident. Dovecot keeps its processes and caches nothing; Postfix asks the same Dovecots. Milliseconds; the
rates have connecting and logging out in them.
";

/// The tables, in markdown.
pub fn of(rows: &[Measured<'_>]) -> String {
    let tables =
        [MailProtocol::Imap, MailProtocol::Submission].map(|protocol| table(rows, protocol));
    format!("{HEAD}{}", tables.concat())
}

/// The heading of the rows of a protocol.
pub fn title(protocol: MailProtocol) -> &'static str {
    match protocol {
        MailProtocol::Imap => "Dovecot, IMAP LOGIN",
        MailProtocol::Submission => "Postfix, AUTH PLAIN",
    }
}

fn table(rows: &[Measured<'_>], protocol: MailProtocol) -> String {
    let title = title(protocol);
    let mut text = format!(
        "\n**{title}**\n\n| checked by | p50 | p95 | p99 | × Dovecot's own LDAP | logins/s, 8 clients | × Dovecot's own LDAP |\n|---|---|---|---|---|---|---|\n"
    );
    let [one, eight] = CALLERS;
    let of = |words, callers| find(rows, title, words, callers);
    for row in rows.iter().filter(|row| row.row.group == title && row.row.callers == one) {
        let many = of(row.row.words, eight);
        text.push_str(&format!(
            "| {} | **{}** | {} | {} | {} | **{}** | {} |\n",
            row.row.words,
            millis(row.millis(50)),
            millis(row.millis(95)),
            millis(row.millis(99)),
            times(of(OWN_LDAP, one).and_then(|own| Some(row.millis(50)? / own.millis(50)?))),
            rate(many.and_then(Measured::rate)),
            times(of(OWN_LDAP, eight).and_then(|own| Some(many?.rate()? / own.rate()?))),
        ));
    }
    text
}

/// Whether each goal is met, and what was measured.
pub fn goals(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let [one, eight] = CALLERS;
    let imap = |words, callers| find(rows, title(MailProtocol::Imap), words, callers);
    let mut goals = Vec::new();
    for (words, goal) in GOALS {
        let times = imap(words, one).zip(imap(OWN_LDAP, one));
        let speed = times.and_then(|(monk, own)| Some(own.millis(50)? / monk.millis(50)?));
        let rates = imap(words, eight).zip(imap(OWN_LDAP, eight));
        let rate = rates.and_then(|(monk, own)| Some(monk.rate()? / own.rate()?));
        for (what, share) in [("one client", speed), ("logins/s with 8 clients", rate)] {
            goals.extend(share.map(|share| {
                let words = format!(
                    "IMAP LOGIN, {words}, {what}: {share:.2} of the speed of {OWN_LDAP}; the goal is \
                     {goal:.1}"
                );
                (share >= goal, words)
            }));
        }
    }
    goals
}
