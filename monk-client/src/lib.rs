//! A conversation with the engine of monk, from the client's end: blocking, and within a budget of time.
//!
//! A client that only asks needs nothing else: the crate opens the socket of the resident engine, or takes
//! one that it is given. It starts nothing; callers that may start an engine use `monk-one-shot`.

mod conversation;
pub mod socket;

pub use conversation::{Conversation, WireError};
pub use socket::{Peer, peer_of};
