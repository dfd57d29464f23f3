//! What monk's programs say to each other: monk-wire, protocol version 1.
//!
//! ```text
//! pam_monk, monk-enroll          Unix stream socket                monkd
//!        │                                                           │
//!        ├── Request::Login { user, service, typed, … } ────────────▶│
//!        │◀───────────────── Reply::Ask { "Code: ", echo: false } ───┤   0 or more times
//!        ├── Request::Answer(…) ────────────────────────────────────▶│
//!        │◀─────────── Reply::Granted | Denied | Unavailable ────────┤
//! ```
//!
//! One connection is one conversation: each request gets exactly one reply, and the client speaks
//! first. Closing the socket ends it. A management conversation is the same with
//! [`Request::Manage`].
//!
//! A frame is `version: u8 | length: u32, big-endian | body`, the body being one [`Request`] or
//! [`Reply`] in postcard's encoding. An engine speaks its own version and the one before, and
//! answers in the version it was asked in, because modules of the previous release stay mapped in
//! running programs after an upgrade. Enums only ever grow at their end.
//!
//! Who is asking is not said but seen: the engine takes the caller's uid from the socket
//! (`SO_PEERCRED`). Anybody may ask for a login; only root may claim what the engine cannot see
//! itself ([`Login::publickey`]), name other users in [`Request::Manage`], or be told reasons.

pub mod arguments;
mod client;
pub mod frame;
pub mod manage;
mod message;
mod secret;
mod socket;
mod spawn;

pub use client::{Conversation, Endpoint, WireError};
pub use message::{AccountQuery, Denial, Login, Reply, Request};
pub use secret::Secret;
pub use socket::{Peer, peer_of};

/// The protocol version that this code speaks.
pub const VERSION: u8 = 1;

/// The oldest version that an engine of this code still answers.
pub const OLDEST_VERSION: u8 = 1;

/// Where the resident engine listens.
pub const DEFAULT_SOCKET: &str = "/run/monk/monkd.sock";

/// The engine's program, for callers that have to start it themselves.
pub const DEFAULT_ENGINE: &str = "/usr/sbin/monkd";

/// Where the settings are.
pub const DEFAULT_CONFIG: &str = "/etc/monk/monk.toml";
