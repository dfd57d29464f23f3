//! Users and groups for this host: what `libnss_monk.so.2` is answered.
//!
//! ```text
//!   names.sock ─▶ service ──▶ answers ──▶ directory (Names)
//!                  limits       │   cache, shares, health
//!                               ▼
//!                           names.map        read by everybody, without asking
//!                            memory          a copy, for who looks up many names
//!  names.map.sock ◀── lender ───┘
//! ```
//!
//! [`rules`] says what may be served at all, [`cache`] what was answered a moment ago, [`shares`] and
//! [`health`] how many searches there may be, and [`lists`] keeps whole lists where they are wanted. Nothing
//! here takes a place, a connection or a wait from a login but the one thread's time.

pub mod answers;
pub mod beforehand;
pub mod cache;
pub mod crowd;
pub mod fields;
pub mod health;
pub mod lender;
pub mod lists;
pub mod local;
pub mod map;
pub mod memory;
pub mod owner;
pub mod published;
pub mod rules;
pub mod said;
pub mod service;
pub mod shares;
pub mod source;
pub mod tending;
mod unwritten;

#[cfg(test)]
mod tests;
