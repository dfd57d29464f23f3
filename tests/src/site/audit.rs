//! The lines of monk's audit.

use crate::syslog::LogLine;

/// One login in the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// The user's name as typed.
    pub user: String,
    /// The PAM service.
    pub service: String,
    /// The address that the program stated, or `-`.
    pub address: String,
    /// `granted`, `refused`, `ignored`, `unavailable` or `abandoned`.
    pub verdict: String,
    /// What opened the door, or why it stayed closed.
    pub reason: String,
    /// The id of the credential, or `-`.
    pub credential: String,
    /// The whole line.
    pub text: String,
}

/// The verdict that comes with a reason for a no.
pub fn refusal(reason: &str) -> &'static str {
    match reason {
        "unknown-user" => "ignored",
        _ => "refused",
    }
}

/// The logins among the lines of a log.
pub(super) fn logins(log: &[LogLine]) -> Vec<AuditLine> {
    log.iter()
        .filter(|line| line.tag == "monkd" && line.text.starts_with("login "))
        .map(|line| AuditLine::parse(&line.text))
        .collect()
}

impl AuditLine {
    /// Whether the engine has said no: to a name that it does not know it says so by ignoring it.
    pub fn says_no(&self) -> bool {
        self.verdict == refusal(&self.reason)
    }

    fn parse(text: &str) -> Self {
        let field = |name: &str| {
            let start = text.find(&format!(" {name}=")).map(|at| at + name.len() + 2);
            let rest = start.map_or("", |start| &text[start..]);
            let end = match rest.strip_prefix('"') {
                Some(quoted) => quoted.find('"').map_or(rest.len(), |end| end + 2),
                None => rest.find(' ').unwrap_or(rest.len()),
            };
            rest[..end].trim_matches('"').to_owned()
        };
        Self {
            user: field("user"),
            service: field("service"),
            address: field("address"),
            verdict: field("verdict"),
            reason: field("reason"),
            credential: field("credential"),
            text: text.to_owned(),
        }
    }
}
