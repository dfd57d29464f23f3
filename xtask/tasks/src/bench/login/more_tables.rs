//! The tables beside the great one: more callers, fresh processes, memory.

use super::cells::{millis, rate, times};
use super::find;
use super::ours::{LIBPAM, PERMIT};
use crate::bench::peers::Memory;
use crate::bench::row::Measured;

/// How many callers a rate is compared with.
const BASE: usize = 8;

const HEAD_OF_CALLERS: &str = "
#### With more callers

| way | typed | callers | p50 | p95 | p99 | logins/s | of the rate of 8 |
|---|---|---|---|---|---|---|---|
";

const HEAD_OF_FRESH: &str = "
#### A new process for each login, as sshd has it

From before the process to after its end.

| way | typed | callers | p50 | p95 | p99 | logins/s | × libpam's p50 |
|---|---|---|---|---|---|---|---|
";

const HEAD_OF_MEMORY: &str = "
#### Memory of what stays running

After the logins above, in MiB. Shared pages count for each process (RSS) or in parts (PSS).

| helper | processes | RSS | PSS |
|---|---|---|---|
";

/// Rows that were measured with several numbers of callers.
pub fn callers(rows: &[Measured<'_>]) -> String {
    let has_more = |row: &Measured<'_>| {
        let (group, words) = (row.row.group(), row.row.words());
        [2, 64].iter().any(|callers| find(rows, group, words, *callers, false).is_some())
    };
    let wanted = rows.iter().filter(|row| !row.row.fresh() && has_more(row));
    let lines = wanted.map(|one| {
        let base = find(rows, one.row.group(), one.row.words(), BASE, false);
        let share = base.and_then(|base| Some(one.rate()? / base.rate()?));
        line(one, &times(share))
    });
    under(HEAD_OF_CALLERS, lines.collect())
}

/// Rows in which each login has a process of its own.
pub fn fresh(rows: &[Measured<'_>]) -> String {
    let lines = rows.iter().filter(|row| row.row.fresh()).map(|one| {
        let base = find(rows, LIBPAM, PERMIT, one.row.callers(), true);
        let ratio = base.and_then(|base| Some(one.millis(50)? / base.millis(50)?));
        line(one, &times(ratio))
    });
    under(HEAD_OF_FRESH, lines.collect())
}

/// What helpers take, by their names.
pub fn memory(helpers: &[(&str, Memory)]) -> String {
    let mebi = |kib: u64| format!("{:.1}", kib as f64 / 1024.0);
    let lines = helpers.iter().map(|(words, memory)| {
        let Memory { processes, rss_kib, pss_kib } = memory;
        format!("| {words} | {processes} | {} | {} |\n", mebi(*rss_kib), mebi(*pss_kib))
    });
    under(HEAD_OF_MEMORY, lines.collect())
}

fn line(one: &Measured<'_>, last: &str) -> String {
    format!(
        "| {} | {} | {} | **{}** | {} | {} | {} | {last} |\n",
        one.row.group(),
        one.row.words(),
        one.row.callers(),
        millis(one.millis(50)),
        millis(one.millis(95)),
        millis(one.millis(99)),
        rate(one.rate()),
    )
}

/// A table, if it has any line.
fn under(head: &str, lines: String) -> String {
    if lines.is_empty() { lines } else { format!("{head}{lines}") }
}
