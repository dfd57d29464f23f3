//! The table of logins: one line for each way to log in, whoever's it is.

use super::{CROWD, MANY};
use crate::bench::cells::{NOTHING, each, millis, rate, strong, times};
use crate::bench::row::{Measured, Section, find};

/// What stands above the table, and its first line.
const HEAD: &str = "
### Time of one login

Every way to log in, in one run, over ldaps. Times are milliseconds from `pam_start` to `pam_end` in a program
that logs in again and again (the floor: from the first to the last operation): what 50, 95 and 99
of a hundred logins did not exceed, one after the other. Then eight and 64 such programs at the same time: logins
a second, and what 99 of a hundred did not exceed. Operations and connections are those of slapd for each
login. The last columns say how many times as fast monk is at the same: with a password alone, with `PASSWORD;CODE`
where there is a code or a write, with an app password where there is a search alone, and started for the login
where the connection is new.

| way | typed | p50 | p95 | p99 | 8 callers, logins/s | p99 | 64 callers, logins/s | p99 | search, bind, modify | connections | monk, × as fast | 8 callers |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// The lines of one section are under its name.
const SECTIONS: [(Section, &str); 3] = [
    (Section::Floor, "The floor: bare libldap, and libpam with a module that lets everybody in"),
    (Section::Others, "What people use today"),
    (Section::Monk, "monk"),
];

/// The table, in markdown.
pub fn of(rows: &[Measured<'_>]) -> String {
    let mut text = HEAD.to_owned();
    for (section, title) in SECTIONS {
        let ones = rows.iter().filter(|one| one.row.section == section && one.row.callers == 1);
        let lines: String = ones.map(|one| line(one, rows)).collect();
        if !lines.is_empty() {
            text.push_str(&format!("| **{title}** |{}\n{lines}", " |".repeat(12)));
        }
    }
    text
}

fn line(one: &Measured<'_>, rows: &[Measured<'_>]) -> String {
    let (group, words) = (one.row.group.as_str(), one.row.words);
    let with = |callers| find(rows, group, words, callers);
    let p99 = |callers| millis(with(callers).and_then(|row| row.millis(99)));
    let at_once = |callers| rate(with(callers).and_then(Measured::rate));
    let (operations, connections) = operations(one);
    let monk = |callers| {
        let (group, words) = one.row.counterpart?;
        find(rows, group, words, callers)
    };
    let faster = monk(1).and_then(|monk| Some(one.millis(50)? / monk.millis(50)?));
    let faster_many = monk(MANY).and_then(|monk| Some(monk.rate()? / with(MANY)?.rate()?));
    let cells = [
        group.to_owned(),
        words.to_owned(),
        strong(millis(one.millis(50))),
        millis(one.millis(95)),
        millis(one.millis(99)),
        strong(at_once(MANY)),
        p99(MANY),
        at_once(CROWD),
        p99(CROWD),
        operations,
        connections,
        times(faster),
        times(faster_many),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// What the directory server does for one login.
fn operations(measured: &Measured<'_>) -> (String, String) {
    let Some((logins, operations)) = measured.operations else {
        return (NOTHING.to_owned(), NOTHING.to_owned());
    };
    let kinds = [operations.searches, operations.binds, operations.modifies];
    let kinds = kinds.map(|count| each(count, logins));
    (kinds.join(", "), each(operations.connections, logins))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use monk_tests::site::{PamLoadOutcome, PamLogin};

    use super::of;
    use crate::bench::row::{Row, Section, measure};

    fn row(section: Section, callers: usize, nanos: u64, refused: u64) -> Row<'static> {
        let others = section == Section::Others;
        Row {
            section,
            group: if others { "theirs" } else { "monk" }.to_owned(),
            words: "code",
            callers,
            slowness: 1,
            counterpart: others.then_some(("monk", "code")),
            batch: Box::new(|wanted| vec![PamLogin::new("alice", "x"); wanted]),
            log_in: Box::new(move |logins| PamLoadOutcome {
                seconds: 0.0,
                rate: 1e9 / nanos as f64,
                nanos: vec![nanos; logins.len()],
                // The check of a row passes: it has no more logins than callers.
                refusals: match refused {
                    0 => BTreeMap::new(),
                    _ if logins.len() <= callers => BTreeMap::new(),
                    _ => BTreeMap::from([("PAM_AUTH_ERR".to_owned(), refused)]),
                },
            }),
            wrong: None,
            counted: None,
        }
    }

    #[test]
    fn each_way_is_a_line_and_a_row_that_refuses_has_no_figures() {
        let rows = vec![
            row(Section::Monk, 1, 500_000, 0),
            row(Section::Monk, 8, 250_000, 0),
            row(Section::Others, 1, 1_000_000, 0),
            row(Section::Others, 8, 1_000_000, 60),
        ];
        let (measured, wrong) = measure(rows, 1, 20);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        let table = of(&measured);
        let lines: Vec<&str> = table.lines().filter(|line| line.contains("| code |")).collect();
        assert_eq!(
            lines,
            [
                "| theirs | code | **1.00** | 1.00 | 1.00 | – | – | – | – | – | – | 2.00 | – |",
                "| monk | code | **0.500** | 0.500 | 0.500 | **4000** | 0.250 | – | – | – | – | – | – |",
            ]
        );
    }
}
