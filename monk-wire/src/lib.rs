//! What monk's programs say to each other: the messages and their framing, protocol version 1.
//!
//! The crate opens no socket. `monk-client` holds conversations, `monk-one-shot` starts an engine for one.
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
//! first. Closing the socket ends it; the engine closes it after the reply to a login. A management
//! conversation is the same with [`Request::Manage`]. Commands that concern everybody take any time: their
//! answers come in parts ([`Reply::Part`], [`Request::Next`]) before the last reply. `monk-ssh-keys` asks one
//! question, [`Request::SshKeys`].
//!
//! A frame is `version: u8 | length: u32, big-endian | body`, the body being one [`Request`] or
//! [`Reply`] in postcard's encoding.
//!
//! # Upgrades
//!
//! During an upgrade every order occurs: a module of the previous release stays mapped in running
//! programs and meets the new engine, and a program that starts before the engine was restarted
//! maps the new module and meets the old engine. Neither may fail a login. So an engine answers version N
//! and the one before, each in its own version, and a new version takes three releases:
//!
//! | release | engines answer | clients speak |
//! |---|---|---|
//! | before | N−1 | N−1 |
//! | engines learn it | N−1, N | N−1 |
//! | clients begin with it | N−1, N | N |
//! | the old one may go | N, N+1 | N |
//!
//! `tests/version_1.rs` holds the bytes of the messages that modules use. A change to them is a new version,
//! even one more field at the end of a message, because postcard leaves no gaps. One more variant at the end
//! of an enum is not, as long as it is only sent to programs that asked for it.
//! `monk-enroll` sends commands of the administration ([`Request::Manage`]) to an engine of its own package,
//! and where it does not understand a reply it asks people to install both in the same version.
//!
//! No message says who is asking: the engine takes the caller's uid from the socket (`SO_PEERCRED`).
//! Anybody may ask for a login. Only root may claim what the engine cannot see for itself
//! ([`Login::publickey`]), name other users in [`Request::Manage`], or learn reasons.

mod bounded;
pub mod frame;
pub mod manage;
mod message;
pub mod metrics;
pub mod names;
mod password_change;
pub mod portal;
mod secret;
pub mod ssh_keys;

pub use message::{AccountQuery, Denial, Login, Reply, Request};
pub use password_change::{ChangeStep, NotChanged, PasswordChange};
pub use secret::Secret;

/// The version that clients of this release speak.
pub const VERSION: u8 = 1;

/// The newest version that an engine of this release answers.
pub const NEWEST_VERSION: u8 = 1;

/// The oldest version that an engine of this release still answers.
pub const OLDEST_VERSION: u8 = 1;

const _: () = assert!(
    OLDEST_VERSION <= VERSION && VERSION <= NEWEST_VERSION && NEWEST_VERSION < OLDEST_VERSION + 2,
    "engines answer what clients speak, and two versions at most"
);

const _: () = assert!(2 * ssh_keys::MOST_BYTES <= frame::MAX_REPLY, "keys fit into a reply");

/// Where the resident engine listens.
pub const DEFAULT_SOCKET: &str = "/run/monk/monkd.sock";

/// The engine's program, for callers that have to start it themselves.
pub const DEFAULT_ENGINE: &str = "/usr/sbin/monkd";

/// Where the settings are.
pub const DEFAULT_CONFIG: &str = "/etc/monk/monk.toml";
