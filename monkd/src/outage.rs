//! Why no answer could be had. Never a yes, and never a no about the user.

use std::fmt;

use monk_wire::manage::doctor::Evidence;
use monk_wire::manage::{self, Failure, OutageKind};

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

impl Outage {
    /// As clients are told.
    #[must_use]
    pub fn told(&self) -> manage::Outage {
        let (kind, detail) = match self {
            Self::Unreachable(what) => (OutageKind::Unreachable, what.as_str()),
            Self::Timeout(what) => (OutageKind::Timeout, *what),
            Self::Tls(what) => (OutageKind::Tls, what.as_str()),
            Self::Refused(what) => (OutageKind::Refused, what.as_str()),
            Self::Unclear(what) => (OutageKind::Unclear, what.as_str()),
            Self::Storage(what) => (OutageKind::Storage, what.as_str()),
            Self::Setup(what) => (OutageKind::Setup, what.as_str()),
            Self::Contention => (OutageKind::Contention, ""),
        };
        manage::Outage { kind, detail: detail.to_owned() }
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told().fmt(f)
    }
}

impl From<&Outage> for Evidence {
    fn from(outage: &Outage) -> Self {
        Self::Outage(outage.told())
    }
}

impl From<Outage> for Failure {
    fn from(outage: Outage) -> Self {
        Self::Outage(outage.told())
    }
}
