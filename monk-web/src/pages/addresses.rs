//! The addresses of what a user has.

use monk_terms::kind::Kind;
use monk_wire::manage::CredentialStatus;

/// What stands in an address for a kind.
#[must_use]
pub fn slug(kind: Kind) -> &'static str {
    match kind {
        Kind::Totp => "phones",
        Kind::AppPassword => "app-passwords",
        Kind::BackupCodes => "backup-codes",
        Kind::Email => "email",
        Kind::Passkey => "passkeys",
        Kind::EnrolmentCode => "set-up-code",
        Kind::PortalCode => "login-code",
        Kind::PortalTicket => "ticket",
        Kind::Unknown => "other",
    }
}

/// The address of a change.
#[must_use]
pub fn address(one: &CredentialStatus, change: &str) -> String {
    format!("/{}/{}/{change}", slug(one.kind), one.id)
}
