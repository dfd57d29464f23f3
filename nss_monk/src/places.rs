//! Where the engine is found.

use monk_wire::names::{MAP, SOCKET};

use crate::silence::Silence;

/// Where the engine is found, and what this process knows about it.
pub(crate) struct Places<'a> {
    /// The file of what was answered a moment ago.
    pub(crate) map: &'a str,
    /// The socket.
    pub(crate) socket: &'a str,
    /// Whether the engine was silent.
    pub(crate) silence: &'a Silence,
}

static SILENCE: Silence = Silence::new();

/// Those of the host. No program can name others: the module also works for setuid programs.
pub(crate) static HOST: Places<'static> = Places { map: MAP, socket: SOCKET, silence: &SILENCE };
