//! An engine for one conversation: the one that listens or, for root, one that is started for it.
//!
//! A program that depends on this crate can start another with root's rights. `pam_monk` and `monk-enroll`
//! do, so that a login works where no service runs (containers, rescue shells, a crashed service).

mod spawn;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use monk_client::{Conversation, WireError, socket};
use monk_wire::{DEFAULT_ENGINE, DEFAULT_SOCKET};

/// Where an engine is found, or how one is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The socket of the resident engine.
    pub socket: PathBuf,
    /// The program to start where none listens.
    pub engine: PathBuf,
    /// Its settings, if not the default ones.
    pub config: Option<PathBuf>,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self { socket: DEFAULT_SOCKET.into(), engine: DEFAULT_ENGINE.into(), config: None }
    }
}

/// Opens a conversation with the resident engine or, for root, with one started for it.
///
/// `budget` is the time that the engine may take altogether, as for [`Conversation::open`].
///
/// # Errors
/// [`WireError::NoEngine`] and [`WireError::Timeout`].
pub fn open(endpoint: &Endpoint, budget: Duration) -> Result<Conversation, WireError> {
    let started = Instant::now();
    match Conversation::open(&endpoint.socket, budget) {
        Err(WireError::NoEngine(_)) if socket::effective_uid() == 0 => {
            let stream = spawn::one_shot(&endpoint.engine, endpoint.config.as_deref())
                .map_err(WireError::NoEngine)?;
            Ok(Conversation::over(stream, budget.saturating_sub(started.elapsed())))
        }
        Err(WireError::NoEngine(error)) => {
            let why = format!("{error}; only root may start one");
            Err(WireError::NoEngine(io::Error::new(error.kind(), why)))
        }
        other => other,
    }
}
