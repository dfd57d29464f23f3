//! The tables of mail servers, and their goals.

use monk_tests::clients::MailProtocol;

use super::row::group;
use super::{CALLERS, MONK_APP, MONK_CODE, OWN_LDAP};
use crate::bench::login::cells::{millis, rate, times};
use crate::bench::row::{Measured, Rhythm};
use crate::bench::{closing, machine};

/// What there is to be of the speed of Dovecot's own LDAP.
const GOALS: [(&str, f64); 2] = [(MONK_APP, 1.0), (MONK_CODE, 0.7)];

/// The tables with the goals, in markdown.
pub fn of(
    rows: &[Measured<'_>],
    wrong: &[String],
    goals: &[(bool, String)],
    rhythm: Rhythm,
) -> String {
    let mut text = "\n### Logins at mail servers\n\n\
        From the command to its answer, on a connection that was made before. Every directory is \
        asked over ldaps; monk's engine is resident. Dovecot keeps its processes and caches nothing; \
        Postfix asks the same Dovecots. Milliseconds; the rates have connecting and logging out in \
        them.\n"
        .to_owned();
    for protocol in [MailProtocol::Imap, MailProtocol::Submission] {
        text.push_str(&table(rows, protocol));
    }
    text.push_str(&format!(
        "\nMedians of {} rounds of {} logins (fewer of what takes long), all rows in turns: {}.\n",
        rhythm.rounds,
        rhythm.samples,
        machine::description()
    ));
    text.push_str(&closing(wrong, goals));
    text
}

fn table(rows: &[Measured<'_>], protocol: MailProtocol) -> String {
    let mut text = format!(
        "\n**{}**\n\n| checked by | p50 | p95 | p99 | × Dovecot's own LDAP | logins/s, 8 clients | × Dovecot's own LDAP |\n|---|---|---|---|---|---|---|\n",
        group(protocol)
    );
    let [one, eight] = CALLERS;
    let base = |callers| find(rows, protocol, OWN_LDAP, callers);
    for row in rows.iter().filter(|row| is_of(row, protocol, one)) {
        let many = find(rows, protocol, row.row.words(), eight);
        text.push_str(&format!(
            "| {} | **{}** | {} | {} | {} | **{}** | {} |\n",
            row.row.words(),
            millis(row.millis(50)),
            millis(row.millis(95)),
            millis(row.millis(99)),
            times(base(one).and_then(|base| Some(row.millis(50)? / base.millis(50)?))),
            rate(many.and_then(Measured::rate)),
            times(many.zip(base(eight)).and_then(|(many, base)| Some(many.rate()? / base.rate()?))),
        ));
    }
    text
}

/// Whether each goal is met, and what was measured.
pub fn goals(rows: &[Measured<'_>]) -> Vec<(bool, String)> {
    let [one, eight] = CALLERS;
    let imap = |words, callers| find(rows, MailProtocol::Imap, words, callers);
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

fn find<'a, 'b>(
    rows: &'a [Measured<'b>],
    protocol: MailProtocol,
    words: &str,
    callers: usize,
) -> Option<&'a Measured<'b>> {
    rows.iter().find(|row| is_of(row, protocol, callers) && row.row.words() == words)
}

fn is_of(row: &Measured<'_>, protocol: MailProtocol, callers: usize) -> bool {
    row.row.group() == group(protocol) && row.row.callers() == callers
}
