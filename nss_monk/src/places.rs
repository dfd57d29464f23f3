//! Where the engine is found.

use std::time::Duration;

use monk_wire::names::{MAP, SOCKET};

use crate::silence::Silence;
use crate::socket::own_pid;

/// Where the engine is found, and what this process knows about it.
pub(crate) struct Places<'a> {
    /// The file of what was answered a moment ago.
    pub(crate) map: &'a str,
    /// The socket.
    pub(crate) socket: &'a str,
    /// Whether the engine was silent.
    pub(crate) silence: &'a Silence,
    /// The number of this process, which changes with a fork: the engine does not ask itself.
    pub(crate) own_pid: fn() -> i32,
    /// How long one look-up may take altogether.
    pub(crate) patience: Duration,
    /// How long one entry of a list may take.
    pub(crate) patience_for_lists: Duration,
}

/// How long one look-up may take altogether: whatever program asks, a person may be waiting for it, or a
/// service that holds a lock.
const PATIENCE: Duration = Duration::from_millis(200);

/// How long one entry of a list may take. Only who wants everybody asks for it, and a list that ends too soon
/// is worse than one that takes a while.
const PATIENCE_FOR_LISTS: Duration = Duration::from_secs(10);

static SILENCE: Silence = Silence::new();

/// Those of the host. No program can name others: the module also works for setuid programs.
pub(crate) static HOST: Places<'static> = Places {
    map: MAP,
    socket: SOCKET,
    silence: &SILENCE,
    own_pid,
    patience: PATIENCE,
    patience_for_lists: PATIENCE_FOR_LISTS,
};
