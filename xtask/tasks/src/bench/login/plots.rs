//! The pictures beside the tables of logins.

use monk_tests::site::Running;

use super::ours::group;
use crate::bench::machine;
use crate::bench::plot::{Bar, Chart};
use crate::bench::row::{Measured, Section};
use crate::bench::world::Transport;

/// Callers of the second picture.
const MANY: usize = 8;

/// The pictures, each with the name of its file.
pub fn of(rows: &[Measured<'_>]) -> [(&'static str, Chart); 2] {
    let time = bars(rows, 1, |row| row.millis(50));
    let mut rate = bars(rows, MANY, |row| row.rate());
    rate.reverse();
    [
        ("login-time.svg", chart("Time of one login, one caller", "milliseconds (p50)", time)),
        (
            "login-rate.svg",
            chart("Logins of eight callers on one machine", "logins in a second", rate),
        ),
    ]
}

fn chart(title: &str, axis: &str, bars: Vec<Bar>) -> Chart {
    Chart {
        title: title.to_owned(),
        axis: format!("{axis}, logarithmic"),
        caption: machine::description(),
        bars,
    }
}

/// A bar for each way to log in, the least first. Of monk's ways those over TLS are shown.
fn bars(
    rows: &[Measured<'_>],
    callers: usize,
    value: impl Fn(&Measured<'_>) -> Option<f64>,
) -> Vec<Bar> {
    let shown = [Running::Resident, Running::OneShot].map(|run| group(Transport::Ldaps, run));
    let is_shown = |row: &&Measured<'_>| {
        let row = &row.row;
        let is_ours = row.section() == Section::Monk;
        row.callers() == callers
            && !row.fresh()
            && (!is_ours || shown.iter().any(|s| s == row.group()))
    };
    let bar = |row: &Measured<'_>| {
        let label = format!("{}: {}", row.row.group(), row.row.words());
        Some(Bar { label, value: value(row)?, is_ours: row.row.section() == Section::Monk })
    };
    let mut bars: Vec<Bar> = rows.iter().filter(is_shown).filter_map(bar).collect();
    bars.sort_by(|one, other| one.value.total_cmp(&other.value));
    bars
}
