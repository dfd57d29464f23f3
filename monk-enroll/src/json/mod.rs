#![doc = include_str!("../../JSON.md")]

pub(crate) mod doctor;
mod email;
mod group;
mod host;
pub mod import;
mod safe;
mod throttle;
mod users;

use monk_wire::manage::{CredentialStatus, MailProgram, MailServer, Report, Status};
use serde::Serialize;

pub use email::*;
pub use group::*;
pub use host::*;
pub use safe::Safe;
pub use throttle::*;
pub use users::*;

use crate::error::Error;
use crate::when::Moment;
use crate::words::logins;

/// Any command that was not carried out.
#[derive(Debug, Serialize)]
pub struct ErrorDocument<'a> {
    error: ErrorBody<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    kind: &'static str,
    exit: u8,
    message: &'a str,
    remedy: Option<&'a str>,
}

impl<'a> ErrorDocument<'a> {
    pub(crate) fn of(error: &'a Error) -> Self {
        let Error { exit, message, remedy } = error;
        Self {
            error: ErrorBody {
                kind: exit.word(),
                exit: exit.code(),
                message,
                remedy: remedy.as_deref(),
            },
        }
    }
}

/// `totp add`.
#[derive(Debug, Serialize)]
pub struct TotpAdded<'a> {
    /// Login name.
    pub user: &'a str,
    /// Id of the device.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Always `pending`: a program confirms it with `totp confirm`.
    pub state: State,
    /// The seed in base 32.
    pub secret: &'a str,
    /// The `otpauth://` address.
    pub uri: &'a str,
}

/// `totp confirm`.
#[derive(Debug, Serialize)]
pub struct TotpConfirmed<'a> {
    /// Login name.
    pub user: &'a str,
    /// Name or id of the device, as it was given or found.
    pub device: &'a str,
    /// Always `active`.
    pub state: State,
}

/// `app-password create`.
#[derive(Debug, Serialize)]
pub struct AppPasswordCreated<'a> {
    /// Login name.
    pub user: &'a str,
    /// Id of the app password.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The app password itself, in groups of four.
    pub password: &'a str,
    /// PAM services that it opens; `*` for all.
    pub services: &'a [String],
    /// Networks that it opens them from; none for all.
    pub networks: &'a [String],
    /// When it ends.
    pub expires: Option<Moment>,
    /// What to type into a mail program, where the settings say so.
    pub mail: Option<MailDocument<'a>>,
}

/// What to type into a mail program.
#[derive(Debug, Serialize)]
pub struct MailDocument<'a> {
    user: &'a str,
    servers: Vec<ServerDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct ServerDocument<'a> {
    protocol: &'a str,
    host: &'a str,
    port: u16,
    security: &'a str,
}

impl<'a> MailDocument<'a> {
    pub(crate) fn of(mail: &'a MailProgram) -> Self {
        let server = |server: &'a MailServer| ServerDocument {
            protocol: &server.protocol,
            host: &server.host,
            port: server.port,
            security: &server.security,
        };
        Self { user: &mail.user, servers: mail.servers.iter().map(server).collect() }
    }
}

/// `app-password list`.
#[derive(Debug, Serialize)]
pub struct AppPasswordList<'a> {
    /// Login name.
    pub user: &'a str,
    /// In the order in which they were made.
    pub app_passwords: Vec<CredentialDocument<'a>>,
}

/// `totp list`.
#[derive(Debug, Serialize)]
pub struct DeviceList<'a> {
    /// Login name.
    pub user: &'a str,
    /// In the order in which they were made.
    pub devices: Vec<CredentialDocument<'a>>,
}

/// `totp rename` and `app-password rename`.
#[derive(Debug, Serialize)]
pub struct Renamed<'a> {
    /// Login name.
    pub user: &'a str,
    /// Name or id, as it was given.
    pub renamed: &'a str,
    /// The new name.
    pub name: &'a str,
}

/// `totp remove` and `backup-codes remove`.
#[derive(Debug, Serialize)]
pub struct Removed<'a> {
    /// Login name.
    pub user: &'a str,
    /// Id of what is gone.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whether the user has no second factor any more.
    pub last_factor: bool,
}

/// `app-password revoke`.
#[derive(Debug, Serialize)]
pub struct AppPasswordRevoked<'a> {
    /// Login name.
    pub user: &'a str,
    /// Name or id, as it was given.
    pub revoked: &'a str,
}

