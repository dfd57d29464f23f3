//! The connections to one server that are kept open for one purpose.
//!
//! Opening a connection costs ten times what an operation on it does, with TLS even more.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::connection::Connection;
use crate::tally::CONNECTIONS_WAITING;

/// Most connections to one server for one purpose. slapd works with 16 threads by default: more
/// connections would only wait there instead of here.
pub(super) const MAX_OPEN: usize = 16;

/// How long a connection may be idle before it is no longer trusted to be alive. Firewalls forget
/// quiet connections without a word, some after a minute or two.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// Idle connections, and the right to have one more open.
pub(super) struct Pool {
    /// The most recently used is last, and used first: the others grow old and are closed.
    idle: Mutex<Vec<Connection>>,
    open: Semaphore,
}

impl Pool {
    /// A pool with no connection in it, and room for so many.
    pub fn new(room: usize) -> Self {
        Self { idle: Mutex::default(), open: Semaphore::new(room) }
    }

    /// Waits for the right to use a connection, until it is dropped.
    pub async fn permit(&self) -> SemaphorePermit<'_> {
        let _waits = CONNECTIONS_WAITING.hold();
        self.open.acquire().await.expect("the semaphore is never closed")
    }

    /// A connection that seems to be alive, if there is one.
    pub fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        while let Some(mut connection) = idle.pop() {
            if is_fresh(&mut connection) {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next one. Nothing may be under way on it.
    pub fn put(&self, mut connection: Connection) {
        connection.used = Instant::now();
        let mut idle = self.idle();
        // One comes, so one that is too old goes: that keeps up, and looks at one and not at all.
        if idle.first_mut().is_some_and(|oldest| !is_fresh(oldest)) {
            idle.remove(0);
        }
        idle.push(connection);
    }

    /// Closes what is idle.
    pub fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh(connection: &mut Connection) -> bool {
    !connection.is_closed() && connection.used.elapsed() < MAX_IDLE
}
