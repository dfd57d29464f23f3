//! What a program writes, collected while it runs.

use std::io::Read;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How many of the last lines a failure shows.
const TAIL_LINES: usize = 40;

/// Everything read so far from one pipe.
pub(crate) struct Transcript {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Transcript {
    /// Reads `source` to its end on a thread of its own.
    pub(crate) fn of(mut source: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = channel::<()>();
        let collected = Arc::clone(&bytes);
        thread::spawn(move || {
            let _dropped_at_the_end = end;
            let mut buffer = [0; 4096];
            // A pipe that breaks has ended.
            while let Ok(length @ 1..) = source.read(&mut buffer) {
                collected
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(&buffer[..length]);
            }
        });
        Self { bytes, ended }
    }

    /// Waits for the end of the pipe, which a grandchild of the program can keep open.
    pub(crate) fn wait_for_end(&self, limit: Duration) {
        // The answer does not matter: what came until then is the transcript.
        let _ = self.ended.recv_timeout(limit);
    }

    /// The text so far. What is not UTF-8 is replaced.
    pub(crate) fn text(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The last lines of a log, for the message of a failure.
pub(crate) fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
