//! What the engine says as data, in the words of the terminal: the one place that puts the engine's data into sentences.
//!
//! | file | turns into sentences |
//! |---|---|
//! | `accounts` | what the state of an account means for its user |
//! | `clashes` | why a user or group cannot have a name or a number |
//! | `failures` | why a command was not carried out |
//! | `unfit` | what is wrong with a value that was given |
//! | `refusals` | why a login is refused |
//! | `logins` | how a login would end, and what was looked at |
//! | `findings` | what the engine has seen for `doctor` |
//! | `old_systems` | what has to be switched off after an import |

pub mod accounts;
pub mod clashes;
pub mod failures;
pub mod findings;
pub mod logins;
pub mod old_systems;
pub mod refusals;
pub mod unfit;

use monk_terms::kind::Kind;

/// What a person calls a credential of that kind.
pub fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Totp => "device",
        Kind::AppPassword => "app password",
        Kind::BackupCodes => "set of backup codes",
        Kind::EnrolmentCode => "enrolment code",
        Kind::Email => "address",
        Kind::Passkey => "passkey",
        Kind::PortalCode => "one-time code",
        Kind::PortalTicket => "ticket",
        Kind::Unknown => "credential",
    }
}

/// The same with its article.
fn with_article(kind: Kind) -> String {
    let name = name_of(kind);
    let article = if name.starts_with(['a', 'e']) { "an" } else { "a" };
    format!("{article} {name}")
}
