//! What tests measure on their way, for `cargo xtask conformance` to put into tables.
//!
//! A test judges its own figures; that they are written down as well changes nothing about what it
//! claims. Without [`FILE`] in the environment they only stand in the output of the test.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

/// The variable of the environment that names the file of the figures: one JSON object a line,
/// `{"table": …, "cells": […]}`.
pub const FILE: &str = "MONK_FIGURES";

/// The variable of the environment that asks for the long runs.
pub const THOROUGH: &str = "MONK_THOROUGH";

/// How often something is done: `usual` in every run of the tests, `thorough` where somebody wants
/// to know exactly and has the time.
#[must_use]
pub fn times(usual: usize, thorough: usize) -> usize {
    if env::var_os(THOROUGH).is_some() { thorough } else { usual }
}

/// Writes down one row of a table. Rows of one table have the same number of cells.
///
/// # Panics
/// When the file cannot be written.
#[track_caller]
pub fn row(table: &str, cells: &[&str]) {
    #[expect(clippy::print_stdout, reason = "the output of a test, shown where it fails")]
    {
        println!("{table}: {}", cells.join(" | "));
    }
    let Some(file) = env::var_os(FILE) else { return };
    // One write of one line at the end: rows of tests that run at the same time do not mix.
    let line = format!("{}\n", json!({ "table": table, "cells": cells }));
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// The rows of one table in a file of figures, in the order in which they were written.
///
/// # Errors
/// When the file cannot be read, or a line of it is no row.
pub fn read(file: &Path, table: &str) -> io::Result<Vec<Vec<String>>> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "a line that is no row of figures");
    let mut rows = Vec::new();
    for line in fs::read_to_string(file)?.lines() {
        let row: Value = serde_json::from_str(line).map_err(|_| wrong())?;
        let cells = row["cells"].as_array().ok_or_else(wrong)?;
        if row["table"] == table {
            let text = |cell: &Value| cell.as_str().map(str::to_owned).ok_or_else(wrong);
            rows.push(cells.iter().map(text).collect::<io::Result<_>>()?);
        }
    }
    Ok(rows)
}
