//! The table of logins: one line for each way to log in, whoever's it is.

use super::cells::{NOTHING, each, millis, rate, strong, times};
use super::find;
use crate::bench::row::{Measured, Section};

/// How many log in where the rate is measured.
const MANY: usize = 8;

/// What stands above the table, and its first line.
const HEAD: &str = "
### Time of one login

Every way to log in, in one run. Times are milliseconds from `pam_start` to `pam_end` in a program
that logs in again and again (the floor: from the first to the last operation): what 50, 95 and 99
of a hundred logins did not exceed, one after the other. Then eight such programs at the same time: logins
a second that were let in, what 99 of a hundred did not exceed, and right logins that were refused.
Operations and connections are those of slapd for each login. The last columns say how many times as
fast monk is at the same over the same transport: with a password alone, with `PASSWORD;CODE` where
there is a code or a write, with an app password where there is a search alone, and started for the login where
the connection is new.

| way | typed | p50 | p95 | p99 | 8 callers, logins/s | p99 | refused | search, bind, modify | connections | monk, × as fast | 8 callers |
|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// The lines of one section are under its name.
const SECTIONS: [(Section, &str); 4] = [
    (Section::Floor, "The floor: bare libldap, open connections or a new one"),
    (Section::Libpam, "libpam and a module that lets everybody in"),
    (Section::Others, "What people use today"),
    (Section::Monk, "monk"),
];

/// The table, in markdown.
pub fn of(rows: &[Measured<'_>]) -> String {
    let mut text = HEAD.to_owned();
    for (section, title) in SECTIONS {
        let lines: String = ways(rows, section).map(|way| line(&way, rows)).collect();
        if !lines.is_empty() {
            text.push_str(&format!("| **{title}** | | | | | | | | | | | |\n{lines}"));
        }
    }
    text
}

/// A way to log in: its row with one caller, and that with many.
struct Way<'a, 'b> {
    one: &'a Measured<'b>,
    many: Option<&'a Measured<'b>>,
}

/// The ways of a section, in the order of their rows.
fn ways<'a, 'b>(rows: &'a [Measured<'b>], section: Section) -> impl Iterator<Item = Way<'a, 'b>> {
    let ones = rows.iter().filter(move |one| {
        one.row.section() == section && one.row.callers() == 1 && !one.row.fresh()
    });
    ones.map(|one| Way { one, many: find(rows, one.row.group(), one.row.words(), MANY, false) })
}

fn line(way: &Way<'_, '_>, rows: &[Measured<'_>]) -> String {
    let Way { one, many } = way;
    let (operations, connections) = operations(one);
    let (faster, faster_many) = faster(way, rows);
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {operations} | {connections} | {faster} | {faster_many} |\n",
        one.row.group(),
        one.row.words(),
        strong(millis(quiet(one, 50))),
        millis(quiet(one, 95)),
        millis(quiet(one, 99)),
        strong(rate(many.and_then(Measured::rate))),
        millis(many.and_then(|many| quiet(many, 99))),
        refused(one, *many),
    )
}

/// A percentile of a row of which nothing was refused: a refusal is quick, and would make the row look
/// better.
fn quiet(row: &Measured<'_>, percent: usize) -> Option<f64> {
    (row.refused() == 0).then(|| row.millis(percent)).flatten()
}

/// How many right logins were refused.
fn refused(one: &Measured<'_>, many: Option<&Measured<'_>>) -> String {
    let share = many.map_or(0.0, Measured::refused_share).max(one.refused_share());
    if share > 0.0 { strong(format!("{:.0}%", (share * 100.0).ceil())) } else { "0".to_owned() }
}

/// How many times as fast monk is at the same, with one caller and with many.
fn faster(way: &Way<'_, '_>, rows: &[Measured<'_>]) -> (String, String) {
    let Some((group, words)) = way.one.row.counterpart() else {
        return (NOTHING.to_owned(), NOTHING.to_owned());
    };
    let monk = |callers| find(rows, &group, words, callers, false);
    let one = monk(1).and_then(|monk| Some(quiet(way.one, 50)? / monk.millis(50)?));
    let many = monk(MANY).and_then(|monk| Some(monk.rate()? / way.many?.rate()?));
    (times(one), times(many))
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

    use monk_tests::site::PamLoadOutcome;

    use super::of;
    use crate::bench::row::{Rhythm, Row, Section, measure};

    /// Somebody whose logins take a millisecond each, and monk, whose logins take half of it.
    struct Fake {
        section: Section,
        callers: usize,
        nanos: u64,
        refused: u64,
    }

    impl Row for Fake {
        fn section(&self) -> Section {
            self.section
        }

        fn group(&self) -> &str {
            if self.section == Section::Monk { "monk" } else { "theirs" }
        }

        fn words(&self) -> &str {
            "code"
        }

        fn callers(&self) -> usize {
            self.callers
        }

        fn may_refuse(&self) -> bool {
            true
        }

        fn counterpart(&self) -> Option<(String, &'static str)> {
            (self.section == Section::Others).then(|| ("monk".to_owned(), "code"))
        }

        fn check(&self) -> Result<(), String> {
            Ok(())
        }

        fn run(&self, logins: usize) -> PamLoadOutcome {
            let seconds = self.nanos as f64 * logins as f64 / 1e9;
            PamLoadOutcome {
                seconds,
                rate: (logins as f64 - self.refused as f64) / seconds,
                nanos: vec![self.nanos; logins],
                refusals: BTreeMap::from([("PAM_AUTH_ERR".to_owned(), self.refused)]),
                mapped: Vec::new(),
            }
        }
    }

    fn row(section: Section, callers: usize, nanos: u64, refused: u64) -> Box<dyn Row> {
        Box::new(Fake { section, callers, nanos, refused })
    }

    #[test]
    fn each_way_is_a_line_and_refusals_have_no_times() {
        let rows = vec![
            row(Section::Monk, 1, 500_000, 0),
            row(Section::Monk, 8, 250_000, 0),
            row(Section::Others, 1, 1_000_000, 0),
            row(Section::Others, 8, 1_000_000, 60),
        ];
        let (measured, _) = measure(rows, Rhythm { rounds: 1, samples: 20 });
        let table = of(&measured);
        let lines: Vec<&str> = table.lines().filter(|line| line.contains("| code |")).collect();
        assert_eq!(
            lines,
            [
                "| theirs | code | **1.00** | 1.00 | 1.00 | **250** | – | **75%** | – | – | 2.00 | 16 |",
                "| monk | code | **0.500** | 0.500 | 0.500 | **4000** | 0.250 | 0 | – | – | – | – |",
            ]
        );
    }
}
