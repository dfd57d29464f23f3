//! What a user of tests has.

use monk_terms::account_state::AccountState;
use monk_terms::kind::Kind;
use monk_wire::manage::{CredentialStatus, Status};
use monk_wire::portal::Overview;

/// When tests take place.
pub const NOW: &str = "2026-11-26T14:22:10[Europe/Berlin]";

const CREATED: u64 = 1_772_500_000;

fn credential(kind: Kind, id: &str, label: &str) -> CredentialStatus {
    CredentialStatus {
        id: id.to_owned(),
        kind,
        label: label.to_owned(),
        created: CREATED,
        last_used: None,
        last_address: None,
        last_service: None,
        pending: false,
        usable: true,
        services: Vec::new(),
        networks: Vec::new(),
        usable_from: None,
        expires: None,
        codes_left: None,
    }
}

pub fn phone() -> CredentialStatus {
    credential(Kind::Totp, "p1", "Zebra phone")
}

pub fn app_password() -> CredentialStatus {
    CredentialStatus {
        services: vec!["imap".to_owned(), "smtp".to_owned()],
        last_used: Some(1_795_000_000),
        last_address: Some("192.0.2.44".to_owned()),
        last_service: Some("imap".to_owned()),
        ..credential(Kind::AppPassword, "a1", "Zebra mail")
    }
}

pub fn backup_codes(left: u32) -> CredentialStatus {
    CredentialStatus { codes_left: Some((left, 6)), ..credential(Kind::BackupCodes, "b1", "") }
}

pub fn email() -> CredentialStatus {
    credential(Kind::Email, "e1", "zebra@example.net")
}

pub fn overview(credentials: Vec<CredentialStatus>) -> Overview {
    Overview {
        status: Status {
            user: "zebra".to_owned(),
            mail: Some("zebra@example.org".to_owned()),
            state: AccountState::Enabled,
            credentials,
            unreadable: 0,
            posix: None,
        },
        fresh_seconds: 300,
        may_enrol_first: true,
        mail_asks_for_more: true,
        may_take_codes: true,
        services_with_second_factor: vec!["imap".to_owned(), "sshd".to_owned()],
        is_administrator: false,
        fresh_for_others: 300,
        may_change_password: true,
        app_password_services: vec!["imap".to_owned(), "smtp".to_owned()],
    }
}