/// `backup-codes generate`.
#[derive(Debug, Serialize)]
pub struct BackupCodesGenerated<'a> {
    /// Login name.
    pub user: &'a str,
    /// The codes, in groups of four.
    pub codes: Vec<&'a str>,
    /// Whether an old set is dead now.
    pub replaced: bool,
}

/// `backup-codes status`.
#[derive(Debug, Serialize)]
pub struct BackupCodesStatus<'a> {
    pub(crate) user: &'a str,
    pub(crate) codes: Option<CodesDocument>,
}

/// `status`.
#[derive(Debug, Serialize)]
pub struct StatusDocument<'a> {
    user: &'a str,
    mail: Option<&'a str>,
    disabled: bool,
    credentials: Vec<CredentialDocument<'a>>,
    unreadable: u32,
}

impl<'a> StatusDocument<'a> {
    pub(crate) fn of(status: &'a Status, now: Moment) -> Self {
        Self {
            user: &status.user,
            mail: status.mail.as_deref(),
            disabled: status.disabled,
            credentials: documents(&status.credentials, now),
            unreadable: status.unreadable,
        }
    }
}

/// One credential of `status` and `app-password list`.
#[derive(Debug, Serialize)]
pub struct CredentialDocument<'a> {
    id: &'a str,
    kind: &'a str,
    name: &'a str,
    state: State,
    created: Moment,
    last_used: Option<Moment>,
    last_address: Option<&'a str>,
    last_service: Option<&'a str>,
    services: &'a [String],
    networks: &'a [String],
    expires: Option<Moment>,
    codes: Option<CodesDocument>,
}

/// How many backup codes are left.
#[derive(Debug, Serialize)]
pub struct CodesDocument {
    pub(crate) left: u32,
    pub(crate) total: u32,
}

pub(crate) fn documents<'a>(
    credentials: impl IntoIterator<Item = &'a CredentialStatus>,
    now: Moment,
) -> Vec<CredentialDocument<'a>> {
    let document = |credential: &'a CredentialStatus| CredentialDocument {
        id: &credential.id,
        kind: credential.kind.as_str(),
        name: &credential.label,
        state: State::of(credential, now),
        created: Moment(credential.created),
        last_used: credential.last_used.map(Moment),
        last_address: credential.last_address.as_deref(),
        last_service: credential.last_service.as_deref(),
        services: &credential.services,
        networks: &credential.networks,
        expires: credential.expires.map(Moment),
        codes: credential.codes_left.map(|(left, total)| CodesDocument { left, total }),
    };
    credentials.into_iter().map(document).collect()
}

/// `check`.
#[derive(Debug, Serialize)]
pub struct CheckDocument<'a> {
    user: &'a str,
    service: &'a str,
    address: Option<&'a str>,
    granted: Option<bool>,
    reason: &'a str,
    explanation: String,
    facts: Vec<FactDocument>,
}

#[derive(Debug, Serialize)]
struct FactDocument {
    name: String,
    value: String,
}

impl<'a> CheckDocument<'a> {
    pub(crate) fn of(
        user: &'a str,
        service: &'a str,
        address: Option<&'a str>,
        report: &'a Report,
    ) -> Self {
        let Report { end, facts } = report;
        let facts = facts.iter().map(logins::fact);
        Self {
            user,
            service,
            address,
            granted: logins::granted(end),
            reason: logins::reason(end),
            explanation: logins::explanation(end),
            facts: facts.map(|(name, value)| FactDocument { name, value }).collect(),
        }
    }
}

/// What a credential is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It works.
    Active,
    /// A device that no code has confirmed yet.
    Pending,
    /// An app password that has ended.
    Expired,
    /// A set of backup codes of which none is left.
    Spent,
    /// This host cannot check it.
    Unusable,
}

impl State {
    /// The state of `credential`. What cannot be checked is that before anything else: what the
    /// rest of the record says cannot be trusted then.
    pub(crate) fn of(credential: &CredentialStatus, now: Moment) -> Self {
        if !credential.usable {
            Self::Unusable
        } else if credential.pending {
            Self::Pending
        } else if credential.expires.is_some_and(|expires| Moment(expires) <= now) {
            Self::Expired
        } else if matches!(credential.codes_left, Some((0, _))) {
            Self::Spent
        } else {
            Self::Active
        }
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Spent => "spent",
            Self::Unusable => "unusable",
        }
    }
}
