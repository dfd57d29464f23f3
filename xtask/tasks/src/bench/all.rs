//! `cargo xtask bench` without more words: everything, one after the other, and the page of figures.

use std::env;
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome};
use crate::prepare::heading;
use crate::results;

/// The program's exit status where a goal is not met.
const MISSED: i32 = 1;

/// Measures each of these, in a process of its own: what one leaves behind is not in the figures of the
/// next. Where the page is written, it is written after each.
pub fn run(names: &[String], dev: bool, write: bool) -> Outcome {
    let (mut all_met, mut failed) = (true, Vec::new());
    for (number, name) in names.iter().enumerate() {
        heading(&format!("{} of {}: {name}", number + 1, names.len()));
        match measured(name, dev)? {
            Some((table, is_met)) => {
                print!("{table}");
                all_met &= is_met;
                if write {
                    let table = format!("`cargo xtask bench {name}`\n\n{}", table.trim());
                    results::write("performance.md", &format!("bench {name}"), &table)?;
                }
            }
            None => failed.push(name.as_str()),
        }
    }
    if failed.is_empty() {
        return Ok(all_met);
    }
    Err(Failure(format!("not measured: {}", failed.join(", "))))
}

/// The table of one part, and whether its goals are met; none where it could not be measured, which
/// has been told.
fn measured(name: &str, dev: bool) -> Result<Option<(String, bool)>, Failure> {
    let failed = |error| Failure::new(format!("cannot run bench {name}"), error);
    let mut command = Command::new(env::current_exe().map_err(failed)?);
    command.args(["bench", name]).stdout(Stdio::piped());
    if dev {
        command.arg("--dev");
    }
    let output = command.spawn().and_then(std::process::Child::wait_with_output).map_err(failed)?;
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(match output.status.code() {
        Some(0) => Some((table, true)),
        Some(MISSED) => Some((table, false)),
        _ => None,
    })
}
