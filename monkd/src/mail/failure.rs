//! What goes wrong with a mail server: a word for the audit, a sentence for people.

use std::error::Error as _;
use std::fmt;

use lettre::transport::smtp::Error;

/// Why a mail was not sent, or perhaps not.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        }
    }
}

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
            Self::Malformed(what) => write!(f, "no mail can be made of this ({what})"),
        }
    }
}

/// Reply codes that concern the login (RFC 4954 §6).
const LOGIN_REPLIES: [u16; 5] = [432, 454, 530, 534, 535];

impl From<Error> for MailFailure {
    fn from(error: Error) -> Self {
        let text = with_causes(&error);
        if let Some(code) = error.status() {
            return if LOGIN_REPLIES.contains(&code.into()) {
                Self::Authentication(text)
            } else {
                Self::Rejected(text)
            };
        }
        match () {
            () if error.is_timeout() => Self::Timeout,
            // rustls reports a bad certificate as an I/O error of the handshake.
            () if error.is_tls() || text.contains("certificate") => Self::Tls(text),
            () if error.is_client() => Self::Unable(text),
            () => Self::Unreachable(text),
        }
    }
}

/// An error with what is behind it; lettre's own text names the outermost only.
pub(super) fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}
