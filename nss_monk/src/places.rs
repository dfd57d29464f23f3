//! Where the engine is found.

use std::time::Duration;

use monk_wire::names::{MAP, MEMORY_SOCKET, SOCKET};

use crate::memory::{Lender, Lent};
use crate::silence::Silence;
use crate::socket::{now_ms, own_pid};

/// Where the engine is found, and what this process knows about it.
pub(crate) struct Places<'a> {
    /// The file of what was answered a moment ago.
    pub(crate) map: &'a str,
    /// The socket.
    pub(crate) socket: &'a str,
    /// The socket at which the engine lends the map as memory.
    pub(crate) memory: &'a str,
    /// What was lent.
    pub(crate) lent: &'a Lent,
    /// Whether the engine was silent.
    pub(crate) silence: &'a Silence,
    /// The number of this process, which changes with a fork: the engine does not ask itself.
    pub(crate) own_pid: fn() -> i32,
    /// Milliseconds since the boot.
    pub(crate) now: fn() -> u64,
    /// How long one look-up may take altogether.
    pub(crate) patience: Duration,
    /// How long one entry of a list may take.
    pub(crate) patience_for_lists: Duration,
    /// How long it may take to lend memory.
    pub(crate) patience_for_memory: Duration,
}

impl Places<'_> {
    /// Who lends the map as memory.
    pub(crate) fn lender(&self) -> Lender<'_> {
        Lender {
            file: self.map,
            socket: self.memory,
            patience: self.patience_for_memory,
            own_pid: self.own_pid,
            now: self.now,
        }
    }
}

/// How long one look-up may take altogether: whatever program asks, a person may be waiting for it, or a
/// service that holds a lock.
const PATIENCE: Duration = Duration::from_millis(200);

/// How long one entry of a list may take. Only who wants everybody asks for it, and a list that ends too soon
/// is worse than one that takes a while.
const PATIENCE_FOR_LISTS: Duration = Duration::from_secs(10);

/// How long it may take to lend memory. The engine does so at once, without being told for what; meanwhile the
/// program that waits could have read the file hundreds of times.
const PATIENCE_FOR_MEMORY: Duration = Duration::from_millis(5);

static LENT: Lent = Lent::new();
static SILENCE: Silence = Silence::new();

/// Those of the host. No program can name others: the module also works for setuid programs.
pub(crate) static HOST: Places<'static> = Places {
    map: MAP,
    socket: SOCKET,
    memory: MEMORY_SOCKET,
    lent: &LENT,
    silence: &SILENCE,
    own_pid,
    now: now_ms,
    patience: PATIENCE,
    patience_for_lists: PATIENCE_FOR_LISTS,
    patience_for_memory: PATIENCE_FOR_MEMORY,
};
