//! What a program does, watched by another one: its instructions by callgrind, its system calls by
//! strace.
//!
//! A time depends on the machine and on what else it does. Both of these come out the same on every
//! run, or nearly.

use crate::World;

/// Where the counts are written.
const FOLDER: &str = "/run/watched";

/// How a program is watched. Each has a file of its own in the world.
#[derive(Clone, Debug)]
pub struct Watch {
    kind: Kind,
    file: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Instructions,
    SystemCalls,
}

impl Watch {
    /// Counts the instructions of the program in user space, not those of its children.
    #[must_use]
    pub fn instructions(world: &World) -> Self {
        Self::new(world, Kind::Instructions)
    }

    /// Writes down the system calls of the program, not those of its children and other threads.
    #[must_use]
    pub fn system_calls(world: &World) -> Self {
        Self::new(world, Kind::SystemCalls)
    }

    fn new(world: &World, kind: Kind) -> Self {
        // The engine writes there too, as whatever user it runs.
        world.make_folder(FOLDER, 0o1777);
        // Any number that the world gives once will do.
        Self { kind, file: format!("{FOLDER}/{}", world.free_port()) }
    }

    /// What stands before the program on its command line.
    #[must_use]
    pub fn command(&self) -> Vec<String> {
        let words = match self.kind {
            Kind::Instructions => vec!["valgrind", "--tool=callgrind", "--quiet"],
            Kind::SystemCalls => vec!["strace", "-o", &self.file],
        };
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        if self.kind == Kind::Instructions {
            words.push(format!("--callgrind-out-file={}", self.file));
        }
        words
    }

    /// How many instructions there were, once the program has ended.
    #[track_caller]
    #[must_use]
    pub fn counted_instructions(&self, world: &World) -> u64 {
        let text = world.read(&self.file);
        total(&text).unwrap_or_else(|| panic!("callgrind has written no total:\n{text}"))
    }

    /// The system calls, one a line, as strace(1) writes them.
    #[track_caller]
    #[must_use]
    pub fn trace(&self, world: &World) -> String {
        world.read(&self.file)
    }
}

/// The line `totals: N` or `summary: N` of a file of callgrind's.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    line?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_callgrind_is_at_the_end() {
        assert_eq!(
            total("events: Ir\nsummary: 12\n\nfn=(1)\n1 3\n\ntotals: 17675064\n"),
            Some(17_675_064)
        );
        assert_eq!(total(""), None);
    }
}
