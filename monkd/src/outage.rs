//! Why no answer could be had. Never a yes, and never a no about the user.

use std::fmt;

/// Something that monk needs does not answer, or not clearly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Nothing listens there, or the connection broke.
    Unreachable(String),
    /// No answer by the deadline; names what was waited for.
    Timeout(&'static str),
    /// The server's certificate or the TLS handshake is not in order.
    Tls(String),
    /// The directory refuses the engine itself (service bind, access rules, missing schema).
    Refused(String),
    /// The directory answered something that is neither yes nor no.
    Unclear(String),
    /// The embedded store cannot be read or written.
    Storage(String),
    /// The engine cannot start or go on with its settings or keys.
    Setup(String),
    /// Others kept changing the same record; nothing was written.
    Contention,
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(what) => write!(f, "unreachable: {what}"),
            Self::Timeout(what) => write!(f, "no answer in time: {what}"),
            Self::Tls(what) => write!(f, "TLS: {what}"),
            Self::Refused(what) => write!(f, "refused by the directory: {what}"),
            Self::Unclear(what) => write!(f, "unclear answer of the directory: {what}"),
            Self::Storage(what) => write!(f, "store: {what}"),
            Self::Setup(what) => write!(f, "setup: {what}"),
            Self::Contention => f.write_str("the same record is being changed by too many"),
        }
    }
}
