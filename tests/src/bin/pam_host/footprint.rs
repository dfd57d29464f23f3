//! What this process takes of the machine, as `/proc` says.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::Path;

use crate::manner::is_open;

/// What a process has open, and how much memory it takes.
pub struct Footprint {
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
    /// Memory that is in RAM, in KiB.
    pub rss_kib: u64,
    /// Children, those included that have ended and were not waited for.
    pub children: usize,
    /// The files of the libraries and modules that are mapped.
    pub libraries: BTreeSet<String>,
    /// What else is the program's own affair: signals blocked, ignored and handled, umask, folder,
    /// environment, and which of the standard descriptors are open.
    pub habits: String,
}

impl Footprint {
    /// That of this process.
    pub fn measure() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        // The listing itself has the folder open.
        let descriptors = fs::read_dir("/proc/self/fd")?.count() - 1;
        Ok(Self {
            descriptors,
            threads: field(&status, "Threads:").unwrap_or_default(),
            rss_kib: field(&status, "VmRSS:").unwrap_or_default(),
            children: children(field(&status, "Pid:").unwrap_or_default())?,
            libraries: libraries(&fs::read_to_string("/proc/self/maps")?),
            habits: habits(&status)?,
        })
    }
}

fn habits(status: &str) -> io::Result<String> {
    let is_habit = |line: &&str| {
        ["SigBlk:", "SigIgn:", "SigCgt:", "Umask:"].iter().any(|name| line.starts_with(name))
    };
    let mut habits: Vec<_> = status.lines().filter(is_habit).map(str::to_owned).collect();
    habits.push(env::current_dir()?.display().to_string());
    habits.extend(env::vars().map(|(name, value)| format!("{name}={value}")));
    habits.extend((0..3).map(|standard| is_open(standard).to_string()));
    Ok(habits.join(" "))
}

/// The number after a name in `/proc/PID/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn children(of: u64) -> io::Result<usize> {
    let processes = fs::read_dir("/proc")?.flatten();
    Ok(processes.filter(|process| parent(&process.path()) == Some(of)).count())
}

/// The parent of the process whose folder under `/proc` this is. One that has just gone has none.
fn parent(process: &Path) -> Option<u64> {
    field(&fs::read_to_string(process.join("status")).ok()?, "PPid:")
}

/// The last field of a line of `/proc/PID/maps` is the file, where there is one.
fn libraries(maps: &str) -> BTreeSet<String> {
    let files = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let is_library = |file: &&str| file.ends_with(".so") || file.contains(".so.");
    files.filter(is_library).map(str::to_owned).collect()
}
