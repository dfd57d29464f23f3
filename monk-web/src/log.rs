//! What administrators read: lines on standard error, which systemd takes to the journal.
//!
//! No line says who is signed in, and none has anything that somebody typed.

use std::io::Write;

/// Writes a line.
pub fn line(text: &str) {
    // Where nobody listens any more there is nobody to tell.
    let _unread = writeln!(std::io::stderr().lock(), "{text}");
}
