//! A conversation with the engine of monk, from the client's end: blocking, and within a budget of time.
//!
//! This is all that a client needs which only asks: it opens the socket of the resident engine, or takes
//! one that it is given. It starts nothing; see `monk-one-shot` for callers that may.

mod conversation;
pub mod socket;

pub use conversation::{Conversation, WireError};
pub use socket::{Peer, peer_of};
