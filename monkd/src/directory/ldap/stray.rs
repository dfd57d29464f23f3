//! Messages that answer nothing.
//!
//! A message with a number that no request has (RFC 4511 §4.1.1.1) is the answer of a server that is broken:
//! the right one will not come. ldap3 only says so in its log and goes on waiting, so a login would wait until
//! its deadline. Here what it says is heard, and the connection ends at once. Number 0 is no answer but a
//! notice that nobody asked for (§4.4), which clients ignore.

use std::future::Future;
use std::sync::{Arc, Once};

use log::{LevelFilter, Log, Metadata, Record};
use tokio::sync::Notify;

/// How ldap3 begins the line about such a message; the number follows.
const UNMATCHED: &str = "unmatched id: ";

tokio::task_local! {
    /// Whom a stray message on the connection of this task is told.
    static STRAY: Arc<Notify>;
}

/// Drives a connection until it ends, or until a message comes that answers nothing.
pub(super) async fn until_stray<T>(drive: impl Future<Output = T>) {
    listen();
    let stray = Arc::new(Notify::new());
    let told = Arc::clone(&stray);
    STRAY
        .scope(stray, async {
            tokio::select! {
                _ = drive => {}
                () = told.notified() => {}
            }
        })
        .await;
}

/// Hears what ldap3 says. Nothing else in the engine uses this kind of log, and nothing is written.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if log::set_logger(&Listener).is_ok() {
            log::set_max_level(LevelFilter::Warn);
        }
    });
}

struct Listener;

impl Log for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("ldap3")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = record.args().to_string();
        if line.strip_prefix(UNMATCHED).is_some_and(|number| number != "0") {
            // Only the task of a connection has somebody to tell.
            let _ = STRAY.try_with(|stray| stray.notify_one());
        }
    }

    fn flush(&self) {}
}
