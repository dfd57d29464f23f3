//! What a helper takes of the machine's memory.

use std::fs;

/// Memory of some processes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// How many processes.
    pub processes: usize,
    /// In RAM, in KiB; what several share counts for each.
    pub rss_kib: u64,
    /// The same, where what several share counts in parts (PSS).
    pub pss_kib: u64,
}

impl Memory {
    /// That of processes of this machine; none where there is no process, or one has ended.
    pub fn of(processes: &[u32]) -> Option<Self> {
        let mut memory = Self::default();
        for process in processes {
            let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
            memory.processes += 1;
            memory.rss_kib += field(&text, "Rss:")?;
            memory.pss_kib += field(&text, "Pss:")?;
        }
        (memory.processes > 0).then_some(memory)
    }
}

/// The number after a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss: 4096 kB\nPss: 1024 kB\nPss_Anon: 1 kB\n";
        assert_eq!((field(text, "Rss:"), field(text, "Pss:")), (Some(4096), Some(1024)));
        assert_eq!(field(text, "Swap:"), None);
    }
}
