//! A map that could not be written, and when it is tried again.

use std::path::PathBuf;

/// How many rounds there are from one attempt to write the map to the next: where there is no room for it, each may
/// write all of it but the end.
pub(super) const ROUNDS_UNTIL_THE_NEXT_MAP: u32 = 10;

/// A map that could not be written.
pub(super) struct Unwritten {
    path: PathBuf,
    /// That of the map before.
    generation: u64,
    /// How many rounds ago it was tried.
    rounds: u32,
}

impl Unwritten {
    /// It was tried now.
    pub fn new(path: PathBuf, generation: u64) -> Self {
        Self { path, generation, rounds: 0 }
    }

    /// Another round has begun. Whether it is time to try again.
    pub fn is_due(&mut self) -> bool {
        self.rounds += 1;
        self.rounds >= ROUNDS_UNTIL_THE_NEXT_MAP
    }

    /// Where it is to be written, and the generation of the one before.
    pub fn into_parts(self) -> (PathBuf, u64) {
        (self.path, self.generation)
    }
}
