//! One question to the engine.

use std::os::fd::OwnedFd;
use std::time::Instant;

use monk_wire::VERSION;
use monk_wire::frame::{self, HEADER};
use monk_wire::names::{MAX_ANSWER, MAX_QUERY};

use crate::connection::{connect_to_engine, failure};
use crate::failure::Failure;
use crate::places::Places;
use crate::socket::{receive, send_all};

/// How long to wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// As long as a look-up may take.
    LookUp,
    /// As long as an entry of a list may take.
    List,
}

/// An answer on its way.
pub(crate) struct Reply {
    socket: OwnedFd,
    deadline: Instant,
    length: usize,
}

/// Sends an encoded query, and waits until an answer begins.
///
/// # Errors
/// [`Failure`].
pub(crate) fn ask(places: &Places<'_>, query: &[u8], wait: Wait) -> Result<Reply, Failure> {
    let deadline = Instant::now()
        + match wait {
            Wait::LookUp => places.patience,
            Wait::List => places.patience_for_lists,
        };
    let socket = connect_to_engine(places.socket, (places.own_pid)(), deadline)?;
    let mut room = [0; HEADER + MAX_QUERY];
    let length = u32::try_from(query.len()).map_err(|_| Failure::CannotTell)?;
    let frame = room.get_mut(..HEADER + query.len()).ok_or(Failure::CannotTell)?;
    frame[0] = VERSION;
    frame[1..HEADER].copy_from_slice(&length.to_be_bytes());
    frame[HEADER..].copy_from_slice(query);
    send_all(&socket, frame, deadline).map_err(failure)?;
    let mut header = [0; HEADER];
    receive(&socket, &mut header, deadline).map_err(failure)?;
    let header = frame::header(header, MAX_ANSWER).map_err(|_| Failure::CannotTell)?;
    Ok(Reply { socket, deadline, length: header.length })
}

impl Reply {
    /// Bytes of its body that were not read yet.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Reads the next bytes of the body, as many as `room` has: no more than [`Reply::length`].
    ///
    /// # Errors
    /// [`Failure`] where they do not come.
    pub(crate) fn read(&mut self, room: &mut [u8]) -> Result<(), Failure> {
        self.length = self.length.checked_sub(room.len()).ok_or(Failure::CannotTell)?;
        receive(&self.socket, room, self.deadline).map_err(failure)
    }
}
