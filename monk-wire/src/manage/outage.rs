//! What did not answer, or not clearly: the directory and the mail server.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that the engine needs does not answer, or not clearly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// What happened.
    pub kind: OutageKind,
    /// Where, or what was answered, in the words of the server or of the system.
    pub detail: String,
}

/// The kinds of outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutageKind {
    /// Nothing listens there, or the connection broke.
    Unreachable,
    /// No answer by the deadline.
    Timeout,
    /// The server's certificate or the TLS handshake is not in order.
    Tls,
    /// The directory refuses the engine itself.
    Refused,
    /// The directory answered something that is neither yes nor no.
    Unclear,
    /// The embedded store cannot be read or written.
    Storage,
    /// The engine cannot start or go on with its settings or keys.
    Setup,
    /// Others kept changing the same record; nothing was written.
    Contention,
}

impl OutageKind {
    /// The word in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Refused => "refused-by-directory",
            Self::Unclear => "unclear",
            Self::Storage => "storage",
            Self::Setup => "setup",
            Self::Contention => "contention",
        }
    }
}

/// The words of the log. What is to be done stands in the details, if anything does.
impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, detail } = self;
        match kind {
            OutageKind::Unreachable => write!(f, "unreachable: {detail}"),
            OutageKind::Timeout => write!(f, "no answer in time: {detail}"),
            OutageKind::Tls => write!(f, "TLS: {detail}"),
            OutageKind::Refused => write!(f, "refused by the directory: {detail}"),
            OutageKind::Unclear => write!(f, "unclear answer of the directory: {detail}"),
            OutageKind::Storage => write!(f, "store: {detail}"),
            OutageKind::Setup => write!(f, "setup: {detail}"),
            OutageKind::Contention => f.write_str("the same record is being changed by too many"),
        }
    }
}

/// Why a mail was not sent, or perhaps not. The texts are those of the mail server or of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailFailure {
    /// Nobody listens there, or the connection broke.
    Unreachable(String),
    /// The server took too long.
    Timeout,
    /// Its certificate or the handshake is not in order.
    Tls(String),
    /// It cannot do STARTTLS, or no way of logging in that monk knows.
    Unable(String),
    /// It does not take user name and password.
    Authentication(String),
    /// It does not take the mail.
    Rejected(String),
    /// What was to be sent is no mail.
    Malformed(String),
    /// It takes no mail for this address.
    Recipient(String),
    /// It does not take the mail now (RFC 5321 §4.2.1, replies 4yz).
    Deferred(String),
}

impl MailFailure {
    /// The word in the audit.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls(_) => "tls",
            Self::Unable(_) => "unable",
            Self::Authentication(_) => "authentication",
            Self::Rejected(_) => "rejected",
            Self::Malformed(_) => "malformed",
            Self::Recipient(_) => "recipient",
            Self::Deferred(_) => "deferred",
        }
    }
}

/// The words of the log and of the terminal, which name the settings that matter.
impl fmt::Display for MailFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(what) => {
                write!(
                    f,
                    "the mail server cannot be reached ({what}): check mail.host and mail.port"
                )
            }
            Self::Timeout => f.write_str(
                "the mail server did not answer in time: check mail.host and mail.port, and \
                 whether mail.ssl fits the port",
            ),
            Self::Tls(what) => write!(
                f,
                "TLS with the mail server failed ({what}): check mail.ca_file, and whether \
                 mail.host is the name in the certificate"
            ),
            Self::Unable(what) => {
                write!(f, "the mail server cannot do what is set ({what}): nothing was sent")
            }
            Self::Authentication(what) => write!(
                f,
                "the mail server does not take the login ({what}): check mail.username and \
                 mail.password_file"
            ),
            Self::Rejected(what) => write!(f, "the mail server does not take the mail ({what})"),
            Self::Recipient(what) => {
                write!(f, "the mail server does not take the mail for this address ({what})")
            }
            Self::Deferred(what) => {
                write!(f, "the mail server does not take the mail now ({what}): try again later")
            }
            Self::Malformed(what) => write!(f, "no mail can be made of this ({what})"),
        }
    }
}
