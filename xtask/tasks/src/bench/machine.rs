//! On what, and when, something was measured.

use std::fs;

use crate::cargo::output_of;

/// One line: processor, cores, kernel, system, compiler, date, and how busy the machine is.
pub fn description() -> String {
    let processor =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| "processor ?".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = said("uname", &["-r"]);
    let system = value("/etc/os-release", "PRETTY_NAME=").unwrap_or_default();
    let compiler = said("rustc", &["--version"]);
    let date = said("date", &["--utc", "+%F %H:%M UTC"]);
    format!(
        "{processor}, {cores} cores, Linux {kernel}, {system}, {compiler}, {date}, load {}",
        load()
    )
}

/// How many processes wanted to run, on average over the last minute.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("?").to_owned()
}

/// How much memory can be taken, in MiB.
pub fn free_memory_mib() -> u64 {
    let field = field("/proc/meminfo", "MemAvailable");
    let kib = field.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

fn said(program: &str, arguments: &[&str]) -> String {
    output_of(program, arguments).map_or_else(|_| "?".to_owned(), |text| text.trim().to_owned())
}

/// The first `NAME : VALUE` of a file under /proc.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The first `NAME="VALUE"` of a file.
fn value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim_matches('"').to_owned())
}
