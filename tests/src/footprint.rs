//! What a process takes of the machine.

use std::fs;

/// What a process has open, and how much memory it takes, as `/proc` says.
#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
    /// Memory that is in RAM, in KiB.
    pub rss_kib: u64,
    /// The most that ever was, in KiB.
    pub peak_kib: u64,
}

impl Footprint {
    /// That of a process of this machine or, by its number here, of a world.
    ///
    /// # Panics
    /// When there is no such process.
    #[track_caller]
    pub fn of(process: u32) -> Self {
        let folder = format!("/proc/{process}");
        let status = fs::read_to_string(format!("{folder}/status"));
        let status = status.unwrap_or_else(|error| panic!("the process {process}: {error}"));
        let number = |name| field(&status, name).unwrap_or_else(|| panic!("no {name} in {status}"));
        let descriptors = fs::read_dir(format!("{folder}/fd")).map(Iterator::count);
        Self {
            descriptors: descriptors.unwrap_or_else(|error| panic!("{folder}/fd: {error}")),
            threads: number("Threads:"),
            rss_kib: number("VmRSS:"),
            peak_kib: number("VmHWM:"),
        }
    }
}

/// The number after a name in `/proc/PID/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
